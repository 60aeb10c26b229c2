import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SignJWT } from 'jose';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { type Answer, askGateway } from './policy-cells.ts';

/** What a log entry of the world is of; the entry itself says `mark-<name>-end password=pw-<name>-end`. */
export interface Marked {
  readonly name: string;
  readonly node: 0 | 1;
  readonly kind: 'task' | 'system' | 'unit';
  readonly task?: SimulatedTask;
}

/** Who asks, and what he may read by the policy, said independently of how the gateway decides. */
export interface Asker {
  readonly name: string;
  readonly authorization: string;
  /** False for who is nobody to the gateway. */
  readonly isCaller: boolean;
  /** Groups that the token names. */
  readonly groups: readonly string[];
  readonly reads: (entry: Marked) => boolean;
  /** Sees passwords and the field SECRET. */
  readonly seesSecrets: boolean;
}

const everything = 'version: 1\nrules: [{who: everyone, allow: [everything]}]\n';

const policyFor = (agents: readonly string[]): string => `
version: 1
rules:
  - {name: operators, who: {groups: [ops, security]}, allow: [everything]}
  - {name: team a, who: {groups: [team-a]}, allow: [{tasks: {service: [/team-a/**]}}, {components: [docker.service]}]}
  - {name: team b, who: {groups: [team-b]}, allow: [{tasks: {service: [/team-b/**]}}]}
  - {name: first node, who: {uid: [carol]}, allow: [{systemLogs: ['${agents[0]}']}]}
  - {name: confidential, who: everyone, except: {groups: [security]}, deny: [{tasks: {label: {CONFIDENTIAL: '*'}}}]}
  - name: secrets
    who: everyone
    except: {groups: [security]}
    withhold: [{field: SECRET}, {field: MESSAGE, pattern: 'password=\\S+'}]
`;

const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A cluster of two nodes with tasks of two teams, a confidential one, units and a kernel, and a policy over them. */
export class PolicyWorld implements AsyncDisposable {
  readonly cluster: DevCluster;
  /** The policy in force. */
  readonly file: string;
  readonly entries: readonly Marked[];
  readonly askers: readonly Asker[];
  readonly #secret: Buffer;
  readonly #marathon: Server;

  private constructor(
    cluster: DevCluster,
    marathon: Server,
    { file, entries, secret, askers }: Pick<PolicyWorld, 'file' | 'entries' | 'askers'> & { readonly secret: Buffer },
  ) {
    this.cluster = cluster;
    this.#marathon = marathon;
    this.file = file;
    this.entries = entries;
    this.#secret = secret;
    this.askers = askers;
  }

  static async start(): Promise<PolicyWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-policy-'));
    const file = join(directory, 'policy.yaml');
    writeFileSync(file, everything);
    // All that the gateway asks of a Marathon.
    const marathon = createServer((_request, response) => response.end(JSON.stringify({ leader: '127.0.0.1:8080' })));
    await once(marathon.listen(0, '127.0.0.1'), 'listening');
    const { port } = marathon.address() as AddressInfo;
    const gatewayArguments = ['--policy', file, '--marathon', `http://127.0.0.1:${port}`];
    const cluster = await DevCluster.start({ nodes: 2, gatewayArguments });
    try {
      const entries = fill(cluster);
      const secret = Buffer.from(readFileSync(join(cluster.directory, 'caller-secret'), 'utf8').trim());
      const askers = await askersOf(secret);
      replace(file, policyFor(cluster.nodes.map(({ agentId }) => agentId)));
      const world = new PolicyWorld(cluster, marathon, { file, entries, secret, askers });
      const stranger = await world.token('nobody', []);
      const path = `/system/v1/agent/${cluster.nodes[0]?.agentId}/logs/v1/range/`;
      while ((await cluster.get(path, { authorization: `token=${stranger}` })).status !== 403) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return world;
    } catch (error) {
      marathon.close();
      await cluster.stop();
      rmSync(directory, { recursive: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#marathon.close();
    await this.cluster.stop();
    rmSync(dirname(this.file), { recursive: true });
  }

  /** Asks the gateway; `authorization` is the header's value, empty for none. */
  ask(target: string, authorization: string, headers: readonly string[] = []): Promise<Answer> {
    return askGateway(this.cluster.gateway.url, { target, authorization, headers });
  }

  token(uid: string, groups: readonly string[], seconds = 3600): Promise<string> {
    return tokenOf(this.#secret, uid, groups, seconds);
  }

  task(name: string): SimulatedTask {
    const task = this.entries.find((entry) => entry.name === name)?.task;
    if (task === undefined) throw new Error(`there is no task ${name}`);
    return task;
  }
}

/** Changes a file as a whole, as an editor does. */
export function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function fill(cluster: DevCluster): Marked[] {
  const entries: Marked[] = [];
  const { mesos, nodes } = cluster;
  const marathon = mesos.addFramework('marathon');
  let number = 0;
  const said = (name: string): string => `mark-${name}-end password=pw-${name}-end`;
  const addTask = (name: string, node: 0 | 1, path: string, labels: Record<string, string> = {}): void => {
    const { agentId, journal, mesosAgent } = nodes[node] as DevNode;
    const id = `${path}.${uuid(++number)}`;
    const task = mesos.launch({
      id,
      frameworkId: marathon.id,
      agentId,
      labels,
      container: { value: uuid(number + 500) },
    });
    for (const stream of ['STDOUT', 'STDERR'] as const) journal.task(task, said(name), stream);
    const address = { framework: task.frameworkId, executor: task.id, container: containerIdOf(task.container) };
    writeFileSync(join(mesosAgent.sandbox(address), 'stdout'), `${said(name)}\n`);
    journal.append([
      ['FRAMEWORK_ID', task.frameworkId],
      ['EXECUTOR_ID', task.id],
      ['CONTAINER_ID', containerIdOf(task.container)],
      ['MESSAGE', said(name)],
      ['SECRET', `pw-${name}-end`],
    ]);
    entries.push({ name, node, kind: 'task', task });
  };
  addTask('a-web', 0, 'team-a_web');
  addTask('a-web-2', 1, 'team-a_web');
  addTask('a-vault', 0, 'team-a_vault', { CONFIDENTIAL: 'yes' });
  addTask('b-api', 0, 'team-b_api');
  addTask('b-api-2', 1, 'team-b_api');
  // Begins as a service of team a does, and is none.
  addTask('ax', 1, 'team-ax_web');
  for (const node of [0, 1] as const) {
    const { journal } = nodes[node] as DevNode;
    journal.service('docker.service', 'dockerd', said(`docker-${node}`));
    entries.push({ name: `docker-${node}`, node, kind: 'unit' });
    journal.service('sshd.service', 'sshd', said(`sshd-${node}`), 'syslog');
    journal.kernel(said(`kernel-${node}`));
    for (const name of [`sshd-${node}`, `kernel-${node}`]) entries.push({ name, node, kind: 'system' });
  }
  return entries;
}

async function askersOf(secret: Buffer): Promise<Asker[]> {
  const isConfidential = ({ name }: Marked): boolean => name === 'a-vault';
  const caller = async (
    uid: string,
    groups: readonly string[],
    reads: Asker['reads'],
    seesSecrets = false,
  ): Promise<Asker> => {
    const authorization = `token=${await tokenOf(secret, uid, groups, 3600)}`;
    return { name: uid, groups, authorization, isCaller: true, reads, seesSecrets };
  };
  const nobody = { groups: [], isCaller: false, reads: () => false, seesSecrets: false };
  return [
    await caller('otto', ['ops'], (entry) => !isConfidential(entry)),
    await caller('sue', ['security'], () => true, true),
    await caller('alice', ['team-a', 'other'], ({ name, kind }) => kind === 'unit' || /^a-web/.test(name)),
    await caller('bob', ['team-b'], ({ name }) => name.startsWith('b-')),
    await caller('carol', [], ({ node, kind }) => node === 0 && kind !== 'task'),
    await caller('nobody', ['Team-A', 'ops '], () => false),
    { name: 'without a token', authorization: '', ...nobody },
    {
      name: 'with an ended token',
      authorization: `token=${await tokenOf(secret, 'sue', ['security'], -60)}`,
      ...nobody,
    },
    {
      name: 'with a token of somebody else’s',
      authorization: `token=${await tokenOf(Buffer.alloc(32, 7), 'sue', ['security'], 3600)}`,
      ...nobody,
    },
  ];
}

function tokenOf(secret: Buffer, uid: string, groups: readonly string[], seconds: number): Promise<string> {
  return new SignJWT({ uid, groups })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(secret);
}
