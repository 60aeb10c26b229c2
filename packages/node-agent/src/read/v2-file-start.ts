import type { SandboxFile } from '../files/sandbox-file.ts';
import { offsetAfter, skipLines, skipLinesBack } from './file-lines.ts';

/** Where a request begins to read a file, before `skip`. */
export interface FilePosition {
  readonly origin: number | 'end';
  readonly resumed: boolean;
  readonly skip: number;
}

/**
 * The byte offset where dcos-log v2 would begin to read, its bugs excepted: blank lines are lines, and counting back is exact
 * over any distance.
 *
 * @param size of the file; what is written meanwhile is behind the start
 */
export async function fileStart(
  file: SandboxFile,
  { origin, resumed, skip }: FilePosition,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  const offset = origin === 'end' ? size : await offsetAfter(file, origin, { isId: resumed, size, signal });
  if (skip > 0) return skipLines(file, { offset, size, signal }, skip);
  return skip < 0 ? skipLinesBack(file, { offset, size, signal }, -skip) : offset;
}
