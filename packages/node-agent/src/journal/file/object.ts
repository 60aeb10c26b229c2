import type { FileBytes } from './file-bytes.ts';
import { ObjectHeader } from './layout.ts';
import type { Span } from './span.ts';
import { readUint64 } from './u64.ts';

/** Something that finds bytes of a file in memory: the page cache, or a walk's read-ahead window before it. */
export interface Locator {
  /** As {@link FileBytes.locate}, for bytes that never change once committed. */
  locateSettled(offset: number, length: number, span: Span): boolean;
}

/**
 * The size of the object at `offset` if it is of that type, lies whole inside the file and has at least `minimum` bytes;
 * else 0. Leaves `span` at the object's header.
 */
export function objectSize(
  file: FileBytes,
  locator: Locator,
  offset: number,
  type: number,
  minimum: number,
  span: Span,
): number {
  if (!file.canHold(offset, minimum)) return 0;
  if (!locator.locateSettled(offset, ObjectHeader.length, span)) return 0;
  if (span.bytes[span.start + ObjectHeader.type] !== type) return 0;
  const size = readUint64(span.view, span.start + ObjectHeader.size);
  return size >= minimum && offset + size <= file.arenaEnd ? size : 0;
}
