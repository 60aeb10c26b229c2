import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';
import { MesosAgent } from '../dev-cluster/mesos-agent.ts';
import { MesosMaster } from '../dev-cluster/mesos-master.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { commandOf, type Run, ServiceProcess } from '../dev-cluster/service-process.ts';
import { SimulatedMesos, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import type { Random } from '../fixtures/random.ts';
import { ChaosNode, type NodeKind } from './chaos-node.ts';
import { endsWithParent } from './observer.ts';
import { Server } from './server.ts';
import { SmallDisk } from './small-disk.ts';
import { SteppedClock } from './stepped-clock.ts';

const execute = promisify(execFile);

const nodeKinds: readonly NodeKind[] = [
  { journald: true, network: true, disk: false },
  { journald: true, network: false, disk: true },
  { journald: false, network: true, disk: false },
  { journald: false, network: false, disk: false },
];

/** At most this long apart the servers are started, in ms: in whatever order. */
const startSpread = 1_500;
/** So that a master that says nothing is noticed within a fault. */
const heartbeatSeconds = 1;
/** Of the file system with the gateways' keys and logs, in MiB. */
const stateSize = 64;
const firstAnswerPatience = 30_000;

/** Four nodes, two gateways and two masters, all of which can be hurt. */
export class ChaosCluster implements AsyncDisposable {
  readonly directory: string;
  readonly mesos = new SimulatedMesos();
  readonly masters: readonly [MesosMaster, MesosMaster];
  readonly nodes: ChaosNode[] = [];
  readonly gateways: Server[] = [];
  /** With the gateways' signing key and what they log. */
  readonly stateDisk: SmallDisk;
  readonly run: Run;
  readonly #secretFile: string;
  readonly #keysFile: string;
  #frameworkId = '';
  #token = '';

  private constructor(run: Run) {
    this.run = run;
    this.directory = mkdtempSync(join(tmpdir(), `clusterlog-chaos-${process.pid}-`));
    this.masters = [
      new MesosMaster({ mesos: this.mesos, heartbeatSeconds }),
      new MesosMaster({ mesos: this.mesos, heartbeatSeconds }),
    ];
    this.stateDisk = new SmallDisk(join(this.directory, 'state'), stateSize);
    this.#secretFile = join(this.directory, 'caller-secret');
    this.#keysFile = join(this.directory, 'gateway-keys.json');
    writeFileSync(this.#secretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  }

  /** @param random decides in which order everything is started */
  static async start(run: Run, random: Random): Promise<ChaosCluster> {
    SmallDisk.removeLeftovers();
    const cluster = new ChaosCluster(run);
    try {
      await cluster.#start(random);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get servers(): readonly Server[] {
    return [...this.gateways, ...this.nodes.map(({ agent }) => agent)];
  }

  get token(): string {
    return this.#token;
  }

  get signingKeyFile(): string {
    return join(this.stateDisk.directory, 'signing-key.json');
  }

  launch(node: ChaosNode, id: string): SimulatedTask {
    return this.mesos.launch({ id, frameworkId: this.#frameworkId, agentId: node.agentId });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.gateways) gateway.thaw();
    this.stateDisk.empty();
    await Promise.all([...this.gateways.map((gateway) => gateway.stop()), ...this.nodes.map((node) => node.stop())]);
    await Promise.all(this.masters.map((master) => master.kill()));
    this.stateDisk[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #start(random: Random): Promise<void> {
    const ports = await choosePorts([0, 0, 0, 0, ...nodeKinds.map(() => 0)]);
    const [firstMaster = 0, secondMaster = 0, firstGateway = 0, secondGateway = 0, ...agentPorts] = ports;
    const gatewayPorts = [firstGateway, secondGateway];
    const masterUrls = [firstMaster, secondMaster].map((port) => `http://127.0.0.1:${port}`);
    const urls = gatewayPorts.map((port) => `http://127.0.0.1:${port}/.well-known/jwks.json`);
    this.#frameworkId = this.mesos.addFramework('marathon').id;
    for (const [i, kind] of nodeKinds.entries()) {
      const name = `n${i + 1}`;
      const mesosAgent = new MesosAgent({ id: '', workDirectory: join(this.directory, name, 'mesos') });
      await mesosAgent.start();
      const { id } = this.mesos.addAgent({ hostname: name, host: '127.0.0.1', port: mesosAgent.port });
      mesosAgent.id = id;
      const port = agentPorts[i] ?? 0;
      const keys = { urls, file: this.#keysFile };
      const { run, directory } = this;
      this.nodes.push(new ChaosNode({ name, number: i, kind, agentId: id, mesosAgent, port, keys, run, directory }));
    }
    for (const [i, port] of gatewayPorts.entries()) this.gateways.push(this.#gateway(i, port, masterUrls));
    this.masters[1].leader = this.masters[0];
    await Promise.all([
      this.#issueToken(),
      ...[
        async () => await this.masters[0].start(firstMaster),
        async () => await this.masters[1].start(secondMaster),
        ...this.gateways.map((gateway) => async () => await gateway.start()),
        ...this.nodes.map(
          ({ agent }) =>
            async () =>
              await agent.start('/health/live'),
        ),
        ...this.nodes.map(
          ({ journald }) =>
            async () =>
              await journald?.start(),
        ),
      ].map(async (start) => {
        await sleep(random.below(startSpread));
        await start();
      }),
    ]);
    const [url = ''] = urls;
    const { body } = await request(url);
    writeFileSync(this.#keysFile, await body.text());
    await Promise.all(this.nodes.map((node) => this.#firstAnswer(node)));
  }

  #gateway(number: number, port: number, masterUrls: readonly string[]): Server {
    const name = `gateway ${number === 0 ? 'A' : 'B'}`;
    const clock = new SteppedClock(join(this.directory, `clock-${number}`));
    const service = new ServiceProcess({
      package: 'gateway',
      name,
      run: this.run,
      url: `http://127.0.0.1:${port}`,
      through: [...endsWithParent(), ...clock.command],
      logFile: join(this.stateDisk.directory, `gateway-${number}.log`),
      directory: this.directory,
      arguments: [
        ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off'],
        ...masterUrls.flatMap((url) => ['--mesos-master', url]),
        ...this.nodes.flatMap(({ agentId, agent }) => ['--agent-url', `${agentId}=${agent.service.url}`]),
        ...['--auth-secret-file', this.#secretFile, '--signing-key-file', this.signingKeyFile],
        // One caller stands for many here.
        ...['--merges-per-caller', '200'],
      ],
    });
    return new Server(name, service, clock);
  }

  async #issueToken(): Promise<void> {
    const command = [...commandOf('gateway', this.run), 'token', '--uid', 'chaos', '--ttl', '12h'];
    const { stdout } = await execute(process.execPath, [...command, '--auth-secret-file', this.#secretFile]);
    this.#token = stdout.trim();
  }

  /** An agent asks for keys when a token names one that it does not know. */
  async #firstAnswer({ name, agentId, agent }: ChaosNode): Promise<void> {
    const deadline = performance.now() + firstAnswerPatience;
    const [gateway] = this.gateways;
    const url = `${gateway?.service.url}/system/v1/agent/${agentId}/logs/v1/range/?limit=1`;
    for (;;) {
      const { statusCode, body } = await request(url, { headers: { authorization: `token=${this.#token}` } });
      const text = await body.text();
      if (statusCode < 300) break;
      if (performance.now() > deadline) throw new Error(`${name} answered ${statusCode} at last: ${text}`);
      await sleep(200);
    }
    await agent.service.ready();
  }
}
