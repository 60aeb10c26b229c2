import { EntryArrayChain, IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import type { FileParts } from './file-parts.ts';
import { DataObject, FieldObject, ObjectType } from './layout.ts';
import type { Match } from './match.ts';
import { objectSize } from './object.ts';
import { emptyList, IntersectionList, type OffsetList, SplicedList, UnionList } from './offset-list.ts';
import { payloadOf } from './residual-match.ts';
import { Span } from './span.ts';
import { tooLarge } from './u64.ts';

/** More lists than this are not walked side by side: testing every entry is then as fast. */
const mostLists = 256;
/** A field with more distinct values is not looked up value by value. */
const mostValues = 64;

/**
 * Where to look for entries that may match: the file's index where it helps, which is the arrays of DATA objects, for
 * entries the index is sure to know, and the file's own array of entries for the rest.
 *
 * journald counts an entry before it links it into the arrays of its items, but finishes one entry before the next. So
 * the index is complete for all counted entries but the last, provided it is read after the count.
 *
 * @param everyEntry the file's own array
 * @returns a list of every matching entry and some others. Stepping through it can raise {@link IndexDamage}
 */
export function planMatch(match: Match, parts: FileParts, everyEntry: OffsetList): OffsetList {
  const border = linkedEnd(parts);
  if (border === 0) return everyEntry;
  const list = indexed(match, parts);
  return list === undefined ? everyEntry : new SplicedList(list, everyEntry, border);
}

/** Offset of the first entry the index may not know yet; 0 if it is of no use. */
export function linkedEnd(parts: FileParts): number {
  const { entries, header, bytes } = parts;
  if (header.state === 'archived') return bytes.arenaEnd;
  for (let index = entries.count - 1; index > 0; index--) {
    const offset = entries.at(index);
    if (offset !== 0) return offset;
  }
  return 0;
}

/** Undefined where the index is no help. */
function indexed(match: Match, parts: FileParts): OffsetList | undefined {
  switch (match.kind) {
    case 'nothing':
      return emptyList;
    case 'equals':
      return indexedValues(match.field, match.values, parts);
    case 'present':
      return indexedField(match.field, parts);
    case 'or': {
      const lists: OffsetList[] = [];
      for (const term of match.terms) {
        const list = indexed(term, parts);
        if (list === undefined) return undefined;
        lists.push(list);
      }
      return union(lists);
    }
    case 'and':
      return intersection(
        match.terms.map((term) => indexed(term, parts)).filter((list) => list !== undefined),
        parts,
      );
    default:
      return undefined;
  }
}

function union(lists: readonly OffsetList[]): OffsetList | undefined {
  const telling = lists.filter((list) => list !== emptyList);
  if (telling.length > mostLists) return undefined;
  return telling.length > 1 ? new UnionList(telling) : (telling[0] ?? emptyList);
}

/** A list with most of the entries in it rules out too few to be worth asking. */
function intersection(lists: OffsetList[], parts: FileParts): OffsetList | undefined {
  const [shortest, ...others] = lists.sort((one, other) => one.estimate - other.estimate);
  if (shortest === undefined || shortest === emptyList) return shortest;
  const selective = others.filter((list) => list.estimate < parts.entries.count / 2);
  return selective.length === 0 ? shortest : new IntersectionList([shortest, ...selective]);
}

function indexedValues(field: string, values: readonly Buffer[], parts: FileParts): OffsetList | undefined {
  const lists: OffsetList[] = [];
  for (const value of values) {
    const { offsets, complete } = parts.tables.findData(payloadOf(field, value));
    if (!complete) return undefined;
    for (const offset of offsets) lists.push(entriesWith(offset, parts));
  }
  return union(lists);
}

function indexedField(field: string, parts: FileParts): OffsetList | undefined {
  const { offsets, complete } = parts.tables.findField(field);
  if (!complete) return undefined;
  const lists: OffsetList[] = [];
  for (const fieldOffset of offsets) {
    for (const offset of valuesOf(fieldOffset, parts)) {
      if (lists.length === mostValues) return undefined;
      lists.push(entriesWith(offset, parts));
    }
  }
  return union(lists);
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
  const sound = count === 0 || (count !== tooLarge && first > 0 && (first & 7) === 0 && arrays !== tooLarge);
  if (!sound) throw new IndexDamage(`${bytes.path}: the DATA object at ${dataOffset} does not say where it occurs`);
  return new EntryArrayChain(bytes, header.layout, { first, arrays, count });
}

function entriesWith(dataOffset: number, parts: FileParts): OffsetList {
  const chain = chainOf(dataOffset, parts);
  return chain.count === 0 ? emptyList : new EntryArrayCursor(chain);
}
