import { longestRead, type SandboxFile } from '../files/sandbox-file.ts';
import { ByteStream } from './byte-stream.ts';

const newline = 0x0a;
const lineEnd = Buffer.from('\n');

export interface ReadFileOptions {
  /** In bytes. */
  readonly start: number;
  /** In bytes: what is written behind it meanwhile is left out, or a busy file would never end. */
  readonly end: number;
  /** Lines at most. */
  readonly limit: number;
  /** Cuts the answer. */
  readonly signal?: AbortSignal;
}

/** The lines of a part of a file, byte for byte; a last line that nothing ends yet is ended. */
export function readFile(file: SandboxFile, { start, end, limit, signal }: ReadFileOptions): ByteStream {
  return new ByteStream(
    (aborted) => fileChunks(file, start, end, limit, aborted),
    () => {},
    signal,
  );
}

async function* fileChunks(
  file: SandboxFile,
  start: number,
  end: number,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  let remaining = limit;
  let isLineOpen = false;
  for (let at = start; at < end && remaining > 0; ) {
    const bytes = await file.read(at, Math.min(longestRead, end - at), signal);
    signal.throwIfAborted();
    if (bytes.length === 0) break;
    at += bytes.length;
    const shown = bytes.subarray(0, endOfLines(bytes, remaining));
    remaining -= linesIn(shown, remaining);
    isLineOpen = shown.at(-1) !== newline;
    yield shown;
  }
  if (isLineOpen) yield lineEnd;
}

/** Where the `count`-th line of `bytes` ends, or all of them. */
function endOfLines(bytes: Buffer, count: number): number {
  if (count === Number.POSITIVE_INFINITY) return bytes.length;
  let end = 0;
  for (let remaining = count; remaining > 0; remaining--) {
    const found = bytes.indexOf(newline, end);
    if (found === -1) return bytes.length;
    end = found + 1;
  }
  return end;
}

/** Ended lines; nobody counts them where there is no limit. */
function linesIn(bytes: Buffer, limit: number): number {
  if (limit === Number.POSITIVE_INFINITY) return 0;
  let count = 0;
  for (let found = bytes.indexOf(newline); found !== -1; found = bytes.indexOf(newline, found + 1)) count++;
  return count;
}
