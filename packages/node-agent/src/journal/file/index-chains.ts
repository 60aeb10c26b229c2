import { EntryArrayChain, IndexDamage } from './entry-array.ts';
import type { FileParts } from './file-parts.ts';
import { DataObject, EntryObject, FieldObject, ObjectType } from './layout.ts';
import { objectSize } from './object.ts';
import { Span } from './span.ts';
import { tooLarge } from './u64.ts';

/** Offset of the first entry the index may not know yet; 0 if it is of no use. */
export function linkedEnd(parts: FileParts): number {
  const { entries, header, bytes } = parts;
  if (header.state === 'archived') return bytes.arenaEnd;
  for (let index = entries.count - 1; index > 0; index = entries.previous(index)) {
    const offset = entries.at(index);
    if (offset !== 0) return offset;
  }
  return 0;
}

/**
 * The DATA objects of a FIELD object, newest first.
 *
 * @throws IndexDamage where the chain is damaged, so that there may be more
 */
export function* valuesOf(fieldOffset: number, parts: FileParts): Generator<number> {
  const { bytes, header } = parts;
  const least = header.layout.dataPayload + 1;
  const span = new Span();
  let previous = Number.POSITIVE_INFINITY;
  let offset = bytes.word(fieldOffset + FieldObject.headDataOffset);
  while (offset !== 0) {
    // New values go to the head of the chain, so offsets fall along it; this keeps it from being a ring.
    const size = offset < previous ? objectSize(bytes, bytes, offset, ObjectType.data, least, span) : 0;
    if (size === 0) throw new IndexDamage(`${bytes.path}: the chain of values of a field breaks at offset ${offset}`);
    yield offset;
    previous = offset;
    offset = bytes.word(offset + DataObject.nextFieldOffset);
  }
}

/**
 * The entries a DATA object occurs in, as far as they are linked.
 *
 * @throws IndexDamage
 */
export function chainOf(dataOffset: number, parts: FileParts): EntryArrayChain {
  const { bytes, header } = parts;
  const count = bytes.word(dataOffset + DataObject.entryCount);
  const first = bytes.word(dataOffset + DataObject.entryOffset);
  const arrays = bytes.word(dataOffset + DataObject.entryArrayOffset);
  const sound = count === 0 || (count !== tooLarge && bytes.canHold(first, EntryObject.items) && arrays !== tooLarge);
  if (!sound) throw new IndexDamage(`${bytes.path}: the DATA object at ${dataOffset} does not say where it occurs`);
  return new EntryArrayChain(bytes, header.layout, { first, arrays, count });
}
