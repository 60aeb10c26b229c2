import { longestRead, type SandboxFile } from '../files/sandbox-file.ts';

const newline = 0x0a;

export interface LineStart {
  /** In bytes: where counting begins, `size` at most. */
  readonly offset: number;
  /** In bytes; what is written behind it meanwhile does not count. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The offset that a position stands for. A position is an offset, or the id of an event, which is the offset of the newline
 * that ends its line: so one that points at a newline means the line behind it. Offset 0 is the beginning, unless it is an id.
 */
export async function offsetAfter(
  file: SandboxFile,
  position: number,
  { isId, size, signal }: { isId: boolean; size: number; signal?: AbortSignal | undefined },
): Promise<number> {
  if (position >= size || (position === 0 && !isId)) return position;
  const [byte] = await file.read(position, 1, signal);
  return byte === newline ? position + 1 : position;
}

/** The offset `count` lines further on, the rest of a line counting as one; the size when there are fewer. */
export async function skipLines(
  file: SandboxFile,
  { offset, size, signal }: LineStart,
  count: number,
): Promise<number> {
  let at = offset;
  let remaining = count;
  while (at < size) {
    const bytes = await file.read(at, Math.min(longestRead, size - at), signal);
    if (bytes.length === 0) break;
    for (let found = bytes.indexOf(newline); found !== -1; found = bytes.indexOf(newline, found + 1)) {
      if (--remaining === 0) return at + found + 1;
    }
    at += bytes.length;
  }
  return Math.max(offset, size);
}

/** The offset where the `count`-th line before begins, what lies before of a line counting as one; 0 when there are fewer. */
export async function skipLinesBack(
  file: SandboxFile,
  { offset, size, signal }: LineStart,
  count: number,
): Promise<number> {
  // The newline right before ends the first line back and does not begin it.
  let end = Math.min(offset, size) - 1;
  let remaining = count;
  while (end > 0) {
    const start = Math.max(0, end - longestRead);
    const bytes = await blockOf(file, start, end, signal);
    for (let found = lastNewline(bytes, bytes.length - 1); found !== -1; found = lastNewline(bytes, found - 1)) {
      if (--remaining === 0) return start + found + 1;
    }
    end = start;
  }
  return 0;
}

function lastNewline(bytes: Buffer, from: number): number {
  return from < 0 ? -1 : bytes.lastIndexOf(newline, from);
}

/** All bytes of `[start, end)`, as far as there are any. */
async function blockOf(file: SandboxFile, start: number, end: number, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = start; at < end; ) {
    const part = await file.read(at, end - at, signal);
    if (part.length === 0) break;
    parts.push(part);
    at += part.length;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
