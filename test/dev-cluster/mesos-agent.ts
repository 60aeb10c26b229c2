import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { AttachedFiles } from './attached-files.ts';

export interface MesosAgentOptions {
  /** The id it has registered with. */
  id: string;
  /** `--work_dir`; made when something is written. */
  readonly workDirectory: string;
  /** The `Authorization` value it wants; default: none wanted. */
  readonly authorization?: string;
}

/** A container, by the words of Mesos' paths. */
export interface SandboxAddress {
  readonly framework: string;
  readonly executor: string;
  /** The root's id, and for a nested container every id from there down, joined by dots. */
  readonly container: string;
  /** The task that runs in a nested container. */
  readonly task?: string;
}

/** Most bytes of one read: 16 pages. */
const longestRead = 65_536;

/** The Mesos agent of one node over HTTP: `/state` and the files API, as captured from Mesos 1.12.0. */
export class MesosAgent {
  readonly files = new AttachedFiles();
  /** Each request, as on its request line. */
  readonly requests: string[] = [];
  /** `frameworks` of its `/state`. */
  frameworks: readonly object[] = [];
  /** Answers are held back so long, in milliseconds. */
  delay = 0;
  /** Downloads pause half-way for so long, in milliseconds. */
  downloadPause = 0;
  /** When set, all is answered with this status. */
  status: number | undefined;
  readonly #options: MesosAgentOptions;
  #server: Server | undefined;
  #port = 0;

  constructor(options: MesosAgentOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Registers anew: the sandboxes of the old id stay on the disk, and are not shown any more. */
  set id(id: string) {
    this.#options.id = id;
    for (const name of Object.keys(this.files.names)) this.files.detach(name);
  }

  /** Listens on loopback; port 0, the default, takes a free one, and a restart takes the same again. */
  async start(port = this.#port): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  }

  /** Makes the sandbox of a container, as launching it does, and shows it; returns its directory. */
  sandbox({ framework, executor, container, task }: SandboxAddress): string {
    const { workDirectory, id } = this.#options;
    const [root = '', ...nested] = container.split('.');
    const runs = join(workDirectory, 'slaves', id, 'frameworks', framework, 'executors', executor, 'runs');
    const executorSandbox = join(runs, root);
    mkdirSync(executorSandbox, { recursive: true });
    this.files.attach(executorSandbox, executorSandbox);
    this.files.attach(executorSandbox, `/frameworks/${framework}/executors/${executor}/runs/latest`);
    const directory = join(executorSandbox, ...nested.flatMap((child) => ['containers', child]));
    mkdirSync(directory, { recursive: true });
    if (task !== undefined && nested.length > 0) {
      mkdirSync(join(executorSandbox, 'tasks'), { recursive: true });
      const link = join(executorSandbox, 'tasks', task);
      if (!existsSync(link)) symlinkSync(directory, link);
    }
    return directory;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    const answer = () => this.#answerNow(new URL(request.url ?? '', this.url), request, response);
    if (this.delay === 0) answer();
    else setTimeout(answer, this.delay);
  }

  #answerNow(url: URL, { headers }: IncomingMessage, response: ServerResponse): ServerResponse {
    const { authorization } = this.#options;
    if (this.status !== undefined) return sendText(response, this.status, '');
    if (authorization !== undefined && headers.authorization !== authorization) {
      response.setHeader('www-authenticate', 'Basic realm="mesos-agent-readonly"');
      return sendText(response, 401, '');
    }
    if (url.pathname === '/state' || url.pathname === '/slave(1)/state') return this.#state(response);
    if (url.pathname === '/files/debug') return sendJson(response, Buffer.from(JSON.stringify(this.files.names)));
    const endpoint = /^\/files\/(read|browse|download)$/.exec(url.pathname)?.[1];
    if (endpoint === undefined) return sendText(response, 404, '404 Not Found.');
    const path = url.searchParams.get('path') ?? '';
    if (path === '') return sendText(response, 400, "Expecting 'path=value' in query.\n");
    const resolved = this.files.resolve(path);
    if (resolved === undefined) return sendText(response, 404, '');
    if ('refused' in resolved) return sendText(response, 400, `${resolved.refused}.\n`);
    if (endpoint === 'browse') return browse(response, resolved.path, path);
    if (statSync(resolved.path).isDirectory()) return sendText(response, 400, `Cannot ${endpoint} a directory.\n`);
    if (endpoint === 'read') return read(response, resolved.path, url.searchParams);
    return download(response, resolved.path, this.downloadPause);
  }

  #state(response: ServerResponse): ServerResponse {
    const { id, workDirectory } = this.#options;
    const state = {
      id,
      pid: `slave(1)@127.0.0.1:${this.#port}`,
      flags: { work_dir: workDirectory },
      frameworks: this.frameworks,
    };
    return sendJson(response, Buffer.from(JSON.stringify(state)));
  }
}

function read(response: ServerResponse, path: string, query: URLSearchParams): ServerResponse {
  const offset = Number(query.get('offset') ?? -1);
  const length = Number(query.get('length') ?? -1);
  for (const [name, value] of Object.entries({ offset, length })) {
    if (Number.isNaN(value)) return sendText(response, 400, `Failed to parse ${name}: Failed to convert to number.\n`);
    if (value < -1) return sendText(response, 400, `Negative ${name} provided: ${value}.\n`);
  }
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const from = offset === -1 ? size : offset;
    const bytes = Buffer.alloc(Math.min(longestRead, length === -1 ? Math.max(0, size - from) : length));
    const count = from >= size ? 0 : readSync(file, bytes, 0, bytes.length, from);
    return sendJson(
      response,
      Buffer.concat([Buffer.from('{"data":"'), escaped(bytes.subarray(0, count)), Buffer.from(`","offset":${from}}`)]),
    );
  } finally {
    closeSync(file);
  }
}

/** As rapidjson writes strings: control characters are escaped, all else stands as it is, valid UTF-8 or not. */
function escaped(bytes: Buffer): Buffer {
  const letters: Readonly<Record<string, string>> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' };
  const text = bytes
    .toString('latin1')
    .replace(/["\\]/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
    .replace(/[\x00-\x1f]/g, (control) => {
      const letter = letters[control];
      return letter === undefined
        ? `\\u${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
        : `\\${letter}`;
    });
  return Buffer.from(text, 'latin1');
}

function browse(response: ServerResponse, path: string, asked: string): ServerResponse {
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : [];
  const files = names.map((name) => {
    const facts = statSync(join(path, name));
    const { mode, mtimeMs, nlink, size } = facts;
    return `{"gid":"root","mode":"${modeOf(mode, facts.isDirectory())}","mtime":${Math.floor(mtimeMs / 1000)}.0,"nlink":${nlink},"path":${JSON.stringify(join(asked, name))},"size":${size},"uid":"root"}`;
  });
  return sendJson(response, Buffer.from(`[${files.join(',')}]`));
}

function download(response: ServerResponse, path: string, pause: number): ServerResponse {
  const { size } = statSync(path);
  response.writeHead(200, {
    'content-length': size,
    'content-disposition': `attachment; filename=${basename(path)}`,
    'content-type': path.endsWith('.html') ? 'text/html' : 'application/octet-stream',
  });
  if (pause === 0) return createReadStream(path).pipe(response);
  const half = Math.floor(size / 2);
  createReadStream(path, { end: half - 1 }).pipe(response, { end: false });
  setTimeout(() => createReadStream(path, { start: half }).pipe(response), pause);
  return response;
}

function modeOf(mode: number, isDirectory: boolean): string {
  const bits = [...'rwxrwxrwx'].map((letter, bit) => ((mode >> (8 - bit)) & 1 ? letter : '-')).join('');
  return `${isDirectory ? 'd' : '-'}${bits}`;
}

function sendJson(response: ServerResponse, body: Buffer): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

function sendText(response: ServerResponse, status: number, body: string): ServerResponse {
  return response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
}
