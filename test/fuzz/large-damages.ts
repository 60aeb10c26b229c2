import { headerOffset, objectType } from '../fixtures/journal-writer/format.ts';
import { wordAt } from './sound-journal.ts';

/** Does damage to a copy of a large journal; gives what is left of it where it is cut. */
export type LargeDamage = (bytes: Buffer) => Buffer | undefined;

/** Damage that is cheap to do and dear to read, each of a kind that once held the reader up. */
export const largeDamages: Record<string, LargeDamage> = {
  none: () => undefined,
  'cut in half': (bytes) => bytes.subarray(0, half(bytes)),
  'second half zeros': (bytes) => void bytes.fill(0, half(bytes)),
  'a quarter zeros': (bytes) => void bytes.fill(0, half(bytes), Math.floor(half(bytes) * 1.5)),
  'no chain of entry arrays': (bytes) => void bytes.writeBigUInt64LE(0n, headerOffset.entryArrayOffset),
  'last entry array zeros': (bytes) => void zeroSlots(bytes),
  'last entry array and its entries zeros': (bytes) => {
    zeroSlots(bytes);
    bytes.fill(0, half(bytes), Math.floor(half(bytes) * 1.5));
  },
  'last entry array backward': (bytes) => {
    const { from, to } = lastSlots(bytes);
    const slots = Array.from({ length: (to - from) / 8 }, (_, slot) => bytes.readBigUInt64LE(from + 8 * slot));
    for (const [slot, offset] of slots.reverse().entries()) bytes.writeBigUInt64LE(offset, from + 8 * slot);
  },
  'every other page of it noise': (bytes) => {
    const { from, to } = lastSlots(bytes);
    for (let page = Math.ceil(from / 4096) * 4096; page + 4096 < to; page += 8192) bytes.fill(0x55, page, page + 4096);
  },
  '32 TiB promised': (bytes) => {
    bytes.writeBigUInt64LE(1n << 45n, headerOffset.arenaSize);
    bytes.writeBigUInt64LE(1n << 40n, headerOffset.entryCount);
    bytes.writeBigUInt64LE(1n << 44n, lastSlots(bytes).from - 16);
  },
  'entries of another type': (bytes) => void retype(bytes, objectType.entry),
  'data of another type': (bytes) => void retype(bytes, objectType.data),
  'nothing but entry arrays of one slot': (bytes) => {
    const start = wordAt(bytes, headerOffset.dataHashTableOffset) + wordAt(bytes, headerOffset.dataHashTableSize);
    const first = Math.ceil(start / 32) * 32;
    for (let offset = first; offset + 32 <= bytes.length; offset += 32) {
      bytes.fill(0, offset, offset + 32);
      bytes[offset] = objectType.entryArray;
      bytes.writeBigUInt64LE(32n, offset + 8);
      bytes.writeBigUInt64LE(BigInt(offset + 32), offset + 16);
      bytes.writeBigUInt64LE(BigInt(offset), offset + 24);
    }
    bytes.writeBigUInt64LE(BigInt(first), headerOffset.entryArrayOffset);
  },
  'all values in one hash chain': (bytes) => {
    const values = objectsOf(bytes, objectType.data);
    for (const [index, offset] of values.entries()) bytes.writeBigUInt64LE(BigInt(values[index + 1] ?? 0), offset + 24);
    const table = wordAt(bytes, headerOffset.dataHashTableOffset);
    const end = table + wordAt(bytes, headerOffset.dataHashTableSize);
    for (let bucket = table; bucket < end; bucket += 16) bytes.writeBigUInt64LE(BigInt(values[0] ?? 0), bucket);
  },
};

function half(bytes: Buffer): number {
  return Math.floor(bytes.length / 2);
}

/** Where the slots of the file's last entry array lie. */
function lastSlots(bytes: Buffer): { from: number; to: number } {
  let array = wordAt(bytes, headerOffset.entryArrayOffset);
  for (let next = array; next !== 0; next = wordAt(bytes, array + 16)) array = next;
  return { from: array + 24, to: array + wordAt(bytes, array + 8) };
}

function zeroSlots(bytes: Buffer): void {
  const { from, to } = lastSlots(bytes);
  bytes.fill(0, from, to);
}

function objectsOf(bytes: Buffer, type: number): number[] {
  const offsets: number[] = [];
  for (let offset = wordAt(bytes, headerOffset.headerSize); offset + 16 <= bytes.length; ) {
    const size = wordAt(bytes, offset + 8);
    if (size < 16) break;
    if (bytes[offset] === type) offsets.push(offset);
    offset += Math.ceil(size / 8) * 8;
  }
  return offsets;
}

function retype(bytes: Buffer, type: number): void {
  for (const offset of objectsOf(bytes, type)) bytes[offset] = 9;
}
