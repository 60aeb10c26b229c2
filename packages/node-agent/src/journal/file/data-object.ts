import type { FieldView } from '../entry.ts';
import { decompress, isCompressed } from './compression.ts';
import type { Damage } from './damage.ts';
import type { FileBytes } from './file-bytes.ts';
import { type Layout, ObjectHeader, ObjectType } from './layout.ts';
import { type Locator, objectSize } from './object.ts';
import type { Span } from './span.ts';

const equalsSign = 0x3d;
/** Longest field name looked for, in bytes; journald takes names of at most 64 (`journal_field_valid`). */
const longestName = 255;

/**
 * Points `view` at the `FIELD=value` bytes of the DATA object at `offset`, decompressed if need be. They hold until `span`
 * or the memory it points into is used again.
 *
 * @returns false if the object is damaged, which is counted
 */
export function loadData(
  file: FileBytes,
  locator: Locator,
  layout: Layout,
  damage: Damage,
  offset: number,
  span: Span,
  view: FieldView,
): boolean {
  const size = objectSize(file, locator, offset, ObjectType.data, layout.dataPayload + 1, span);
  const payloadSize = size - layout.dataPayload;
  const { largestField } = file.cache;
  if (size !== 0 && payloadSize <= largestField) {
    const flags = span.bytes[span.start + ObjectHeader.flags] as number;
    if (locator.locateSettled(offset + layout.dataPayload, payloadSize, span)) {
      if (!isCompressed(flags)) {
        if (pointAt(view, span.bytes, span.start, span.start + payloadSize)) return true;
      } else {
        const payload = decompress(flags, span.bytes.subarray(span.start, span.start + payloadSize), largestField);
        if (payload !== undefined && pointAt(view, payload, 0, payload.length)) return true;
      }
    }
  }
  damage.count('data', offset);
  return false;
}

/** False if there is no `=` after a name of one byte at least and 255 at most. */
function pointAt(view: FieldView, bytes: Buffer, start: number, end: number): boolean {
  const limit = Math.min(end, start + longestName + 1);
  let equals = start;
  while (equals < limit && bytes[equals] !== equalsSign) equals++;
  if (equals === start || equals === limit) return false;
  view.bytes = bytes;
  view.start = start;
  view.equals = equals;
  view.end = end;
  return true;
}
