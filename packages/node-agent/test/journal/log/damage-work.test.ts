import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { type OpenOnDisk, openOnDisk } from '../../../src/journal/file/file-on-disk.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { NativeSource } from '../../../src/journal/log/native-source.ts';
import { everything } from '../../../src/journal/match.ts';
import type { EntryWalk } from '../../../src/journal/source.ts';
import { manyEntries } from '../many-fields.ts';
import { mainArrays } from '../placed-objects.ts';
import { readWalk } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

// What damage may cost: readings of the file, a few at most. Counted in system calls, which are the same everywhere.

const directory = testDirectory();
const path = join(directory, 'system.journal');
const cache = new PageCache({ bytes: 1024 * 1024 });
const count = 20_000;
const journal = writeJournal();
const half = Math.floor(journal.length / 2);
let reads = 0;

const countReads: OpenOnDisk = (name) => {
  const file = openOnDisk(name);
  return {
    readSync: (into, at, length, offset) => {
      reads += 1;
      return file.readSync(into, at, length, offset);
    },
    read: (into, length, offset) => {
      reads += 1;
      return file.read(into, length, offset);
    },
    size: () => file.size(),
    identity: () => file.identity(),
    close: () => file.close(),
  };
};

function writeJournal(): Buffer {
  const ids = { machineId: 'a0'.repeat(16), fileId: 'f1'.repeat(16) };
  const writer = new JournalWriter({ path, ...ids, dataHashTableBuckets: count, bulk: true });
  for (const entry of manyEntries(count, 2)) writer.append(entry);
  writer.close();
  const bytes = readFileSync(path);
  // Up to the last object: what the writer allocated beyond is not damage when it is cut off.
  const tail = Number(bytes.readBigUInt64LE(136));
  return bytes.subarray(0, tail + Number(bytes.readBigUInt64LE(tail + 8)));
}

function withoutChain(): Buffer {
  const bytes = Buffer.from(journal);
  bytes.writeBigUInt64LE(0n, 176);
  return bytes;
}

function promisingMuch(): Buffer {
  const bytes = Buffer.from(journal);
  bytes.writeBigUInt64LE(1n << 45n, 96);
  bytes.writeBigUInt64LE(1n << 40n, 152);
  return bytes;
}

function withoutLastArray(): Buffer {
  const last = mainArrays(journal).at(-1) as number;
  return Buffer.from(journal).fill(0, last + 24, last + Number(journal.readBigUInt64LE(last + 8)));
}

/** System calls it takes to open the damaged journal and do something with it. */
async function cost(damaged: Buffer, act: (walk: EntryWalk) => Promise<unknown>): Promise<number> {
  writeFileSync(path, damaged);
  const source = new NativeSource([directory], (file) => JournalFile.open(file, cache, countReads));
  reads = 0;
  await act(source.walk(everything));
  await source.close();
  return reads;
}

it.each<[string, () => Buffer]>([
  ['cut in half', () => journal.subarray(0, half)],
  ['of which half is zeros', () => Buffer.from(journal).fill(0, half)],
  ['with a hole of zeros', () => Buffer.from(journal).fill(0, half, Math.floor(half * 1.5))],
  ['without a chain of entry arrays', withoutChain],
  ['that promises 32 TiB and as many entries', promisingMuch],
  ['whose last entry array is zeros', withoutLastArray],
])('reads a journal %s with few system calls', async (_, damage) => {
  const pages = journal.length / 8192;
  const toEnd = async (walk: EntryWalk): Promise<void> => {
    await walk.seekHead();
    const read = await readWalk(walk, 'forward', count, ({ seqnum }) => seqnum);
    expect(read.length).toBeGreaterThan(count / 4);
  };
  const back = async (walk: EntryWalk): Promise<void> => {
    await walk.seekTail();
    expect(await readWalk(walk, 'backward', 100, ({ seqnum }) => seqnum)).toHaveLength(100);
  };
  const toTime = (walk: EntryWalk): Promise<void> => walk.seekRealtime(1_700_000_009_000_000);
  expect(await cost(damage(), toEnd)).toBeLessThan(4 * pages);
  expect(await cost(damage(), back)).toBeLessThan(4 * pages);
  expect(await cost(damage(), toTime)).toBeLessThan(4 * pages);
});

it('lets others have their turn while it looks for the entries of a broken chain', async () => {
  writeFileSync(path, withoutChain());
  const file = JournalFile.open(path, cache, countReads);
  let slices = 1;
  for (; !file.recover(); slices++) await nextTurn();
  expect(slices).toBeGreaterThan(1);
  expect(file.entryCount).toBe(count);
  expect(file.entryAt(count - 1)?.seqnum).toBe(count);
  file.close();
});
