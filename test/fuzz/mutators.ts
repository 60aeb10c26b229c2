import { headerOffset, objectType } from '../fixtures/journal-writer/format.ts';
import type { Random } from '../fixtures/random.ts';
import { type PlacedObject, type SoundJournal, wordAt } from './sound-journal.ts';

/** Does damage to a copy of a journal; gives what is left of it where it is cut. */
type Mutator = (bytes: Buffer, journal: SoundJournal, random: Random) => Buffer | undefined;

export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
}

const structured = [objectType.data, objectType.field, objectType.entry, objectType.entryArray];

/** An object of any type, none of them drowned by the many DATA objects. */
function anyObject(journal: SoundJournal, random: Random): PlacedObject {
  return objectOf(journal, random, random.pick(structured));
}

function objectOf(journal: SoundJournal, random: Random, type: number): PlacedObject {
  return random.pick(journal.byType.get(type) ?? journal.objects);
}

/** A place in the file: anywhere, or where structure is. */
function anyPlace(bytes: Buffer, journal: SoundJournal, random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(bytes.length);
    case 1:
      return random.below(272);
    default:
      return Math.min(anyObject(journal, random).offset + random.below(80), bytes.length - 1);
  }
}

/** Where the words lie that hold offsets of other objects. */
function linkIn(journal: SoundJournal, random: Random): number {
  switch (random.below(7)) {
    case 0:
      return objectOf(journal, random, objectType.entryArray).offset + 16;
    case 1:
      return (random.pick(journal.mainArrays) as PlacedObject).offset + 16;
    case 2:
      return objectOf(journal, random, objectType.data).offset + random.pick([24, 32, 40, 48]);
    case 3:
      return objectOf(journal, random, objectType.field).offset + random.pick([24, 32]);
    case 4:
      return bucketIn(journal, random);
    case 5:
      return random.pick([
        headerOffset.dataHashTableOffset,
        headerOffset.fieldHashTableOffset,
        headerOffset.tailObjectOffset,
        headerOffset.entryArrayOffset,
      ]);
    default:
      return slotIn(journal, random);
  }
}

function bucketIn(journal: SoundJournal, random: Random): number {
  const table = objectOf(journal, random, random.pick([objectType.dataHashTable, objectType.fieldHashTable]));
  const used: number[] = [];
  for (let bucket = table.offset + 16; bucket + 16 <= table.offset + table.size; bucket += 16) {
    if (journal.bytes.readBigUInt64LE(bucket) !== 0n) used.push(bucket);
  }
  return random.pick(used.length > 0 ? used : [table.offset + 16]) + random.pick([0, 0, 0, 8]);
}

/** A slot of any entry array, at a multiple of eight bytes. */
function slotIn(journal: SoundJournal, random: Random): number {
  const array =
    random.below(2) === 0 ? random.pick(journal.mainArrays) : objectOf(journal, random, objectType.entryArray);
  return array.offset + 24 + 8 * random.below(Math.floor((array.size - 24) / 8));
}

function putOffset(bytes: Buffer, at: number, value: number, short: boolean): void {
  if (short) bytes.writeUInt32LE(Math.min(value, 0xffff_ffff), Math.min(at, bytes.length - 4));
  else bytes.writeBigUInt64LE(BigInt(value), Math.min(at, bytes.length - 8));
}

/** Numbers that have broken readers of binary formats before. */
function forgedNumber(random: Random, sound: number, fileSize: number): bigint {
  const size = BigInt(fileSize);
  const near = BigInt(sound) + BigInt(random.below(33) - 16);
  return BigInt.asUintN(
    64,
    random.pick([
      ...[0n, 1n, 7n, 8n, 15n, 16n, 17n, 63n, 64n, 65n],
      ...[near, near, BigInt(sound) * 2n, BigInt(random.below(fileSize))],
      ...[size - 1n, size, size + 1n, 0x7fff_ffffn, 0xffff_ffffn, 0x1_0000_0000n],
      ...[(1n << 53n) - 1n, 1n << 53n, 1n << 60n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 8n, (1n << 64n) - 1n],
    ]),
  );
}

/** In a compact file the offsets in entries and entry arrays have 32 bits. */
function isShort(journal: SoundJournal, at: number): boolean {
  if (!journal.compact) return false;
  return journal.objects.some(
    ({ type, offset, size }) =>
      at < offset + size &&
      ((type === objectType.entryArray && at >= offset + 24) || (type === objectType.entry && at >= offset + 64)),
  );
}

const mutators: Record<string, Mutator> = {
  'bit flips': (bytes, journal, random) => {
    for (let flips = 1 + random.below(8); flips > 0; flips--) {
      const at = anyPlace(bytes, journal, random);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    return undefined;
  },
  'bytes overwritten': (bytes, journal, random) => {
    const from = anyPlace(bytes, journal, random);
    const to = Math.min(bytes.length, from + 1 + random.below(random.pick([4, 16, 256])));
    for (let at = from; at < to; at++) bytes[at] = random.below(256);
    return undefined;
  },
  'cut off': (bytes, journal, random) => {
    const length = random.below(6) === 0 ? random.below(300) : anyPlace(bytes, journal, random);
    return bytes.subarray(0, length);
  },
  'zero tail': (bytes, journal, random) => {
    bytes.fill(0, anyPlace(bytes, journal, random));
    return undefined;
  },
  'zero hole': (bytes, _journal, random) => {
    const page = random.below(2) === 0 ? 4096 : 1;
    const from = Math.floor(random.below(bytes.length) / page) * page;
    bytes.fill(0, from, Math.min(bytes.length, from + page * (1 + random.below(random.pick([64, 4096])))));
    return undefined;
  },
  'looping link': (bytes, journal, random) => {
    const at = linkIn(journal, random);
    const owner = journal.objects.findLast(({ offset }) => offset <= at);
    const sameType = objectOf(journal, random, owner?.type ?? objectType.data).offset;
    const earlier = objectOf(journal, random, owner?.type ?? objectType.data).offset;
    const target = random.pick([
      owner?.offset ?? 0,
      sameType,
      Math.min(earlier, at),
      anyObject(journal, random).offset,
    ]);
    putOffset(bytes, at, target, isShort(journal, at));
    return undefined;
  },
  'misaligned offset': (bytes, journal, random) => {
    const at = linkIn(journal, random);
    if (isShort(journal, at)) bytes.writeUInt32LE((bytes.readUInt32LE(at) + 1 + random.below(7)) >>> 0, at);
    else bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + BigInt(1 + random.below(7)), at);
    return undefined;
  },
  'forged link': (bytes, journal, random) => {
    const at = linkIn(journal, random);
    if (isShort(journal, at)) {
      bytes.writeUInt32LE(Number(forgedNumber(random, bytes.readUInt32LE(at), bytes.length) & 0xffff_ffffn), at);
    } else {
      bytes.writeBigUInt64LE(forgedNumber(random, wordAt(bytes, at), bytes.length), at);
    }
    return undefined;
  },
  'forged size': (bytes, journal, random) => {
    const { offset, size } = anyObject(journal, random);
    bytes.writeBigUInt64LE(forgedNumber(random, size, bytes.length), offset + 8);
    return undefined;
  },
  'forged count': (bytes, journal, random) => {
    const at =
      random.below(2) === 0
        ? objectOf(journal, random, objectType.data).offset + 56
        : random.pick([headerOffset.entryCount, headerOffset.objectCount, headerOffset.dataCount]);
    bytes.writeBigUInt64LE(forgedNumber(random, wordAt(bytes, at), bytes.length), at);
    return undefined;
  },
  'forged entry': (bytes, journal, random) => {
    const { offset, size } = objectOf(journal, random, objectType.entry);
    const at = offset + random.pick([16, 24, 32, 40, 56, 64]);
    if (at < offset + 64) bytes.writeBigUInt64LE(forgedNumber(random, wordAt(bytes, at), bytes.length), at);
    else {
      const item = offset + 64 + (journal.compact ? 4 : 16) * random.below((size - 64) / (journal.compact ? 4 : 16));
      putOffset(bytes, item, anyObject(journal, random).offset + random.pick([0, 0, 0, 8, 4]), journal.compact);
    }
    return undefined;
  },
  'wrong slot': (bytes, journal, random) => {
    const at = slotIn(journal, random);
    const target = random.below(3) === 0 ? anyObject(journal, random).offset : random.pick(journal.entries).offset;
    putOffset(bytes, at, target, journal.compact);
    return undefined;
  },
  'wrong type': (bytes, journal, random) => {
    bytes[anyObject(journal, random).offset] = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
    return undefined;
  },
  'wrong flags': (bytes, journal, random) => {
    bytes[objectOf(journal, random, objectType.data).offset + 1] = random.pick([1, 2, 3, 4, 7, 8, 255]);
    return undefined;
  },
  'damaged payload': (bytes, journal, random) => {
    const data = journal.byType.get(objectType.data) ?? [];
    const compressed = data.filter(({ offset }) => journal.bytes[offset + 1] !== 0);
    const { offset, size } = random.pick(compressed.length > 0 && random.below(2) === 0 ? compressed : data);
    const header = journal.compact ? 72 : 64;
    for (let left = 1 + random.below(8); left > 0; left--) {
      bytes[offset + header + random.below(size - header)] = random.below(256);
    }
    return undefined;
  },
  'objects swapped': (bytes, journal, random) => {
    const one = anyObject(journal, random);
    const alike = (journal.byType.get(one.type) ?? []).filter(({ size }) => size === one.size);
    const other = random.pick(random.below(3) === 0 ? journal.objects : alike);
    const length = Math.min(one.size, other.size);
    journal.bytes.copy(bytes, one.offset, other.offset, other.offset + length);
    journal.bytes.copy(bytes, other.offset, one.offset, one.offset + length);
    return undefined;
  },
  'block misplaced': (bytes, journal, random) => {
    const blocks = Math.max(1, Math.floor(bytes.length / 4096));
    const [from, to] = [random.below(blocks) * 4096, random.below(blocks) * 4096];
    journal.bytes.copy(bytes, to, from, Math.min(from + 4096, bytes.length - Math.max(0, to - from)));
    return undefined;
  },
  'forged header': (bytes, _journal, random) => {
    for (let words = 1 + random.below(3); words > 0; words--) {
      const at = 88 + 8 * random.below(22);
      bytes.writeBigUInt64LE(forgedNumber(random, wordAt(bytes, at), bytes.length), at);
    }
    return undefined;
  },
  'wrong header flags': (bytes, _journal, random) => {
    const at = random.pick([8, 12, 12, 16]);
    bytes[at] = at === 16 ? random.pick([0, 1, 2, 3, 255]) : (bytes[at] as number) ^ (1 << random.below(8));
    return undefined;
  },
};

const names = Object.keys(mutators);

/** The journal with some damage, one kind mostly, three at most. */
export function mutate(journal: SoundJournal, random: Random): Mutation {
  const used: string[] = [];
  let bytes: Buffer = Buffer.from(journal.bytes);
  for (let kinds = random.pick([1, 1, 1, 1, 2, 3]); kinds > 0; kinds--) {
    const name = random.pick(names);
    // What others do to a file that has been cut lies mostly past its end.
    if (bytes.length < journal.bytes.length) break;
    bytes = mutators[name]?.(bytes, journal, random) ?? bytes;
    used.push(name);
  }
  return { name: used.join(' + '), bytes };
}
