import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { choosePorts } from '../dev-cluster/ports.ts';
import type { Run } from '../dev-cluster/service-process.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { DescribedCluster } from '../docs/described-cluster.ts';
import { agentRoutes, type DescribedRoute, gatewayRoutes, routeFinder } from './http-descriptions.ts';
import type { Describes } from './http-judge.ts';
import { type FuzzedRoute, fuzzedHost } from './http-requests.ts';

/** One of the servers that are asked. */
export interface FuzzedServer extends Describes {
  readonly name: 'gateway' | 'agent';
  readonly origin: string;
  readonly routes: readonly FuzzedRoute[];
}

/** A cluster whose gateway is asked, and beside it a node agent that answers everybody, gatewayd's interface included. */
export class FuzzedWorld implements AsyncDisposable {
  readonly servers: readonly FuzzedServer[];
  readonly #described: DescribedCluster;
  readonly #agent: ServiceProcess;
  /** Where the gateway's metrics are read, then the agent's. */
  readonly #metrics: readonly string[];

  private constructor(
    described: DescribedCluster,
    agent: ServiceProcess,
    servers: readonly FuzzedServer[],
    metrics: readonly string[],
  ) {
    this.#described = described;
    this.#agent = agent;
    this.servers = servers;
    this.#metrics = metrics;
  }

  static async start(run: Run): Promise<FuzzedWorld> {
    const [gatewayMetrics = 0, agentMetrics = 0, agentPort = 0] = await choosePorts([0, 0, 0]);
    const unlimited = ['--requests-per-minute', '1000000000', '--merges-per-caller', '100'];
    const described = await DescribedCluster.start({
      run,
      gatewayArguments: [...unlimited, '--metrics-listen', `127.0.0.1:${gatewayMetrics}`],
    });
    const { cluster, node } = described;
    const agent = new ServiceProcess({
      package: 'node-agent',
      name: 'the open node agent',
      run,
      url: `http://127.0.0.1:${agentPort}`,
      logFile: join(cluster.directory, 'open-agent.log'),
      directory: cluster.directory,
      arguments: [
        ...['--listen', `127.0.0.1:${agentPort}`, '--metrics-listen', `127.0.0.1:${agentMetrics}`],
        ...['--insecure-open', '--gatewayd', '--journal', node.journalDirectory, '--agent-id', node.agentId],
        ...['--mesos-agent', node.mesosAgent.url],
      ],
    });
    try {
      await agent.start();
      const servers = [await gatewayServer(described), await agentServer(described, agent.url)];
      const metrics = [gatewayMetrics, agentMetrics].map((port) => `http://127.0.0.1:${port}/metrics`);
      return new FuzzedWorld(described, agent, servers, metrics);
    } catch (error) {
      await agent.stop();
      await described[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.stop();
    await this.#described[Symbol.asyncDispose]();
  }

  /** The processes that are looked at: the gateway, the open agent, and the agents behind the gateway. */
  get #processes(): ServiceProcess[] {
    return [this.#described.cluster.gateway, this.#agent, ...this.#described.cluster.nodes.map(({ agent }) => agent)];
  }

  /** Descriptors that each process has open. */
  descriptors(): number[] {
    return this.#processes.map(({ pid }) => readdirSync(`/proc/${pid}/fd`).length);
  }

  /** Resident memory of each process, in bytes. */
  memory(): number[] {
    return this.#processes.map(({ pid }) => {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      return Number(kilobytes) * 1024;
    });
  }

  /** Follows, scans and merged answers that are open, at the gateway and the open agent. */
  async open(): Promise<number> {
    let open = 0;
    for (const url of this.#metrics) {
      const text = await (await request(url)).body.text();
      for (const [, count] of text.matchAll(/^clusterlog_open_(?:follows|scans|merges) (\d+)$/gm))
        open += Number(count);
    }
    return open;
  }

  /** Lines of the services' logs that tell of a fault of their own. */
  faults(): string[] {
    return this.#processes.flatMap((process) =>
      process
        .log()
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line)),
    );
  }

  /** Whether each of the two still answers. */
  async answers(): Promise<boolean> {
    const statuses = await Promise.all(
      this.servers.map(async ({ origin }) => {
        const { statusCode, body } = await request(`${origin}/health/live`);
        await body.dump();
        return statusCode;
      }),
    );
    return statuses.every((status) => status === 200);
  }
}

async function gatewayServer(described: DescribedCluster): Promise<FuzzedServer> {
  const { cluster, document } = described;
  const tokens = await Promise.all(['reader', 'stranger', 'other'].map((uid) => described.tokenOf(uid)));
  const credentials = tokens.flatMap((token) => [`token=${token}`, `Bearer ${token}`]);
  const routes = gatewayRoutes(document);
  const cursors = await cursorsOf(cluster.gateway.url, described.node.agentId, credentials[0] ?? '');
  return {
    name: 'gateway',
    origin: cluster.gateway.url,
    routes: routes.map((route) => fuzzed(route, described, { credentials, cursors })),
    routeOf: routeFinder(routes),
    pages: /^\/((docs|logs)(\/|$)|$)/,
    secrets: [
      cluster.directory,
      ...[cluster.master.url, ...cluster.nodes.flatMap(({ agent, mesosAgent }) => [agent.url, mesosAgent.url])].map(
        (url) => new URL(url).host,
      ),
    ],
  };
}

async function agentServer(described: DescribedCluster, origin: string): Promise<FuzzedServer> {
  const { cluster, document, node } = described;
  const files = gatewayRoutes(document).filter(({ path }) => path.startsWith('/system/v1/logs/v2/task/frameworks/'));
  const routes = [...(await agentRoutes()), ...files];
  const cursors = await cursorsOf(origin, node.agentId, '');
  const routeOf = routeFinder(routes);
  return {
    name: 'agent',
    origin,
    routes: routes.map((route) => fuzzed(route, described, { credentials: [], cursors })),
    // It takes targets in absolute form, as HTTP/1.1 wants of every server; a gateway sends none.
    routeOf: (method, path) => routeOf(method, path.replace(/^http:\/\/[^/]*/, '').replace(/#.*/s, '')),
    secrets: [cluster.directory, new URL(node.mesosAgent.url).host],
  };
}

const callTypes = ['GET_AGENTS', 'GET_MASTER', 'GET_VERSION', 'GET_FLAGS', 'GET_HEALTH', 'SUBSCRIBE', 'TEARDOWN'];
const calls: FuzzedRoute['bodies'] = [
  ...callTypes.map((type) => ({ type: 'application/json', bytes: Buffer.from(JSON.stringify({ type })) })),
  // Of protobuf's Call the first field is its type.
  ...[1, 3, 7, 12, 22].map((type) => ({ type: 'application/x-protobuf', bytes: Buffer.from([8, type]) })),
];

function signIns(credentials: readonly string[]): FuzzedRoute['bodies'] {
  return credentials.map((credential) => ({
    type: 'application/json',
    bytes: Buffer.from(JSON.stringify({ token: credential.replace(/^(Bearer |token=)/, ''), keep: true })),
  }));
}

function fuzzed(
  { method, path, parameters }: DescribedRoute,
  described: DescribedCluster,
  { credentials, cursors }: { readonly credentials: readonly string[]; readonly cursors: readonly string[] },
): FuzzedRoute {
  const ofMesos = path.includes('/files/') && !path.includes('/logs/');
  const mesosPath = path.includes('browse') ? described.sandbox : `${described.sandbox}/stdout`;
  return {
    method,
    path,
    parameters: ofMesos ? [...parameters, ...ofFiles] : parameters,
    isEndless: /\/stream\/|\/follow$|\/v2\/component|\/runs\/.*\{file\}$/.test(path) || path === '/entries',
    values: { ...described.valuesFor(path), ...(ofMesos ? { path: mesosPath } : {}) },
    credentials,
    cursors,
    headers: path.startsWith('/logs/session') ? [['Origin', `http://${fuzzedHost}`]] : [],
    bodies: method === 'GET' ? [] : path.startsWith('/logs/') ? signIns(credentials) : calls,
  };
}

/** Parameters of Mesos' files API, whose schemas are Mesos' own affair. */
const ofFiles: DescribedRoute['parameters'] = ['path', 'offset', 'length', 'jsonp'].map((name) => ({
  name,
  in: 'query',
  required: name === 'path',
}));

/** Cursors of each kind, as a server gives them. */
async function cursorsOf(origin: string, agentId: string, authorization: string): Promise<string[]> {
  const read = async (path: string, accept: string): Promise<string[]> => {
    const answer = await request(`${origin}${path}`, { headers: { accept, authorization } });
    const text = await answer.body.text();
    return [...text.matchAll(/"cursor":\s*"([^"]+)"/g)].map(([, cursor = '']) => cursor).slice(0, 3);
  };
  const logs = '/system/v1/logs';
  return [
    ...(await read(`${logs}/v1/range/`, 'application/json')),
    ...(await read(`${logs}/v3/entries`, 'application/x-ndjson')),
    ...(await read(`${logs}/v3/entries?order=desc&agent=${agentId}`, 'application/x-ndjson')),
    'BEG',
    'END',
    '10',
  ];
}
