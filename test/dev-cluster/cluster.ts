import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { DevNode, type NodeNetwork } from './dev-node.ts';
import { MesosAgent } from './mesos-agent.ts';
import { MesosMaster } from './mesos-master.ts';
import { choosePorts } from './ports.ts';
import { commandOf, type Run, ServiceProcess } from './service-process.ts';
import { containerIdOf, SimulatedMesos, type SimulatedTask } from './simulated-mesos.ts';
import { Workload } from './workload.ts';

export interface DevClusterOptions {
  /** Run the services as built (`dist`) or from source; default `source`. */
  readonly run?: Run;
  /** Number of nodes, or one entry a node. Default 3. */
  readonly nodes?: number | readonly NodeWish[];
  /** Ports wished for; a busy one is replaced by a free one. Default: free ones. */
  readonly ports?: { readonly gateway?: number; readonly master?: number; readonly firstAgent?: number };
  /** Launch the tasks that keep logging; default false. */
  readonly workload?: boolean;
  /** More flags for the gateway. */
  readonly gatewayArguments?: readonly string[];
  /** What gateways are started with, such as a command that runs them by another clock. Default: nothing. */
  readonly gatewayCommand?: readonly string[];
  /** More flags for each node agent. */
  readonly agentArguments?: readonly string[];
  /** Called around each step, to say what is being done. */
  readonly step?: Step;
}

/** What a node is to have of its own. */
export interface NodeWish {
  /** Of a journal that somebody else writes. */
  readonly journalDirectory?: string;
  /** Default: this machine's. */
  readonly network?: NodeNetwork;
}

/** Runs one step of the start; the work returns what there is to say about it. */
export type Step = (title: string, work: () => Promise<string>) => Promise<void>;

/** The cluster as scripts see it: what `--ready-file` holds. */
export interface ClusterDescription {
  readonly gateway: string;
  readonly token: string;
  readonly agents: readonly { readonly id: string; readonly url: string; readonly journal: string }[];
  readonly tasks: readonly {
    readonly id: string;
    readonly agentId: string;
    readonly frameworkId: string;
    readonly executorId: string;
    readonly containerId: string;
    readonly state: string;
  }[];
}

const run = promisify(execFile);
const keysPath = '/.well-known/jwks.json';
const quietly: Step = async (_title, work) => void (await work());

/** A cluster in one process tree: a simulated Mesos master, nodes with journals and node agents, and a gateway. */
export class DevCluster {
  /** Everything the cluster writes; removed by `stop`. */
  readonly directory: string;
  readonly mesos = new SimulatedMesos();
  readonly master: MesosMaster;
  readonly nodes: DevNode[] = [];
  /** With what callers' tokens are signed: for `clusterlog-gateway token --auth-secret-file`. */
  readonly secretFile: string;
  /** File with the header line `Authorization: token=…`, for `curl -H @FILE`. */
  readonly authorizationFile: string;
  /** For nodes in networks of their own, which do not reach the gateway. */
  readonly #gatewayKeysFile: string;
  #gateway: ServiceProcess | undefined;
  /** Started beside the first, by `addGateway`. */
  readonly #moreGateways: ServiceProcess[] = [];
  #newGateway: ((port: number) => ServiceProcess) | undefined;
  #token = '';
  #workload: Workload | undefined;
  #stopped = false;

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'clusterlog-'));
    this.authorizationFile = join(this.directory, 'auth');
    this.secretFile = join(this.directory, 'caller-secret');
    this.#gatewayKeysFile = join(this.directory, 'gateway-keys.json');
    this.master = new MesosMaster({ mesos: this.mesos });
  }

  /** Starts a cluster and waits until everything answers. When that fails, what was started is stopped. */
  static async start(options: DevClusterOptions = {}): Promise<DevCluster> {
    const cluster = new DevCluster();
    return await cluster.#startOrStop(options);
  }

  /**
   * The same, for a caller that may want to stop it half-way: the cluster is there at once, `started` when it answers.
   */
  static begin(options: DevClusterOptions = {}): {
    readonly cluster: DevCluster;
    readonly started: Promise<DevCluster>;
  } {
    const cluster = new DevCluster();
    return { cluster, started: cluster.#startOrStop(options) };
  }

  get gateway(): ServiceProcess {
    if (this.#gateway === undefined) throw new Error('the dev cluster has not started its gateway yet');
    return this.#gateway;
  }

  /** A caller's token, for `Authorization: token=…`; it lives for 12 hours. */
  get token(): string {
    return this.#token;
  }

  /** Stops everything and removes what was written. Safe to call at any time and more than once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#workload?.stop();
    const gateways = [this.#gateway, ...this.#moreGateways];
    await Promise.all([...gateways, ...this.nodes].map((service) => service?.stop()));
    await this.master.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  describe(): ClusterDescription {
    const { tasks, unreachableTasks, completedTasks } = this.mesos;
    return {
      gateway: this.gateway.url,
      token: this.token,
      agents: this.nodes.map((node) => ({ id: node.agentId, url: node.agent.url, journal: node.journalDirectory })),
      tasks: [...tasks, ...unreachableTasks, ...completedTasks].map((task) => ({
        id: task.id,
        agentId: task.agentId,
        frameworkId: task.frameworkId,
        executorId: task.executorId || task.id,
        containerId: containerIdOf(task.container),
        state: task.state,
      })),
    };
  }

  /** Asks the gateway, as a caller with the token. */
  async get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    const url = new URL(path, this.gateway.url);
    const { statusCode, body } = await request(url, { headers: { authorization: `token=${this.token}`, ...headers } });
    return { status: statusCode, text: await body.text() };
  }

  /** Launches a task on a node, in the framework of the cluster. */
  launch(node: DevNode, id: string): SimulatedTask {
    const [framework] = this.mesos.frameworks.values();
    const frameworkId = (framework ?? this.mesos.addFramework('marathon')).id;
    return this.mesos.launch({ id, frameworkId, agentId: node.agentId });
  }

  /** Starts one more gateway, with the options and the signing key of the first. */
  async addGateway(): Promise<ServiceProcess> {
    if (this.#newGateway === undefined) throw new Error('the dev cluster has not started its gateway yet');
    const [port = 0] = await choosePorts([0]);
    const gateway = this.#newGateway(port);
    this.#moreGateways.push(gateway);
    await gateway.start();
    return gateway;
  }

  async #startOrStop(options: DevClusterOptions): Promise<this> {
    try {
      await this.#start(options);
      return this;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #start(options: DevClusterOptions): Promise<void> {
    const { run: how = 'source', ports = {}, workload = false, nodes = 3 } = options;
    const { agentArguments = [] } = options;
    const step: Step = async (title, work) => {
      if (this.#stopped) throw new Error('the dev cluster was stopped while it started');
      await (options.step ?? quietly)(title, work);
    };
    const list = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes;
    const wished = list.map((_, i) => (ports.firstAgent === undefined ? 0 : ports.firstAgent + i));
    const chosen = await choosePorts([ports.gateway ?? 0, ports.master ?? 0, ...wished]);
    const [gatewayPort = 0, masterPort = 0, ...agentPorts] = chosen;

    await step('Mesos master (simulated)', async () => {
      await this.master.start(masterPort);
      return `${this.master.url}${instead([ports.master], [masterPort])}`;
    });
    await step(
      workload ? 'Nodes, each with a journal and five minutes of history' : 'Nodes, each with a journal',
      async () => {
        await this.#addNodes(list, agentPorts, gatewayPort, { run: how, agentArguments });
        if (workload) {
          this.#workload = new Workload(this.mesos, this.nodes);
          this.#workload.begin();
        }
        return this.nodes.map(({ hostname }) => hostname).join(', ');
      },
    );
    await step('Gateway', async () => {
      this.#writeSecret();
      this.#newGateway = (port) => this.#createGateway(how, port, options);
      this.#gateway = this.#newGateway(gatewayPort);
      const [token] = await Promise.all([issueToken(how, this.secretFile), this.#gateway.start()]);
      this.#token = token;
      writeFileSync(this.#gatewayKeysFile, (await this.get(keysPath)).text);
      writeFileSync(this.authorizationFile, `Authorization: token=${token}\n`, { mode: 0o600 });
      return `${this.gateway.url}${instead([ports.gateway], [gatewayPort])}`;
    });
    await step('Node agents', async () => {
      await Promise.all(this.nodes.map((node) => node.agent.start()));
      return `ports ${agentPorts.join(', ')}${instead(wished, agentPorts)}`;
    });
    this.#workload?.start();
    await step('One request through to each node', async () => {
      await Promise.all(this.nodes.map((node) => this.#tryOut(node)));
      return 'all answer';
    });
  }

  async #addNodes(
    list: readonly NodeWish[],
    ports: readonly number[],
    gatewayPort: number,
    { run: how, agentArguments }: { readonly run: Run; readonly agentArguments: readonly string[] },
  ): Promise<void> {
    const from = Workload.historyStart();
    for (const [i, facts] of list.entries()) {
      const hostname = `node-${i + 1}`;
      const port = ports[i] ?? 0;
      const { directory } = this;
      const mesosAgent = new MesosAgent({ id: '', workDirectory: join(directory, hostname, 'mesos') });
      await mesosAgent.start();
      const { id: agentId } = this.mesos.addAgent({ hostname, host: '127.0.0.1', port: mesosAgent.port });
      mesosAgent.id = agentId;
      const keys = facts.network === undefined ? `http://127.0.0.1:${gatewayPort}${keysPath}` : this.#gatewayKeysFile;
      this.nodes.push(
        new DevNode({
          ...facts,
          hostname,
          agentId,
          mesosAgent,
          port,
          arguments: ['--gateway-keys', keys, ...agentArguments],
          run: how,
          directory,
          from,
        }),
      );
    }
  }

  #createGateway(
    how: Run,
    port: number,
    { gatewayArguments: more = [], gatewayCommand = [] }: DevClusterOptions,
  ): ServiceProcess {
    const [first] = this.nodes;
    const local = first === undefined ? [] : ['--local-agent', first.agent.url, '--local-agent-id', first.agentId];
    return new ServiceProcess({
      package: 'gateway',
      name: `the gateway on port ${port}`,
      run: how,
      url: `http://127.0.0.1:${port}`,
      through: gatewayCommand,
      logFile: join(this.directory, `gateway-${port}.log`),
      directory: this.directory,
      arguments: [
        ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', '--mesos-master', this.master.url],
        ...local,
        ...this.nodes.flatMap((node) => ['--agent-url', `${node.agentId}=${node.agent.url}`]),
        ...['--auth-secret-file', this.secretFile, '--signing-key-file', join(this.directory, 'signing-key.json')],
        ...['--task-form', 'stream', ...more],
      ],
    });
  }

  #writeSecret(): void {
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(this.secretFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  }

  /** An agent may answer and yet not know the gateway's keys, or the gateway not the agent: one real request tells. */
  async #tryOut(node: DevNode): Promise<void> {
    const path = `/system/v1/agent/${node.agentId}/logs/v1/range/?limit=1`;
    const { status, text } = await this.get(path);
    if (status !== 200 && status !== 204) {
      throw new Error(`${node.hostname} answered ${status} through the gateway: ${text.slice(0, 200).trim()}`);
    }
  }
}

/** Says which of the wished ports are busy. */
function instead(wished: readonly (number | undefined)[], chosen: readonly number[]): string {
  const busy = wished.filter((port, i) => port !== undefined && port !== 0 && port !== chosen[i]);
  return busy.length === 0 ? '' : ` (busy: ${busy.join(', ')})`;
}

async function issueToken(how: Run, secretFile: string): Promise<string> {
  const command = [...commandOf('gateway', how), 'token', '--uid', 'demo', '--ttl', '12h'];
  const { stdout } = await run(process.execPath, [...command, '--auth-secret-file', secretFile]);
  return stdout.trim();
}
