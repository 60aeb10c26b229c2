import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { JournalFileError } from '../../../src/journal/file/journal-file-error.ts';
import { ObjectType } from '../../../src/journal/file/layout.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { and, equals, everything, type Match, not, present } from '../../../src/journal/match.ts';
import { manyEntries } from '../many-fields.ts';
import { mainArrays, objectsOf, type Placed } from '../placed-objects.ts';
import { copyEntry, type ReadEntry, readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
const cache = new PageCache({ bytes: 512 * 1024 });
const entries = manyEntries(500, 5);
const sound = { regular: writeJournal(false), compact: writeJournal(true) };

function writeJournal(compact: boolean): Buffer {
  const path = join(directory, `sound-${compact}.journal`);
  const writer = new JournalWriter({
    path,
    machineId: '0123456789abcdef0123456789abcdef',
    fileId: 'f1'.repeat(16),
    compact,
    dataHashTableBuckets: 16,
    allocationStep: 64 * 1024,
    bulk: true,
  });
  for (const entry of entries) writer.append(entry);
  writer.close();
  return readFileSync(path);
}

/** Opens a copy of a sound journal with something done to it. */
function damaged(journal: Buffer, damage: (bytes: Buffer) => void): JournalFile {
  const bytes = Buffer.from(journal);
  damage(bytes);
  const path = join(directory, 'damaged.journal');
  writeFileSync(path, bytes);
  return JournalFile.open(path, cache);
}

async function read(file: JournalFile, match: Match): Promise<ReadEntry[]> {
  const walk = file.walk(match);
  const forward = await readAll(walk, 'forward', copyEntry);
  const backward = await readAll(walk, 'backward', copyEntry);
  expect(backward.reverse()).toEqual(forward);
  walk.close();
  return forward;
}

const messagesOf = (found: readonly ReadEntry[]): (string | undefined)[] =>
  found.map(({ fields }) => fields.find((field) => field.startsWith('MESSAGE='))?.slice(8));
const messages = entries.map(({ fields }) => fields.find(([name]) => name === 'MESSAGE')?.[1]);
const messagesOfTask3 = entries
  .filter(({ fields }) => fields.some(([name, value]) => name === 'EXECUTOR_ID' && value === 'task-3'))
  .map(({ fields }) => fields.find(([name]) => name === 'MESSAGE')?.[1]);
const task3 = equals('EXECUTOR_ID', 'task-3');

function dataOf(journal: Buffer, payload: string): Placed {
  const found = objectsOf(journal).find(
    ({ type, offset, size }) =>
      type === ObjectType.data &&
      journal
        .subarray(offset, offset + size)
        .toString('latin1')
        .endsWith(payload),
  );
  if (found === undefined) throw new Error(`no DATA object ${payload}`);
  return found;
}

it('delivers an entry without its damaged field', async () => {
  const { offset } = dataOf(sound.compact, `MESSAGE=${messages[77]}`);
  const file = damaged(sound.compact, (bytes) => bytes.writeUInt8(ObjectType.tag, offset));
  const found = await read(file, everything);
  expect(found).toHaveLength(500);
  expect(messagesOf(found)).toEqual(messages.with(77, undefined as never));
  expect(found[77]?.lost).toBe(1);
  expect(file.damage).toMatchObject({ data: 1, entries: 0, arrays: 0 });
  file.close();
});

it('delivers an entry without a field whose compression is damaged', async () => {
  const index = entries.findIndex(({ fields }) => fields.some(([name]) => name === 'BIG'));
  const big = objectsOf(sound.regular).find(
    ({ type, offset }) => type === ObjectType.data && (sound.regular[offset + 1] as number) !== 0,
  );
  const file = damaged(sound.regular, (bytes) => bytes.fill(0xff, (big?.offset ?? 0) + 70, (big?.offset ?? 0) + 80));
  const found = await read(file, everything);
  expect(found).toHaveLength(500);
  expect(found[index]?.lost).toBe(1);
  expect(file.damage.data).toBe(1);
  file.close();
});

it('loses a damaged entry and no other', async () => {
  const entry = objectsOf(sound.regular).filter(({ type }) => type === ObjectType.entry)[100] as Placed;
  for (const damage of [
    (bytes: Buffer): unknown => bytes.writeUInt8(0, entry.offset),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(1n << 60n, entry.offset + 8),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(1n << 60n, entry.offset + 24),
  ]) {
    const file = damaged(sound.regular, damage);
    expect(messagesOf(await read(file, everything))).toEqual(messages.toSpliced(100, 1));
    expect(file.entryAt(100)).toBeUndefined();
    expect(file.entryAt(101)?.seqnum).toBe(102);
    // The place before the damaged entry is as good as the one after.
    expect(file.bisect(({ seqnum }) => seqnum >= 102)).toBe(100);
    expect(file.bisect(({ seqnum }) => seqnum >= 103)).toBe(102);
    expect(file.damage).toMatchObject({ data: 0, entries: 1, arrays: 0 });
    file.close();
  }
});

it.each(['regular', 'compact'] as const)('recovers what a damaged entry array had, %s', async (layout) => {
  const journal = sound[layout];
  const arrays = mainArrays(journal);
  expect(arrays.length).toBeGreaterThan(4);
  const [first = 0] = arrays;
  const last = arrays.at(-1) ?? 0;
  for (const damage of [
    (bytes: Buffer): unknown => bytes.fill(0, last + 24 + 16, last + 24 + 96),
    (bytes: Buffer): unknown => bytes.writeUInt8(0, last),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(0n, (arrays[2] ?? 0) + 16),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(BigInt(first), (arrays[2] ?? 0) + 16),
    (bytes: Buffer): unknown => bytes.writeUInt8(0, first),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(0n, 176),
  ]) {
    const file = damaged(journal, damage);
    expect(messagesOf(await read(file, everything))).toEqual(messages);
    expect(messagesOf(await read(file, task3))).toEqual(messagesOfTask3);
    expect(file.entryAt(499)?.seqnum).toBe(500);
    expect(file.entryAt(250)?.seqnum).toBe(251);
    expect(file.bisect(({ seqnum }) => seqnum >= 300)).toBe(299);
    expect(file.damage.arrays).toBeGreaterThan(0);
    file.close();
  }
});

it.each([
  ['later', 400],
  ['earlier', 0],
])('recovers the entry of a slot that names one much %s', async (_, other) => {
  const arrays = mainArrays(sound.regular);
  const all = objectsOf(sound.regular).filter(({ type }) => type === ObjectType.entry);
  const [first = 0, second = 0] = arrays;
  const slots = Number(sound.regular.readBigUInt64LE(first + 8) - 24n) / 8;
  const file = damaged(sound.regular, (bytes) =>
    bytes.writeBigUInt64LE(BigInt(all[other]?.offset ?? 0), second + 24 + 8),
  );
  expect(messagesOf(await read(file, everything))).toEqual(messages);
  expect(file.entryAt(slots + 1)?.seqnum).toBe(slots + 2);
  expect(file.damage.arrays).toBe(1);
  file.close();
});

it('finds all that matches although the index is damaged', async () => {
  const journal = sound.regular;
  const { offset } = dataOf(journal, 'EXECUTOR_ID=task-3');
  const arrays = Number(journal.readBigUInt64LE(offset + 48));
  const bucketOffset = Number(journal.readBigUInt64LE(104));
  for (const damage of [
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(0n, arrays + 24 + 8),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(3n, arrays + 24 + 8),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(BigInt(offset), arrays + 24 + 8),
    (bytes: Buffer): unknown => bytes.writeUInt8(0, arrays),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(0n, arrays + 16),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(1n << 55n, offset + 40),
    (bytes: Buffer): unknown => bytes.writeBigUInt64LE(1n << 55n, offset + 56),
    (bytes: Buffer): void => {
      for (let bucket = 0; bucket < 16; bucket++) bytes.writeBigUInt64LE(9n, bucketOffset + bucket * 16);
    },
  ]) {
    const file = damaged(journal, damage);
    expect(messagesOf(await read(file, task3))).toEqual(messagesOfTask3);
    expect(messagesOf(await read(file, and(task3, present('MESSAGE'))))).toEqual(messagesOfTask3);
    expect(messagesOf(await read(file, everything))).toEqual(messages);
    const values: string[] = [];
    for await (const value of file.distinctValues('EXECUTOR_ID', task3)) values.push(value.toString());
    expect(values).toEqual(['task-3']);
    file.close();
  }
});

it('goes on with what is left when the file is cut off, before it is opened or after', async () => {
  const all = objectsOf(sound.regular).filter(({ type }) => type === ObjectType.entry);
  const cut = all[200]?.offset ?? 0;
  const truncated = damaged(sound.regular.subarray(0, cut), () => undefined);
  const left = await read(truncated, everything);
  expect(left.length).toBeLessThanOrEqual(200);
  truncated.close();

  const file = damaged(sound.regular, () => undefined);
  const walk = file.walk(everything);
  for (let i = 0; i < 5; i++) {
    expect(walk.peek('forward')).toMatchObject({ seqnum: i + 1 });
    walk.advance('forward');
  }
  truncateSync(file.path, cut);
  const rest = await readAll(walk, 'forward', copyEntry);
  expect(rest.length).toBeLessThanOrEqual(495);
  walk.close();
  file.close();
});

it('survives any bytes: no exception but a refusal to open, no endless walk', async () => {
  const spot = fc.record({
    // Where structure is, more often than anywhere.
    offset: fc.oneof(
      fc.nat(271),
      fc.nat(sound.compact.length - 9),
      fc.constantFrom(...objectsOf(sound.compact).map(({ offset }) => offset)),
    ),
    shift: fc.nat(72),
    value: fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 0n, max: BigInt(sound.compact.length) }),
    ),
    width: fc.constantFrom(1, 8),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(sound.regular, sound.compact),
      fc.array(spot, { minLength: 1, maxLength: 20 }),
      async (journal, spots) => {
        let file: JournalFile;
        try {
          file = damaged(journal, (bytes) => {
            for (const { offset, shift, value, width } of spots) {
              const at = Math.min(offset + shift, bytes.length - 8);
              if (width === 8) bytes.writeBigUInt64LE(value, at);
              else bytes.writeUInt8(Number(value & 0xffn), at);
            }
          });
        } catch (error) {
          expect(error).toBeInstanceOf(JournalFileError);
          return;
        }
        for (const match of [everything, task3, not(equals('STREAM', 'STDERR')), present('TAG')]) {
          const walk = file.walk(match);
          const forward = await readAll(walk, 'forward', copyEntry);
          const backward = await readAll(walk, 'backward', copyEntry);
          expect(forward.length).toBeLessThanOrEqual(2000);
          expect(backward.length).toBeLessThanOrEqual(2000);
          walk.close();
        }
        for (const index of [0, 250, 499, 500]) file.entryAt(index);
        file.bisect(({ realtime }) => realtime > (entries[250]?.realtime ?? 0));
        file.bisectBoot('b1'.repeat(16), ({ monotonic }) => monotonic > 5000);
        for await (const _ of file.distinctValues('TAG', task3));
        file.close();
      },
    ),
    { numRuns: 120 },
  );
}, 60_000);
