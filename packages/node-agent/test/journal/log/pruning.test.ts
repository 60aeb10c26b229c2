import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { newestHeaderSize } from '../../../src/journal/file/header.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache, pageSize } from '../../../src/journal/file/page-cache.ts';
import { grep } from '../../../src/journal/grep.ts';
import { NativeSource } from '../../../src/journal/log/native-source.ts';
import { maximumOpenFiles } from '../../../src/journal/log/open-files.ts';
import { and, equals, everything, type Match, not, priorityAtMost, since, until } from '../../../src/journal/match.ts';
import type { EntryWalk } from '../../../src/journal/source.ts';
import { CountingFiles } from '../counting-files.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const bootId = 'b0'.repeat(16);
const start = 1_700_000_000_000_000;
const second = 1_000_000;
const mebibyte = 1024 * 1024;
/** With CLUSTERLOG_LONG_TESTS=1 the journals are as large as a node's; else as large as writing them takes no time. */
const isLong = process.env.CLUSTERLOG_LONG_TESTS === '1';

interface FileOptions {
  readonly files: number;
  readonly lines: number;
  /** Lines of 512 KiB at the head of each file. */
  readonly longLines?: number;
}

/** Files one after another, a line a second; each file has a task of its own. */
function writeFiles(directory: string, { files, lines, longLines = 0 }: FileOptions): void {
  const random = randomBytes(mebibyte);
  let writer = new JournalWriter({
    path: join(directory, machineId, 'system.journal'),
    machineId,
    bootId,
    keyedHash: false,
    compression: 'none',
    dataHashTableBuckets: 512,
    allocationStep: 64 * 1024,
    bulk: true,
  });
  let number = 0;
  for (let file = 0; file < files; file++) {
    if (file > 0) writer = writer.rotate().writer;
    for (let line = 0; line < longLines + lines; line++, number++) {
      const message = line < longLines ? random.subarray(line * 64, line * 64 + mebibyte / 2) : `line ${number}`;
      const times = { realtime: start + number * second, monotonic: 1000 + number * second };
      writer.append({
        ...times,
        fields: [
          ['MESSAGE', message],
          ['TASK', `task-${file}`],
          ['STREAM', line % 100 === 0 ? 'STDERR' : 'STDOUT'],
          ['PRIORITY', String(number % 8)],
        ],
      });
    }
  }
  writer.close();
}

function open(directory: string): { source: NativeSource; files: CountingFiles } {
  const files = new CountingFiles();
  const cache = new PageCache();
  const source = new NativeSource([directory], (path) => JournalFile.open(path, cache, files.open));
  return { source, files };
}

async function tail(source: NativeSource, match: Match, count: number): Promise<string[]> {
  const walk: EntryWalk = source.walk(match);
  await walk.seekTail();
  await walk.skip(-count);
  const messages = await readMessages(walk, 'forward');
  walk.close();
  return messages;
}

const lineNumbers = (from: number, to: number, isWanted: (number: number) => boolean = () => true): string[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
    .filter(isWanted)
    .map((number) => `line ${number}`);

describe(`the last lines of a journal of ${isLong ? 1024 : 64} MiB`, () => {
  const directory = testDirectory();
  const [files, lines, longLines] = [8, 2000, isLong ? 256 : 16];
  writeFiles(directory, { files, lines, longLines });
  const total = files * (lines + longLines);
  const lastFile = total - lines;

  it.each<[string, Match, (number: number) => boolean]>([
    ['all', everything, () => true],
    ['one task', equals('TASK', `task-${files - 1}`), () => true],
    ['bad ones', priorityAtMost(3), (number) => number % 8 <= 3],
    ['not one stream', not(equals('STREAM', 'STDERR')), (number) => (number - lastFile + longLines) % 100 !== 0],
    [
      'a pattern in a field of few values',
      grep('STREAM', 'err'),
      (number) => (number - lastFile + longLines) % 100 === 0,
    ],
    ['a pattern in messages', grep('MESSAGE', '7$'), (number) => number % 10 === 7],
    ['recent ones', since(start + (total - 150) * second), (number) => number >= total - 150],
    ['ones before a time', until(start + (total - 500) * second), (number) => number <= total - 500],
    [
      'a task before a time',
      and(equals('TASK', `task-${files - 1}`), until(start + (total - 900) * second)),
      (number) => number <= total - 900,
    ],
  ])('are read in less than a mebibyte: %s', async (_case, match, isWanted) => {
    const { source, files: counting } = open(directory);
    const wanted = lineNumbers(lastFile, total, isWanted);
    const count = Math.min(100, wanted.length);
    expect(await tail(source, match, count)).toEqual(wanted.slice(-count));
    expect(counting.take().bytes).toBeLessThan(mebibyte);
    await source.close();
  });
});

describe('a journal of many files', () => {
  const directory = testDirectory();
  const [files, lines] = [isLong ? 1500 : 400, 20];
  writeFiles(directory, { files, lines });
  const { source, files: counting } = open(directory);
  afterAll(() => source.close());
  const total = files * lines;

  it('is opened by headers alone, each read twice at most', () => {
    const { opened, bytes } = counting.take();
    expect(opened).toBe(files);
    // The current file's is read until two readings agree.
    expect(bytes).toBeLessThanOrEqual((2 * files + 3) * newestHeaderSize);
  });

  it('never has more of them open than it may', async () => {
    const walk = source.walk(equals('STREAM', 'STDERR'));
    expect(await readMessages(walk, 'forward')).toHaveLength(files);
    walk.close();
    expect(counting.mostOpen).toBeLessThanOrEqual(maximumOpenFiles);
    counting.take();
  });

  it('has its last lines read from the files they are in', async () => {
    expect(await tail(source, everything, 100)).toEqual(lineNumbers(total - 100, total));
    const { opened, bytes } = counting.take();
    expect(opened).toBeLessThanOrEqual(8);
    expect(bytes).toBeLessThan(mebibyte);
  });

  it('has the lines of an old task found by one look into the index of each file, and then without any', async () => {
    const match = equals('TASK', 'task-3');
    const expected = lineNumbers(3 * lines, 4 * lines);
    expect(await tail(source, match, 100)).toEqual(expected);
    // The page of a bucket of the hash table, seldom one of an object in it; the header anew where the file had been closed.
    expect(counting.take().bytes).toBeLessThan(files * 1.5 * pageSize);
    expect(await tail(source, match, 100)).toEqual(expected);
    expect(counting.take().opened).toBeLessThanOrEqual(2);
  });

  it('keeps open what others read while somebody looks into every file', async () => {
    for (let round = 0; round < 2; round++) await tail(source, everything, 100);
    counting.take();
    await tail(source, equals('TASK', 'task-5'), 1);
    expect(counting.take().opened).toBeGreaterThan(files / 4);
    await tail(source, everything, 100);
    expect(counting.take().opened).toBe(0);
  });

  it('has files of another time left out without being opened, once it is known that their clock ran true', async () => {
    const early = until(start + (5 * lines - 1) * second);
    expect(await tail(source, early, 100)).toEqual(lineNumbers(0, 5 * lines));
    counting.take();
    const earlier = until(start + (4 * lines - 1) * second);
    expect(await tail(source, earlier, 50)).toEqual(lineNumbers(4 * lines - 50, 4 * lines));
    expect(counting.take().opened).toBeLessThanOrEqual(8);
  });
});

it('is asked again for a file that was not finished when it had nothing', async () => {
  const directory = testDirectory();
  const path = join(directory, 'system.journal');
  const writer = new JournalWriter({ path, machineId, bootId });
  const append = (number: number, task: string): void => {
    const times = { realtime: start + number * second, monotonic: 1000 + number * second };
    writer.append({
      ...times,
      fields: [
        ['MESSAGE', `line ${number}`],
        ['TASK', task],
      ],
    });
  };
  append(0, 'one');
  const { source } = open(directory);
  expect(await tail(source, equals('TASK', 'two'), 10)).toEqual([]);
  append(1, 'two');
  expect(await tail(source, equals('TASK', 'two'), 10)).toEqual(['line 1']);
  await source.close();
  writer.close();
});
