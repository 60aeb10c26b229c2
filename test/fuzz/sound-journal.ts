import { readFileSync, writeFileSync } from 'node:fs';
import type { FieldView } from '@clusterlog/node-agent/journal/entry';
import { JournalFile } from '@clusterlog/node-agent/journal/file/journal-file';
import { PageCache } from '@clusterlog/node-agent/journal/file/page-cache';
import { everything } from '@clusterlog/node-agent/journal/match';
import { cursorOf } from '../fixtures/entry-cursor.ts';
import { align, headerOffset, incompatibleFlag, objectType } from '../fixtures/journal-writer/format.ts';

/** An object of a journal file. */
export interface PlacedObject {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** An entry as it was before any damage. */
export interface SoundEntry {
  readonly offset: number;
  readonly size: number;
  readonly cursor: string;
  readonly seqnum: number;
  readonly realtime: number;
  readonly monotonic: number;
  readonly bootId: string;
  readonly xorHashHigh: number;
  readonly xorHashLow: number;
  /** Offsets of its DATA objects. */
  readonly items: readonly number[];
  /** `FIELD=value` of each item. */
  readonly payloads: readonly Buffer[];
  /** Where its slot in the file's own entry arrays lies. */
  readonly slot: number;
  /** How many arrays must be read to come to that slot. */
  readonly arraysBefore: number;
}

/** A small real journal, and all that is known of it while it is sound. */
export interface SoundJournal {
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
  readonly compact: boolean;
  readonly objects: readonly PlacedObject[];
  /** The objects of each type. */
  readonly byType: ReadonlyMap<number, readonly PlacedObject[]>;
  /** In the file's order. */
  readonly entries: readonly SoundEntry[];
  readonly byOffset: ReadonlyMap<number, SoundEntry>;
  readonly byCursor: ReadonlyMap<string, SoundEntry>;
  readonly seqnumId: string;
  /** The file's own chain of entry arrays. */
  readonly mainArrays: readonly PlacedObject[];
}

/** Reads the journal at `path`, cut down to what its writer has used. */
export async function soundJournal(name: string, path: string): Promise<SoundJournal> {
  const bytes = readFileSync(path);
  const compact = (bytes.readUInt32LE(headerOffset.incompatibleFlags) & incompatibleFlag.compact) !== 0;
  const objects = objectsOf(bytes);
  const byType = new Map<number, PlacedObject[]>();
  for (const object of objects) byType.set(object.type, [...(byType.get(object.type) ?? []), object]);
  const at = new Map(objects.map((object) => [object.offset, object]));

  const mainArrays: PlacedObject[] = [];
  const slots: { slot: number; arraysBefore: number }[] = [];
  const slotSize = compact ? 4 : 8;
  for (let next = wordAt(bytes, headerOffset.entryArrayOffset); next !== 0; next = wordAt(bytes, next + 16)) {
    const array = at.get(next);
    if (array === undefined) throw new Error(`${path}: no entry array at ${next}`);
    mainArrays.push(array);
    for (let slot = next + 24; slot + slotSize <= next + array.size; slot += slotSize) {
      slots.push({ slot, arraysBefore: mainArrays.length });
    }
  }

  const entries: SoundEntry[] = [];
  const file = JournalFile.open(path, new PageCache({ bytes: 512 * 1024 }));
  const walk = file.walk(everything);
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let entry = walk.peek('forward'); entry !== 'end'; entry = walk.peek('forward')) {
    if (entry === 'pending') {
      await walk.fill();
      continue;
    }
    const place = slots[entries.length];
    const object = at.get(entry.offset);
    if (place === undefined || object === undefined) throw new Error(`${path}: entry at ${entry.offset} has no place`);
    const items = [...entry.itemIds.subarray(0, entry.itemCount)];
    const payloads = items.map((_, index) => {
      if (!entry.load(index, view))
        throw new Error(`${path}: item ${index} of the entry at ${entry.offset} is damaged`);
      return Buffer.from(view.bytes.subarray(view.start, view.end));
    });
    const { offset, seqnum, realtime, monotonic, bootId, xorHashHigh, xorHashLow } = entry;
    const stamps = { seqnum, realtime, monotonic, bootId, xorHashHigh, xorHashLow };
    entries.push({ offset, size: object.size, cursor: cursorOf(entry), ...stamps, items, payloads, ...place });
    walk.advance('forward');
  }
  const { seqnumId } = file.header;
  walk.close();
  file.close();
  const byOffset = new Map(entries.map((entry) => [entry.offset, entry]));
  const byCursor = new Map(entries.map((entry) => [entry.cursor, entry]));
  return { name, path, bytes, compact, objects, byType, entries, byOffset, byCursor, seqnumId, mainArrays };
}

export function wordAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

/**
 * Cuts a file as journald does when it archives it: a mutation costs a copy, and most of the 8 MiB would be zeros.
 */
export function cutToTail(path: string): void {
  const bytes = readFileSync(path);
  const tail = wordAt(bytes, headerOffset.tailObjectOffset);
  const end = align(tail + wordAt(bytes, tail + 8));
  const cut = Buffer.from(bytes.subarray(0, end));
  cut.writeBigUInt64LE(BigInt(end - wordAt(bytes, headerOffset.headerSize)), headerOffset.arenaSize);
  writeFileSync(path, cut);
}

function objectsOf(bytes: Buffer): PlacedObject[] {
  const objects: PlacedObject[] = [];
  for (let offset = wordAt(bytes, headerOffset.headerSize); offset < bytes.length; ) {
    const type = bytes[offset] as number;
    const size = wordAt(bytes, offset + 8);
    if (type < objectType.data || type > 7 || size < 16) throw new Error(`no object at ${offset}: type ${type}`);
    objects.push({ type, offset, size });
    offset += align(size);
  }
  return objects;
}
