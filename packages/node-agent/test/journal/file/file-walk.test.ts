import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { equals, everything } from '../../../src/journal/match.ts';
import { manyEntries } from '../many-fields.ts';
import { copyEntry, readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
const machineId = '0123456789abcdef0123456789abcdef';
const windowBytes = 256 * 1024;

function writeJournal(name: string, messages: Iterable<string>, compression: 'zstd' | 'none' = 'none'): string {
  const path = join(directory, name);
  const writer = new JournalWriter({ path, machineId, compression, bulk: true });
  let i = 0;
  for (const message of messages) {
    i += 1;
    writer.append({ realtime: 1_700_000_000_000_000 + i, monotonic: i, fields: [['MESSAGE', message]] });
  }
  writer.close();
  return path;
}

const lines = Array.from({ length: 6000 }, (_, i) => `line ${i} ${'.'.repeat(i % 150)}`);
const linesPath = writeJournal('lines.journal', lines);

it('reads through windows, in turns of the event loop, and through the page cache where a few will do', async () => {
  const cache = new PageCache({ bytes: 512 * 1024, readAheadBytes: 2 * windowBytes });
  const file = JournalFile.open(linesPath, cache);
  const walk = file.walk(everything);
  let pending = 0;
  let read = 0;
  for (let entry = walk.peek('forward'); entry !== 'end'; entry = walk.peek('forward')) {
    if (entry === 'pending') {
      expect(read).toBeGreaterThanOrEqual(10);
      pending += 1;
      await walk.fill();
      continue;
    }
    read += 1;
    walk.advance('forward');
  }
  expect(read).toBe(lines.length);
  expect(pending).toBeGreaterThan(3);
  expect(pending).toBeLessThan(100);
  file.close();
});

it('reads on through the page cache when no memory is left for windows', async () => {
  const cache = new PageCache({ bytes: 512 * 1024, readAheadBytes: 0 });
  const file = JournalFile.open(linesPath, cache);
  expect(await readAll(file.walk(everything), 'forward', (entry) => entry.seqnum)).toHaveLength(lines.length);
  const back = file.walk(everything);
  back.seekIndex(lines.length);
  expect(await readAll(back, 'backward', (entry) => entry.seqnum)).toHaveLength(lines.length);
  file.close();
});

it('gives its windows back at the end and when closed, even while they are being read', async () => {
  const cache = new PageCache({ bytes: 512 * 1024, readAheadBytes: 2 * windowBytes });
  const file = JournalFile.open(linesPath, cache);
  for (let round = 0; round < 5; round++) {
    const walk = file.walk(everything);
    while (walk.peek('forward') !== 'pending') walk.advance('forward');
    const filled = walk.fill();
    walk.close();
    await filled;
  }
  await readAll(file.walk(everything), 'forward', () => undefined);
  const given = new Set<unknown>();
  // A window still being read comes back when that is done.
  await vi.waitFor(() => {
    const window = cache.readAhead.take();
    if (window !== undefined) given.add(window);
    expect(given.size).toBe(2);
  });
  expect(cache.readAhead.take()).toBeUndefined();
  file.close();
});

it('may be closed together with its file while bytes are being read', async () => {
  const cache = new PageCache({ bytes: 512 * 1024 });
  const file = JournalFile.open(linesPath, cache);
  const walk = file.walk(everything);
  while (walk.peek('forward') !== 'pending') walk.advance('forward');
  const filled = walk.fill();
  walk.close();
  file.close();
  await expect(filled).resolves.toBeUndefined();
});

it('gives fields larger than a page, than a window and than any buffer kept', async () => {
  const sizes = [9000, 40_000, 300_000, 1_200_000, 100, 3_000_000, 20];
  const giants = sizes.map((size, i) => `${i}${'abcdefg'.repeat(size / 7)}`);
  const around = lines.slice(0, 40);
  const messages = [...around, ...giants, ...around.map((line) => `${line} again`)];
  for (const compression of ['none', 'zstd'] as const) {
    const file = JournalFile.open(
      writeJournal(`giants-${compression}.journal`, messages, compression),
      new PageCache(),
    );
    for (const direction of ['forward', 'backward'] as const) {
      const walk = file.walk(everything);
      if (direction === 'backward') walk.seekIndex(file.entryCount);
      const found = await readAll(walk, direction, (entry) => copyEntry(entry).fields[0]?.slice(8));
      expect(direction === 'forward' ? found : found.reverse()).toEqual(messages);
    }
    const walk = file.walk(equals('MESSAGE', giants[3] ?? ''));
    expect(walk.peek('forward')).toMatchObject({ seqnum: around.length + 4 });
    file.close();
  }
});

it('tells which items came with the entry', async () => {
  const path = join(directory, 'items.journal');
  const writer = new JournalWriter({ path, machineId, bulk: true });
  const entries = manyEntries(200, 3);
  for (const entry of entries) writer.append(entry);
  writer.close();
  const file = JournalFile.open(path, new PageCache());
  const seen = new Set<number>();
  const newItems = await readAll(file.walk(everything), 'forward', (entry) => {
    const ids = [...entry.itemIds.subarray(0, entry.itemCount)];
    const unseen = ids.filter((id) => !seen.has(id));
    expect(ids.filter((id) => id > entry.newItemsAbove)).toEqual(unseen);
    for (const id of ids) seen.add(id);
    return [entry.seqnum, entry.newItemsAbove];
  });
  const walk = file.walk(everything);
  walk.seekIndex(200);
  const backward = await readAll(walk, 'backward', (entry) => [entry.seqnum, entry.newItemsAbove]);
  expect(backward.reverse()).toEqual(newItems);
  const some = await readAll(file.walk(equals('EXECUTOR_ID', 'task-7')), 'forward', (entry) => [
    entry.seqnum,
    entry.newItemsAbove,
  ]);
  expect(some.length).toBeGreaterThan(0);
  expect(newItems).toEqual(expect.arrayContaining(some));
  file.close();
});

it('keeps an entry peeked while other walks go on, and ids that mean the same for ever', async () => {
  const file = JournalFile.open(linesPath, new PageCache({ bytes: 64 * 1024 }));
  const one = file.walk(everything);
  const other = file.walk(everything);
  const held = one.peek('forward');
  if (typeof held === 'string') throw new Error(held);
  await readAll(other, 'forward', () => undefined);
  expect(copyEntry(held)).toMatchObject({ fields: [`MESSAGE=${lines[0]}`, expect.stringContaining('_BOOT_ID=')] });
  expect(held.domain).toBe(file);
  expect(one.peek('forward')).toBe(held);
  file.close();
});

it('stands where it was put: before an entry by index or offset, or after the last', () => {
  const file = JournalFile.open(linesPath, new PageCache());
  const walk = file.walk(everything);
  for (const index of [0, 1, 2999, 5999]) {
    walk.seekIndex(index);
    expect(walk.peek('forward')).toMatchObject({ seqnum: index + 1 });
    const offset = file.entryAt(index)?.offset ?? 0;
    walk.seekOffset(offset);
    expect(walk.peek('forward')).toMatchObject({ seqnum: index + 1 });
    walk.seekOffset(offset + 1);
    expect(walk.peek('backward')).toMatchObject({ seqnum: index + 1 });
  }
  walk.seekIndex(6000);
  expect(walk.peek('forward')).toBe('end');
  expect(walk.peek('backward')).toMatchObject({ seqnum: 6000 });
  walk.seekIndex(0);
  expect(walk.peek('backward')).toBe('end');
  file.close();
});
