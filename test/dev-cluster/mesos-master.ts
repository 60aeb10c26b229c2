import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type MasterFacts, slaves, state, stateSummary, VERSION } from './mesos-state-shapes.ts';
import {
  protobufAgents,
  protobufHealth,
  protobufMaster,
  protobufResponse,
  protobufVersion,
} from './mesos-v1-protobuf.ts';
import { v1Agents, v1State } from './mesos-v1-shapes.ts';
import { SimulatedMesos } from './simulated-mesos.ts';

export interface MesosMasterOptions {
  /** The cluster this master speaks for; several masters may share one. Default: a new one. */
  readonly mesos?: SimulatedMesos;
  /** Seconds between heartbeats; default 15, as Mesos. */
  readonly heartbeatSeconds?: number;
  /** PEM certificate and key; it then speaks https. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The `Authorization` value it wants; default: none wanted. */
  readonly authorization?: string;
}

/** A Mesos master over HTTP: answers, status codes and framing as captured from Mesos 1.12.0. */
export class MesosMaster {
  readonly mesos: SimulatedMesos;
  /** Who leads: this one, another, or nobody. */
  leader: MesosMaster | undefined = this;
  /** Leading, but not recovered: `/state` answers 200 with empty lists, the v1 API 503. */
  recovering = false;
  /** When set, SUBSCRIBE is answered with this status: a master, or a proxy before it, without it. */
  subscribeStatus: number | undefined;
  /** When false, subscribers hear nothing, events included, over connections that stay open. */
  speaking = true;
  /** Largest piece of the stream written at once, in bytes; records are then cut anywhere. */
  pieceSize = Number.POSITIVE_INFINITY;
  /** Every request as `METHOD path`, with its `Authorization`; for tests. */
  readonly requests: { readonly line: string; readonly authorization: string | undefined }[] = [];

  /** The body of every call of the operator API; for tests. */
  readonly calls: string[] = [];

  readonly #heartbeatSeconds: number;
  readonly #authorization: string | undefined;
  readonly #tls: MesosMasterOptions['tls'];
  readonly #startTime = Date.now() / 1000;
  readonly #subscribers = new Set<ServerResponse>();
  #frozen = false;
  /** What it has to do when it is let go. */
  readonly #owed: (() => void)[] = [];
  readonly #sendEvent = (event: object) => this.#broadcast(event);
  #server: Server | undefined;
  #heartbeats: NodeJS.Timeout | undefined;
  #port = 0;

  constructor(options: MesosMasterOptions = {}) {
    this.mesos = options.mesos ?? new SimulatedMesos();
    this.#heartbeatSeconds = options.heartbeatSeconds ?? 15;
    this.#authorization = options.authorization;
    this.#tls = options.tls;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `${this.#tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  /** It takes connections and says nothing on them, as a process that was stopped; when it is let go, it says all that it owes. */
  get frozen(): boolean {
    return this.#frozen;
  }

  set frozen(frozen: boolean) {
    this.#frozen = frozen;
    if (!frozen) for (const pay of this.#owed.splice(0)) pay();
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Listens, on loopback unless told otherwise; port 0, the default, takes a free one, and a restart takes the same again. */
  async start(port = this.#port, host = '127.0.0.1'): Promise<void> {
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch(() => response.destroy());
    };
    const server = this.#tls === undefined ? createServer(answer) : createTlsServer(this.#tls, answer);
    server.listen(port, host);
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.mesos.on('event', this.#sendEvent);
    this.#heartbeats = setInterval(() => this.#broadcast({ type: 'HEARTBEAT' }), this.#heartbeatSeconds * 1000);
  }

  /** Dies as by SIGKILL: every connection is cut, streams without their last chunk. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.mesos.off('event', this.#sendEvent);
    clearInterval(this.#heartbeats);
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Cuts every stream. With `insideRecord`, half a record goes out first. */
  cutStreams(options: { readonly insideRecord?: boolean } = {}): void {
    const record = recordOf({ type: 'HEARTBEAT' });
    for (const response of this.#subscribers) {
      if (options.insideRecord === true) response.write(record.subarray(0, record.length - 5));
      setImmediate(() => response.destroy());
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://master');
    const path = url.pathname.replace(/^\/master(?=\/)/, '').replace(/(?<=.)\/$/, '');
    this.requests.push({ line: `${request.method} ${url.pathname}`, authorization: request.headers.authorization });
    if (this.#frozen) await new Promise<void>((resolve) => this.#owed.push(resolve));
    switch (path) {
      case '/health':
        return send(response, 200, '');
      case '/version':
        return sendJson(response, VERSION);
      case '/redirect':
        return this.#redirect(response, '');
      case '/state':
      case '/state-summary':
      case '/slaves':
      case '/api/v1':
        break;
      default:
        return send(response, 404, '404 Not Found.');
    }
    const level = path === '/api/v1' ? 'readwrite' : 'readonly';
    if (this.#authorization !== undefined && request.headers.authorization !== this.#authorization) {
      response.setHeader('WWW-Authenticate', `Basic realm="mesos-master-${level}"`);
      return send(response, 401, '401 Unauthorized.');
    }
    if (this.leader !== this) return this.#redirect(response, `/master${path}${url.search}`);
    if (path === '/api/v1') return await this.#operatorApi(request, response);
    const mesos = this.recovering ? new SimulatedMesos() : this.mesos;
    if (path === '/state') return sendJson(response, state(mesos, this.#facts()));
    return sendJson(response, path === '/slaves' ? slaves(mesos) : stateSummary(mesos, this.#facts()));
  }

  async #operatorApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      const message = `405 Method Not Allowed. Expecting one of { 'POST' }, but received '${request.method}'.`;
      return send(response, 405, message);
    }
    if (request.headers['content-type'] !== 'application/json') {
      return send(response, 415, `Expecting 'Content-Type' of application/x-protobuf or application/json`);
    }
    const body = await text(request);
    this.calls.push(body);
    const call = parseCall(body);
    const asProtobuf = request.headers.accept?.includes('application/x-protobuf') === true;
    if (call === undefined)
      return send(response, 400, `Failed to validate master::Call: Expecting 'type' to be present`);
    if (this.recovering && call !== 'GET_VERSION' && call !== 'GET_HEALTH') {
      return send(response, 503, 'Master has not finished recovery');
    }
    switch (call) {
      case 'SUBSCRIBE':
        if (this.subscribeStatus !== undefined) return send(response, this.subscribeStatus, '');
        return this.#subscribe(response);
      case 'GET_STATE':
        return sendJson(response, { type: call, get_state: v1State(this.mesos) });
      case 'GET_TASKS':
        return sendJson(response, { type: call, get_tasks: v1State(this.mesos).get_tasks });
      case 'GET_AGENTS':
        if (asProtobuf) return sendProtobuf(response, call, protobufAgents(v1Agents(this.mesos)));
        return sendJson(response, { type: call, get_agents: v1Agents(this.mesos) });
      case 'GET_FRAMEWORKS':
        return sendJson(response, { type: call, get_frameworks: v1State(this.mesos).get_frameworks });
      case 'GET_MASTER':
        if (asProtobuf) return sendProtobuf(response, call, protobufMaster(this.#masterInfo().master_info));
        return sendJson(response, { type: call, get_master: this.#masterInfo() });
      case 'GET_VERSION':
        if (asProtobuf) return sendProtobuf(response, call, protobufVersion(VERSION.version));
        return sendJson(response, { type: call, get_version: { version_info: VERSION } });
      case 'GET_HEALTH':
        if (asProtobuf) return sendProtobuf(response, call, protobufHealth(true));
        return sendJson(response, { type: call, get_health: { healthy: true } });
      default:
        return send(response, 501, '');
    }
  }

  #subscribe(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const subscribed = { get_state: v1State(this.mesos), heartbeat_interval_seconds: this.#heartbeatSeconds };
    this.#subscribers.add(response);
    response.on('close', () => this.#subscribers.delete(response));
    this.#write(response, recordOf({ type: 'SUBSCRIBED', subscribed }));
    this.#write(response, recordOf({ type: 'HEARTBEAT' }));
  }

  #broadcast(event: object): void {
    if (!this.speaking) return;
    if (this.#frozen) {
      this.#owed.push(() => this.#broadcast(event));
      return;
    }
    const record = recordOf(event);
    for (const response of this.#subscribers) this.#write(response, record);
  }

  #write(response: ServerResponse, record: Buffer): void {
    for (let at = 0; at < record.length; at += this.pieceSize) {
      response.write(record.subarray(at, Math.min(record.length, at + this.pieceSize)));
    }
  }

  #redirect(response: ServerResponse, path: string): void {
    if (this.leader === undefined) {
      send(response, 503, 'No leader elected');
      return;
    }
    response.setHeader('Location', `//127.0.0.1:${this.leader.port}${path}`);
    send(response, 307, '');
  }

  #facts(): MasterFacts {
    const hostname = '127.0.0.1';
    const leader = { hostname, port: this.leader?.port ?? this.#port };
    return { id: this.mesos.id, hostname, port: this.#port, startTime: this.#startTime, leader };
  }

  #masterInfo() {
    const { id, hostname, port, startTime } = this.#facts();
    const address = { hostname, ip: hostname, port };
    const version = VERSION.version;
    const master_info = { id, ip: 16777343, port, pid: `master@${hostname}:${port}`, hostname, version, address };
    return { master_info, start_time: startTime, elected_time: startTime };
  }
}

function recordOf(event: object): Buffer {
  const json = JSON.stringify(event);
  return Buffer.from(`${Buffer.byteLength(json)}\n${json}`);
}

function parseCall(body: string): string | undefined {
  try {
    const call: unknown = JSON.parse(body);
    const type = typeof call === 'object' && call !== null && 'type' in call ? call.type : undefined;
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

function sendProtobuf(
  response: ServerResponse,
  type: Parameters<typeof protobufResponse>[0],
  payload: Uint8Array,
): void {
  const body = protobufResponse(type, payload);
  response.writeHead(200, { 'Content-Type': 'application/x-protobuf', 'Content-Length': body.length }).end(body);
}

function sendJson(response: ServerResponse, value: object): void {
  response.setHeader('Content-Type', 'application/json');
  send(response, 200, JSON.stringify(value));
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (body !== '' && !response.hasHeader('Content-Type')) {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  }
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
