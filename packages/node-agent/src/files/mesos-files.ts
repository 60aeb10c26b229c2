import type { Readable } from 'node:stream';
import { CodedError } from '@clusterlog/shared';
import { type Authorization, authorized } from '@clusterlog/shared/server';
import { type Dispatcher, request } from 'undici';

/** Most bytes that a Mesos agent gives in one answer of `/files/read`: 16 pages. */
export const longestRead = 65_536;
/** Longest answer taken, in bytes: control characters take six in JSON. */
const longestAnswer = 8 * longestRead;
/** Longest list of a directory taken, in bytes. */
const longestList = 64 * 1024 * 1024;
/**
 * How long the Mesos agent may take to begin an answer, in milliseconds: gateways wait 15 s for one of ours, and there may be
 * entries to give instead. A download may then go on as long as it has to.
 */
const answerMilliseconds = 10_000;

export interface AskedFile {
  /** As the Mesos agent names it. */
  readonly path: string;
  /** What is sent as `Authorization`. Default: nothing. */
  readonly credential: Authorization | undefined;
  /** Whether that is the caller's own, so that a refusal is about him. */
  readonly asCaller: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One entry of a directory, as the Mesos agent tells of it; `mtime` is in seconds since 1970. */
export interface ListedFile {
  readonly path: string;
  readonly mtime: number;
  readonly [fact: string]: unknown;
}

/**
 * The files API of a Mesos agent (`/files/read`, `browse`, `download`). What is not there is undefined; all else that goes
 * wrong is an error for the caller to see.
 */
export class MesosFiles {
  readonly #origin: string;
  readonly #dispatcher: Dispatcher;

  /** @param mesosAgent its URL without a path */
  constructor(mesosAgent: string, dispatcher: Dispatcher) {
    this.#origin = mesosAgent.replace(/\/$/, '');
    this.#dispatcher = dispatcher;
  }

  /** The size of a file in bytes. */
  async size(file: AskedFile): Promise<number | undefined> {
    const answer = await this.#read(file, -1, 0);
    return answer?.offset;
  }

  /** At most `length` bytes from `offset` on, and at most {@link longestRead}; none at or past the end. */
  async read(file: AskedFile, offset: number, length: number): Promise<Buffer | undefined> {
    const answer = await this.#read(file, offset, Math.min(length, longestRead));
    // The bytes stand in the JSON as they are, characters cut at the edges and all: each is read as a character of its own.
    return answer === undefined ? undefined : Buffer.from(answer.data, 'latin1');
  }

  /** What is in a directory. */
  async browse(file: AskedFile): Promise<ListedFile[] | undefined> {
    const body = await this.#get('browse', file, {});
    if (body === undefined) return undefined;
    const list: unknown = parse((await bytesOf(body, longestList)).toString());
    if (!Array.isArray(list) || !list.every(isListedFile)) throw unreachable('an answer that is no list of files');
    return list;
  }

  /** A whole file, as it is. */
  async download(
    file: AskedFile,
  ): Promise<{ readonly bytes: Readable; readonly size: number | undefined } | undefined> {
    const body = await this.#get('download', file, {});
    if (body === undefined) return undefined;
    const size = Number(body.headers['content-length'] ?? Number.NaN);
    return { bytes: body.body, size: Number.isSafeInteger(size) ? size : undefined };
  }

  async #read(file: AskedFile, offset: number, length: number): Promise<{ data: string; offset: number } | undefined> {
    const body = await this.#get('read', file, { offset, length });
    if (body === undefined) return undefined;
    const answer = parse((await bytesOf(body, longestAnswer)).toString('latin1')) as {
      data?: unknown;
      offset?: unknown;
    };
    const { data, offset: at } = answer ?? {};
    if (typeof data !== 'string' || typeof at !== 'number') throw unreachable('an answer without data and offset');
    return { data, offset: at };
  }

  /** The answer, when it is 200; undefined when it is 404. */
  async #get(
    endpoint: 'read' | 'browse' | 'download',
    { path, credential, asCaller, signal }: AskedFile,
    query: Readonly<Record<string, number>>,
  ): Promise<Dispatcher.ResponseData | undefined> {
    const parameters = Object.entries({ path, ...query }).map((pair) => pair.map(encodeURIComponent).join('='));
    let answer: Dispatcher.ResponseData;
    try {
      answer = await authorized(credential, (headers) =>
        request(`${this.#origin}/files/${endpoint}?${parameters.join('&')}`, {
          dispatcher: this.#dispatcher,
          headersTimeout: answerMilliseconds,
          headers,
          ...(signal === undefined ? {} : { signal }),
        }),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw new CodedError('sandbox-unreachable', {}, { cause: error });
    }
    const { statusCode, body } = answer;
    if (statusCode === 200) return answer;
    const sentence = (await bytesOf(answer, longestAnswer).catch(() => body.destroy() && Buffer.alloc(0))).toString();
    if (statusCode === 404) return undefined;
    if (statusCode === 401 || statusCode === 403) {
      throw asCaller
        ? new CodedError('forbidden', { target: 'this sandbox' })
        : new CodedError('sandbox-refused', { status: statusCode });
    }
    // A directory where a file was asked for, or a link that leads out of the sandbox.
    if (statusCode === 400) throw new CodedError('bad-request', { problem: withoutPaths(sentence.trim()) });
    throw unreachable(`status ${statusCode}`);
  }
}

function unreachable(found: string): CodedError {
  return new CodedError('sandbox-unreachable', {}, { cause: new Error(`the Mesos agent answered with ${found}`) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreachable('something that is not JSON');
  }
}

function isListedFile(listed: unknown): listed is ListedFile {
  const { path, mtime } = (listed ?? {}) as Partial<ListedFile>;
  return typeof path === 'string' && typeof mtime === 'number';
}

/** Where the sandboxes of a node lie is nobody's business. */
function withoutPaths(sentence: string): string {
  return sentence.replace(/'\/[^']*'/g, 'the file');
}

async function bytesOf({ body }: Dispatcher.ResponseData, longest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > longest) throw unreachable(`more than ${longest} bytes`);
  }
  return Buffer.concat(chunks);
}
