import { setTimeout as delay } from 'node:timers/promises';
import type { FileEventEncoder, FileLine } from '../encode/file-event-encoder.ts';
import { OutputBuffer } from '../encode/output-buffer.ts';
import { longestRead, type SandboxFile } from '../files/sandbox-file.ts';
import { ByteStream } from './byte-stream.ts';

const newline = 0x0a;

/** How soon an idle file is looked at again, in milliseconds: seldom enough for a thousand followers of one Mesos agent. */
export const shortestPoll = 200;
const longestPoll = 1000;

export interface FollowFileOptions {
  /** In bytes. */
  readonly start: number;
  /** Milliseconds without data after which a ping is sent. Default: 15,000, dcos-log's. */
  readonly pingAfter?: number;
  /** Told when the file has become shorter than what was read of it. */
  readonly onCut?: (offset: number) => void;
  /** Ends the follow. */
  readonly signal?: AbortSignal;
}

/**
 * The lines of a file from `start` on, and those that come, as events. A line comes when it is ended. A file that has become
 * shorter, as those of logrotate do, is read on from its beginning. Never ends by itself.
 */
export function followFile(file: SandboxFile, encoder: FileEventEncoder, options: FollowFileOptions): ByteStream {
  return new ByteStream(
    (signal) => fileEvents(file, encoder, options, signal),
    () => {},
    options.signal,
  );
}

async function* fileEvents(
  file: SandboxFile,
  encoder: FileEventEncoder,
  { start, pingAfter = 15_000, onCut }: FollowFileOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const output = new OutputBuffer();
  const lines = new LineCutter(start, encoder.longestLine);
  let silentSince = performance.now();
  let poll = shortestPoll;
  while (true) {
    const bytes = await file.read(lines.offset, longestRead, signal);
    signal.throwIfAborted();
    for (const line of lines.take(bytes)) {
      encoder.encode(line, output);
      if (!output.isFull) continue;
      yield output.take() as Buffer;
      silentSince = performance.now();
    }
    const chunk = output.take();
    if (chunk !== undefined) {
      yield chunk;
      silentSince = performance.now();
    }
    if (bytes.length > 0) {
      poll = shortestPoll;
      continue;
    }
    let size: number | undefined;
    do {
      const silence = performance.now() - silentSince;
      if (silence >= pingAfter) {
        yield encoder.ping;
        silentSince = performance.now();
        continue;
      }
      await delay(Math.min(poll, pingAfter - silence), undefined, { signal });
      poll = Math.min(longestPoll, 1.5 * poll);
      size = await file.size(signal);
      signal.throwIfAborted();
    } while (size === undefined || size === lines.offset);
    if (size > lines.offset) continue;
    onCut?.(lines.offset);
    const unended = lines.restart();
    if (unended !== undefined) encoder.encode(unended, output);
  }
}

/** Cuts bytes into lines, wherever the bytes themselves were cut. */
class LineCutter {
  /** In bytes: what comes next begins here. */
  offset: number;
  readonly #longestLine: number;
  #begun: Buffer[] = [];
  #kept = 0;
  #missing = 0;

  /** @param longestLine bytes of a line that are kept */
  constructor(offset: number, longestLine: number) {
    this.offset = offset;
    this.#longestLine = longestLine;
  }

  /** The lines that end in `bytes`; they hold only until the next call. */
  *take(bytes: Buffer): Generator<FileLine, undefined, undefined> {
    const { offset } = this;
    this.offset += bytes.length;
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      this.#keep(bytes.subarray(start, end));
      yield this.#end(offset + end);
      start = end + 1;
    }
    // Copied, or a few bytes would keep a whole answer alive while nothing comes.
    this.#keep(Buffer.from(bytes.subarray(start)));
  }

  /** Goes back to offset 0; what there was of a line is its own. */
  restart(): FileLine | undefined {
    this.offset = 0;
    return this.#kept + this.#missing === 0 ? undefined : this.#end(undefined);
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, this.#longestLine - this.#kept);
    if (kept.length > 0) this.#begun.push(kept);
    this.#kept += kept.length;
    this.#missing += part.length - kept.length;
  }

  #end(id: number | undefined): FileLine {
    const [only = Buffer.alloc(0)] = this.#begun;
    const line = { bytes: this.#begun.length > 1 ? Buffer.concat(this.#begun) : only, missing: this.#missing, id };
    this.#begun = [];
    this.#kept = 0;
    this.#missing = 0;
    return line;
  }
}
