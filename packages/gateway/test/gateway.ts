import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { createLocalJWKSet, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose';
import { Agent } from 'undici';
import { afterAll, onTestFinished } from 'vitest';
import type { AdminRouter } from '../src/admin-router/admin-router.ts';
import { MesosAgents } from '../src/admin-router/mesos-agents.ts';
import { createGateway, type GatewayOptions } from '../src/app.ts';
import { knowingCallers } from '../src/auth/known-callers.ts';
import { secretFile } from '../src/auth/secret-file.ts';
import { createTokenVerifier } from '../src/auth/token-verifier.ts';
import { makeSigningKey } from '../src/keys/signing-key.ts';
import { type ClusterIndex, createClusterIndex } from '../src/mesos/cluster-index.ts';
import type { MesosAgent, MesosTask } from '../src/mesos/model.ts';
import { everyoneReadsEverything } from '../src/policy/everyone-reads-everything.ts';
import { createAgentDispatcher } from '../src/proxy/agent-dispatcher.ts';
import { sign } from './auth/keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-gateway-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

export const signingKey = makeSigningKey(0);

/** Verifies a gateway token as an agent would. */
export function readGatewayToken(
  headers: IncomingMessage['headers'],
  audience: string,
): Promise<JWTVerifyResult<JWTPayload>> {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  return jwtVerify(token, createLocalJWKSet({ keys: [signingKey.publicJwk] }), {
    audience,
    algorithms: ['EdDSA'],
    typ: 'clusterlog-gateway+jwt',
  });
}

/** A server that stands for a node agent, closed when the test ends. */
export async function startAgent(
  answer: RequestListener,
  tls?: TlsOptions,
): Promise<{ server: HttpServer; port: number; origin: string }> {
  // As much as agents take.
  const plain = { maxHeaderSize: 64 * 1024 };
  const server =
    tls === undefined ? createServer(plain, answer) : (createTlsServer(tls, answer) as unknown as HttpServer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` };
}

/** A port of this machine that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export const agentS1: MesosAgent = {
  id: 'S1',
  hostname: 'node1',
  pid: 'slave(1)@127.0.0.1:5051',
  host: '127.0.0.1',
  port: 5051,
  active: true,
};

export function task(id: string, parts: Partial<MesosTask> = {}): MesosTask {
  return {
    id,
    name: id,
    agentId: 'S1',
    frameworkId: 'F1',
    frameworkName: 'marathon',
    executorId: id,
    containerId: `container-of-${id}`,
    state: 'TASK_RUNNING',
    labels: [],
    role: '*',
    completed: false,
    unreachable: false,
    startedAt: undefined,
    updatedAt: 1,
    ...parts,
  };
}

export function indexOf({
  tasks = [],
  agents = [agentS1],
  now,
}: {
  tasks?: MesosTask[];
  agents?: MesosAgent[];
  /** Its clock, in ms since 1970. */
  now?: () => number;
} = {}): ClusterIndex {
  const index = createClusterIndex(now === undefined ? {} : { now });
  index.applySnapshot(
    {
      tasks,
      agents,
      recoveredAgentIds: [],
      frameworks: [{ id: 'F1', name: 'marathon' }],
      skipped: 0,
    },
    'http://127.0.0.1:5050',
    'poll',
  );
  return index;
}

export interface TestGatewayOptions extends Partial<Omit<GatewayOptions, 'addressing'>> {
  /** Port of the agents of the cluster. */
  readonly agentPort?: number;
  readonly addressing?: Partial<GatewayOptions['addressing']>;
}

/** A gateway on a real socket, closed when the test ends; `secretPath` holds the secret of `sign`. */
export async function startGateway(secretPath: string, options: TestGatewayOptions = {}) {
  const { agentPort, addressing, ...rest } = options;
  const metrics = new Metrics();
  const sources = [secretFile(secretPath, () => undefined)];
  const app = createGateway({
    server: { log: createLogger('gateway', 'silent'), accessLog: true, metrics },
    verify: knowingCallers(
      createTokenVerifier(sources, { uidClaim: 'uid', groupsClaim: 'groups', allowNoExpiry: true }),
      sources,
    ),
    policy: everyoneReadsEverything({ stream: false, trusted: [] }),
    index: indexOf(),
    localAgent: undefined,
    addressing: { scheme: 'http', port: agentPort ?? 1, overrides: new Map(), ...addressing },
    signingKeys: { current: signingKey, published: [signingKey.publicJwk] },
    dispatcher: createAgentDispatcher(),
    router: testRouter(),
    maxFollowAge: 86_400,
    checks: () => [],
    ...rest,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { app, port, metrics };
}

/** Admin Router's routes, all served, over plain http. */
export function testRouter(parts: Partial<AdminRouter> = {}): AdminRouter {
  return {
    without: new Set(),
    masters: { dispatcher: new Agent(), credential: undefined },
    mesosAgents: new MesosAgents({ scheme: 'http', dispatcher: new Agent() }),
    marathon: undefined,
    masterAgentId: 'local',
    loggingStrategy: 'journald',
    ...parts,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Sends a request and gives the answer once its headers are there. */
export async function open(port: number, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

export async function get(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await open(port, path, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

/** As {@link get}, by a caller with a token. */
export async function getAs(
  uid: string,
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return get(port, path, { headers: { authorization: `token=${await sign({ uid })}`, ...headers } });
}

export type { ServerResponse };
