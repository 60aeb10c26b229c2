import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { taskFields } from '../e2e/journald-cluster.ts';
import { type Journald, startJournald } from '../fixtures/journald.ts';
import { NginxEdge } from '../fixtures/nginx.ts';
import { whyNoJournald, whyNoPrograms } from '../fixtures/requirements.ts';
import { SetUp, type SetUpName } from './set-ups.ts';

export interface WorldOptions {
  /** `written`: the journal is written by the test through `node.journal`, trusted fields included. Default: by a real journald. */
  readonly journal?: 'journald' | 'written';
  readonly gatewayArguments?: readonly string[];
}

/** The lines of the world's task, in order. */
export const allLines = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'e1', 'e2', 'e3'] as const;

export type NativeEntry = Readonly<Record<string, string | Buffer>>;

/**
 * What the checklist's points are held against: a node with a journal, its agent, a gateway, and nginx before that gateway.
 * In the journal are the lines m1 to m10 (STDOUT) and e1 to e3 (STDERR) of one task, and lines of others.
 *
 * The agent stands there twice: as the gateway asks it, with gateway tokens, and open, in place of dcos-log.
 */
export class World {
  readonly cluster: DevCluster;
  readonly journald: Journald | undefined;
  /** The agent that asks for no token. */
  readonly openAgent: ServiceProcess;
  /** F, E, C and A of the checklist are this task's. */
  readonly task: SimulatedTask;
  /** A task on the same node whose lines lie between those of {@link task}. */
  readonly otherTask: SimulatedTask;
  /** Cursors by message, of {@link task}. */
  readonly cursors = new Map<string, string>();
  readonly #setUps: ReadonlyMap<SetUpName, SetUp>;
  readonly #ends: (() => Promise<void>)[];

  private constructor(
    cluster: DevCluster,
    journald: Journald | undefined,
    { setUps, openAgent }: Pick<World, 'openAgent'> & { readonly setUps: readonly SetUp[] },
    ends: (() => Promise<void>)[],
  ) {
    this.cluster = cluster;
    this.journald = journald;
    this.openAgent = openAgent;
    this.#setUps = new Map(setUps.map((setUp) => [setUp.name, setUp]));
    this.#ends = ends;
    this.task = cluster.launch(this.node, 'app.1');
    this.otherTask = cluster.launch(this.node, 'app.2');
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const ends: (() => Promise<void>)[] = [];
    try {
      const real = options.journal !== 'written' && whyNoJournald() === undefined;
      const journald = real ? await startJournald() : undefined;
      if (journald !== undefined) ends.unshift(() => journald.stop());
      const cluster = await DevCluster.start({
        nodes: [journald === undefined ? {} : { journalDirectory: journald.directory }],
        gatewayArguments: ['--trusted-proxy', '127.0.0.1', ...(options.gatewayArguments ?? [])],
      });
      ends.unshift(() => cluster.stop());
      const world = new World(cluster, journald, await startSetUps(cluster, ends), ends);
      await world.#writeLines();
      return world;
    } catch (error) {
      for (const end of ends) await end();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
  }

  get node(): DevNode {
    const [node] = this.cluster.nodes;
    if (node === undefined) throw new Error('the world has no node');
    return node;
  }

  setUp(name: SetUpName): SetUp {
    const setUp = this.#setUps.get(name);
    if (setUp === undefined) throw new Error(`the world has no set-up ${name}`);
    return setUp;
  }

  /** `/framework/F/executor/E/container/C`. */
  get container(): string {
    const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = taskFields(this.task);
    return `/framework/${FRAMEWORK_ID}/executor/${EXECUTOR_ID}/container/${CONTAINER_ID}`;
  }

  /** Percent-encoded, for a query. */
  cursor(message: string): string {
    return encodeURIComponent(this.rawCursor(message));
  }

  rawCursor(message: string): string {
    const cursor = this.cursors.get(message);
    if (cursor === undefined) throw new Error(`no line ${message} was written`);
    return cursor;
  }

  /** Writes an entry to the node's journal; its agent may see it a little later. */
  async write(fields: NativeEntry): Promise<void> {
    if (this.journald === undefined) this.node.journal.append(Object.entries(fields));
    else await this.journald.sendNative(fields);
  }

  /** Writes a line of a task. */
  async say(message: string | Buffer, more: NativeEntry = {}, task = this.task): Promise<void> {
    await this.write({ ...taskFields(task), MESSAGE: message, ...more });
  }

  /** Resolves when what was written can be read. */
  async sync(): Promise<void> {
    await this.journald?.sync();
  }

  /** Has something stopped with the world, before it. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.unshift(end);
  }

  /** The directory of a task's sandbox, made if it is not there. */
  sandbox(task: SimulatedTask): string {
    const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = taskFields(task);
    const container = containerIdOf(task.container);
    const nested = container === CONTAINER_ID ? {} : { task: task.id };
    return this.node.mesosAgent.sandbox({ framework: FRAMEWORK_ID, executor: EXECUTOR_ID, container, ...nested });
  }

  async #writeLines(): Promise<void> {
    for (let line = 1; line <= 10; line++) {
      await this.say(`m${line}`, line === 7 ? { TAG: 'with:colon' } : {});
      await this.say(`other ${line}`, {}, this.otherTask);
    }
    for (let line = 1; line <= 3; line++) await this.say(`e${line}`, { STREAM: 'STDERR' });
    await this.sync();
    const { text } = await this.setUp('agent').ask(`/v1/range${this.container}`, {
      headers: ['Accept: application/json'],
    });
    for (const line of text.trimEnd().split('\n')) {
      const { cursor, fields } = JSON.parse(line) as { cursor: string; fields: { MESSAGE: string } };
      this.cursors.set(fields.MESSAGE, cursor);
    }
  }
}

async function startSetUps(
  cluster: DevCluster,
  ends: (() => Promise<void>)[],
): Promise<{ setUps: SetUp[]; openAgent: ServiceProcess }> {
  const { gateway, token } = cluster;
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('the world has no node');
  const [port = 0] = await choosePorts([0]);
  const openAgent = new ServiceProcess({
    package: 'node-agent',
    name: 'the open node agent',
    run: 'source',
    url: `http://127.0.0.1:${port}`,
    logFile: join(cluster.directory, 'open-agent.log'),
    directory: cluster.directory,
    arguments: [
      ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', '--insecure-open'],
      ...['--agent-id', node.agentId, '--journal', node.journalDirectory, '--mesos-agent', node.mesosAgent.url],
    ],
  });
  await openAgent.start();
  ends.unshift(() => openAgent.stop());
  const logs = `/system/v1/agent/${node.agentId}/logs`;
  const setUps = [
    new SetUp({ name: 'agent', origin: openAgent.url, logs: '/system/v1/logs', token }),
    new SetUp({ name: 'gateway', origin: gateway.url, logs, token }),
  ];
  if (whyNoPrograms('nginx') === undefined)
    setUps.push(await behindNginx(gateway.url, (end) => ends.unshift(end), { logs, token }));
  return { setUps, openAgent };
}

/** Starts the shipped nginx before a gateway; `atEnd` is told how it is stopped. */
export async function behindNginx(
  gateway: string,
  atEnd: (end: () => Promise<void>) => void,
  { logs, token }: { readonly logs: string; readonly token: string },
): Promise<SetUp> {
  const edge = await NginxEdge.start([gateway]);
  atEnd(() => edge.stop());
  return new SetUp({ name: 'nginx', origin: edge.https, ca: readFileSync(edge.caFile, 'utf8'), logs, token });
}
