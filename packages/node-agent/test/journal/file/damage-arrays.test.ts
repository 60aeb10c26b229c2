import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { ObjectType } from '../../../src/journal/file/layout.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { boots, manyEntries } from '../many-fields.ts';
import { mainArrays, objectsOf } from '../placed-objects.ts';
import { copyEntry, readAll } from '../read-entries.ts';
import { readWalk } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

// What mutated journals taught (test/fuzz): each of these once lost entries that were there.

const directory = testDirectory();
const cache = new PageCache({ bytes: 1024 * 1024 });
const count = 4000;
const journal = writeJournal(count);
const arrays = mainArrays(journal);
const entries = objectsOf(journal).filter(({ type }) => type === ObjectType.entry);
const seqnums = entries.map((_, index) => index + 1);

function writeJournal(size: number): Buffer {
  const path = join(directory, 'sound.journal');
  const fileId = 'f1'.repeat(16);
  const writer = new JournalWriter({ path, machineId: 'a0'.repeat(16), fileId, compact: false, bulk: true });
  for (const entry of manyEntries(size, 9)) writer.append(entry);
  writer.close();
  return readFileSync(path);
}

/** Where slot `slot` of the `array`th array lies; from the end when negative. */
function slotAt(array: number, slot: number): number {
  const offset = arrays[array] as number;
  const slots = (Number(journal.readBigUInt64LE(offset + 8)) - 24) / 8;
  return offset + 24 + 8 * (slot < 0 ? slots + slot : slot);
}

function offsetOf(index: number): bigint {
  return BigInt(entries[index]?.offset ?? 0);
}

function damaged(damage: (bytes: Buffer) => void): JournalFile {
  const bytes = Buffer.from(journal);
  damage(bytes);
  const path = join(directory, 'damaged.journal');
  writeFileSync(path, bytes);
  return JournalFile.open(path, cache);
}

/** Seqnums read forward; backward gives the same. */
async function read(file: JournalFile): Promise<number[]> {
  const walk = file.walk(everything);
  const forward = await readAll(walk, 'forward', ({ seqnum }) => seqnum);
  const backward = await readAll(walk, 'backward', ({ seqnum }) => seqnum);
  expect(backward.reverse()).toEqual(forward);
  walk.close();
  return forward;
}

it.each<[string, (bytes: Buffer) => unknown]>([
  ['a slot that repeats the one before', (bytes) => bytes.writeBigUInt64LE(offsetOf(30), slotAt(2, 31 - 12))],
  ['a first slot that names a later entry', (bytes) => bytes.writeBigUInt64LE(offsetOf(900), slotAt(0, 0))],
  ['an array whose first slot names an earlier entry', (bytes) => bytes.writeBigUInt64LE(offsetOf(0), slotAt(4, 0))],
  ['an array whose first slot names a later entry', (bytes) => bytes.writeBigUInt64LE(offsetOf(3999), slotAt(4, 0))],
  ['an array whose last slot names a later entry', (bytes) => bytes.writeBigUInt64LE(offsetOf(3999), slotAt(4, -1))],
  ['a first array said to be larger than it is', (bytes) => bytes.writeBigUInt64LE(568n, (arrays[0] as number) + 8)],
  ['a slot that names no entry', (bytes) => bytes.writeBigUInt64LE(offsetOf(200) - 8n, slotAt(5, 7))],
  ['a count of entries that no file can have', (bytes) => bytes.writeBigUInt64LE(1n << 60n, 152)],
])('delivers every entry despite %s', async (_, damage) => {
  const file = damaged(damage);
  expect(await read(file)).toEqual(seqnums);
  expect(file.entryCount).toBeGreaterThanOrEqual(count);
  file.close();
});

it('does not follow the chain of entry arrays into the arrays of a field', async () => {
  const main = new Set(arrays);
  const foreign = objectsOf(journal).filter(({ type, offset }) => type === ObjectType.entryArray && !main.has(offset));
  for (const from of [2, 4, 6]) {
    const after = arrays[from] as number;
    const targets = foreign.filter(({ offset }) => offset > after);
    for (const target of [targets[0], targets[40], targets.at(-1)]) {
      const file = damaged((bytes) => bytes.writeBigUInt64LE(BigInt(target?.offset ?? 0), after + 16));
      expect(await read(file)).toEqual(seqnums);
      expect(file.damage.arrays).toBeGreaterThan(0);
      file.close();
    }
  }
});

it('delivers every entry although a page of the entry arrays was written to a wrong place', async () => {
  const last = arrays.at(-1) as number;
  const page = Math.ceil((last + 24) / 4096) * 4096;
  const before = arrays.at(-2) as number;
  const other = Math.ceil((before + 24) / 4096) * 4096;
  for (const [to, from] of [
    [page, page + 4096],
    [page + 4096, page],
    [page, other],
  ] as const) {
    const file = damaged((bytes) => journal.copy(bytes, to, from, from + 4096));
    expect(await read(file)).toEqual(seqnums);
    file.close();
  }
});

it('delivers entries beside a wrong slot although no object between them can be read', async () => {
  const [, , hole] = entries.slice(400, 500);
  const file = damaged((bytes) => {
    bytes.writeBigUInt64LE(offsetOf(3000), slotAt(4, 0));
    bytes.fill(0, (hole?.offset ?? 0) + 144, (hole?.offset ?? 0) + 400);
  });
  const found = await read(file);
  expect(found.length).toBeGreaterThanOrEqual(count - 3);
  file.close();
});

it('reads a log from its head when the first slot names a later entry', async () => {
  const bytes = Buffer.from(journal);
  bytes.writeBigUInt64LE(offsetOf(900), slotAt(0, 0));
  const own = join(directory, 'log');
  new JournalWriter({ path: join(own, 'system.journal'), machineId: 'a0'.repeat(16) }).close();
  writeFileSync(join(own, 'system.journal'), bytes);
  const source = await openJournal({ directories: [own] });
  const walk = source.walk(everything);
  await walk.seekHead();
  expect(await readWalk(walk, 'forward', count + 1, ({ seqnum }) => seqnum)).toEqual(seqnums);
  await source.close();
});

it('finds entries without arrays in slices, and all at once for who does not wait', () => {
  const cutChain = (bytes: Buffer): unknown => bytes.writeBigUInt64LE(0n, 176);
  const file = damaged(cutChain);
  while (!file.recover());
  expect(file.entryCount).toBe(count);
  expect(file.entryAt(count - 1)?.seqnum).toBe(count);
  file.close();

  const asked = damaged(cutChain);
  expect(asked.entryAt(count - 1)?.seqnum).toBe(count);
  expect(asked.recover()).toBe(true);
  asked.close();
});

it('believes in no more space than the file has', async () => {
  const file = damaged((bytes) => {
    bytes.writeBigUInt64LE(1n << 45n, 96);
    bytes.writeBigUInt64LE(1n << 40n, 152);
    bytes.writeBigUInt64LE(1n << 44n, (arrays.at(-1) as number) + 8);
  });
  expect(file.header.arenaEnd).toBe(journal.length);
  const walk = file.walk(everything);
  expect((await readAll(walk, 'forward', ({ seqnum }) => seqnum)).length).toBeGreaterThan(count * 0.9);
  walk.close();
  file.close();
});

it('counts an object met as an entry and as a field as both', async () => {
  const data = objectsOf(journal).find(({ type, offset }) => type === ObjectType.data && offset > 400_000);
  const file = damaged((bytes) => {
    bytes.writeUInt8(ObjectType.entry, data?.offset ?? 0);
    bytes.writeBigUInt64LE(0n, 176);
  });
  const walk = file.walk(everything);
  const read = await readAll(walk, 'forward', copyEntry);
  expect(read.some(({ lost }) => lost > 0)).toBe(true);
  expect(file.damage.data).toBe(1);
  walk.close();
  file.close();
});

it('delivers entries behind damage to chain and objects by what their boots list', async () => {
  const broken = entries[1000]?.offset ?? 0;
  const file = damaged((bytes) => {
    bytes.writeBigUInt64LE(0n, 176);
    bytes.fill(0xff, broken, broken + 16);
  });
  const found = await read(file);
  expect(found).toEqual(seqnums.filter((seqnum) => seqnum !== 1001));
  expect(file.entryAt(3999)?.seqnum).toBe(4000);
  expect(file.damage.arrays).toBeGreaterThan(0);
  file.close();
});

it('follows the chain behind an array that ends in noise although neither objects nor boots tell', async () => {
  const broken = entries[1200]?.offset ?? 0;
  const file = damaged((bytes) => {
    for (let slot = 1; slot <= 40; slot++) bytes.writeBigUInt64LE(offsetOf(400 - slot), slotAt(5, -slot));
    for (const boot of boots) bytes.writeBigUInt64LE(8n, journal.indexOf(`_BOOT_ID=${boot}`) - 64 + 48);
    bytes.fill(0xff, broken, broken + 16);
  });
  const walk = file.walk(everything);
  const found = await readAll(walk, 'forward', ({ seqnum }) => seqnum);
  expect(found.slice(-2799)).toEqual(seqnums.slice(1201));
  walk.close();
  file.close();
});

it('finds where the entries of a boot lie although its DATA object does not tell', async () => {
  const data = journal.indexOf(`_BOOT_ID=${boots[1]}`) - 64;
  const file = damaged((bytes) => bytes.writeBigUInt64LE(8n, data + 40));
  while (!file.prepareBoot(boots[1]));
  expect(file.bisectBoot(boots[1], () => true)).toBe(2000);
  expect(file.bisectBoot(boots[1], ({ seqnum }) => seqnum >= 3000)).toBe(2999);
  expect(file.bisectBoot(boots[1], () => false)).toBe(4000);
  expect(file.bisectBoot(boots[0], ({ seqnum }) => seqnum >= 1500)).toBe(1499);
  file.close();
});

it('follows no chain of more entry arrays than any file can have', async () => {
  const from = 1_000_000;
  const file = damaged((bytes) => {
    for (let offset = from; offset < 2_000_000; offset += 32) {
      bytes.fill(0, offset, offset + 32);
      bytes.writeUInt8(ObjectType.entryArray, offset);
      bytes.writeBigUInt64LE(32n, offset + 8);
      bytes.writeBigUInt64LE(BigInt(offset + 32), offset + 16);
      bytes.writeBigUInt64LE(offsetOf(0) + BigInt(offset - from), offset + 24);
    }
    bytes.writeBigUInt64LE(BigInt(from), 176);
  });
  const before = cache.reads;
  file.entryAt(1000);
  while (!file.recover());
  expect(cache.reads - before).toBeLessThan((3 * journal.length) / 4096);
  file.close();
});

it('leaves out fields larger than wanted', () => {
  const path = join(directory, 'large-field.journal');
  const writer = new JournalWriter({ path, machineId: 'a0'.repeat(16), compression: 'none', bulk: true });
  const message = 'x'.repeat(1_000_000);
  writer.append({
    realtime: 1,
    monotonic: 1,
    bootId: boots[0],
    fields: [
      ['MESSAGE', message],
      ['PRIORITY', '6'],
    ],
  });
  writer.close();
  const loaded = (largestField: number): number => {
    const file = JournalFile.open(path, new PageCache({ bytes: 65_536, largestField }));
    const entry = file.entryAt(0);
    const view = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
    const items = Array.from({ length: entry?.itemCount ?? 0 }, (_, index) => entry?.load(index, view) === true);
    file.close();
    return items.filter(Boolean).length;
  };
  expect(loaded(1_000_008)).toBe(3);
  expect(loaded(1_000_007)).toBe(2);
});

it('takes no memory for a field that is said to be larger than the file', () => {
  const data = objectsOf(journal).find(({ type }) => type === ObjectType.data);
  const file = damaged((bytes) => {
    bytes.writeBigUInt64LE(1n << 40n, 96);
    bytes.writeBigUInt64LE(60n << 20n, (data?.offset ?? 0) + 8);
  });
  const { external } = process.memoryUsage();
  const entry = file.entryAt(0);
  const view = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  let lost = 0;
  for (let index = 0; index < (entry?.itemCount ?? 0); index++) if (entry?.load(index, view) === false) lost += 1;
  expect(lost).toBe(1);
  expect(process.memoryUsage().external - external).toBeLessThan(16 << 20);
  file.close();
});
