import type { FieldView } from '../entry.ts';
import type { ValueTally } from '../value-tally.ts';
import { loadData } from './data-object.ts';
import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import { EntryReader } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { chainOf, linkedEnd, valuesOf } from './index-chains.ts';
import { Span } from './span.ts';

/**
 * Counts all entries of a file by the values of a field, without reading them: a value's DATA object lists the entries it
 * is in. The last entries of a file being written, which the index may not know yet, are read.
 *
 * @param turn awaited after each value; false ends the counting
 * @returns `done`; `stopped` by `turn`; `unfit` when the index is damaged, or has more values than there is room for: going
 *   through the entries is then less work, and what was counted is void
 */
export async function countFromIndex(
  parts: FileParts,
  field: string,
  tally: ValueTally,
  turn: () => Promise<boolean>,
): Promise<'done' | 'stopped' | 'unfit'> {
  const { bytes, header, damage, entries, tables } = parts;
  const border = linkedEnd(parts);
  const count = entries.count;
  const span = new Span();
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  try {
    const { offsets, complete } = tables.findField(field);
    if (!complete) return 'unfit';
    for (const fieldOffset of offsets) {
      for (const offset of valuesOf(fieldOffset, parts)) {
        const linked = new EntryArrayCursor(chainOf(offset, parts)).indexAtOrAfter(border);
        if (linked > 0 && loadData(bytes, bytes, header.layout, damage, offset, span, view)) {
          tally.add(view.bytes.subarray(view.equals + 1, view.end), linked);
        }
        if (tally.isFull) return 'unfit';
        if (!(await turn())) return 'stopped';
      }
    }
  } catch (error) {
    if (error instanceof IndexDamage) return 'unfit';
    throw error;
  }
  const reader = new EntryReader(parts, bytes);
  const from = new EntryArrayCursor(entries).indexAtOrAfter(border);
  for (let index = from; index < count; index = entries.next(index)) {
    const offset = entries.at(index);
    if (offset !== 0 && reader.read(offset)) tally.count(reader);
  }
  return 'done';
}
