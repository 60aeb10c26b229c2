import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { ObjectType } from '../../../src/journal/file/layout.ts';
import { Gaps } from '../../../src/journal/log/gaps.ts';
import { maximumOpenFiles } from '../../../src/journal/log/open-files.ts';
import { and, equals, everything, type Match, not, since } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import type { Direction, EntryWalk, Gap } from '../../../src/journal/source.ts';
import { type MemoryEntry, MemoryFile } from '../memory-file.ts';
import { MemoryJournal } from '../memory-journal.ts';
import { objectsOf } from '../placed-objects.ts';
import { messageOf } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

// The machine may be busy.
vi.setConfig({ testTimeout: 30_000 });

const directory = testDirectory();
const machineId = '0123456789abcdef0123456789abcdef';
const seqnumId = 'c'.repeat(32);

/** An archived file with the entries numbered from `from` to before `to`; their numbers are their times. */
function archive(name: string, from: number, to: number): MemoryFile {
  const entries = Array.from({ length: to - from }, (_, index): MemoryEntry => {
    const number = from + index;
    const times = { realtime: number, monotonic: number, bootId: 'b'.repeat(32) };
    const fields = new Map([['MESSAGE', [Buffer.from(String(number))]]]);
    return { ...times, seqnum: number, seqnumId, xorHashHigh: 0, xorHashLow: number, fields };
  });
  return new MemoryFile({ machineId, seqnumId, fileId: name.repeat(32) }, entries);
}

function openArchives(): MemoryJournal {
  return new MemoryJournal({
    'one@1.journal': archive('1', 1, 11),
    'two@11.journal': archive('2', 11, 21),
    'three@21.journal': archive('3', 21, 31),
  });
}

/** What a walk tells, as far as it reads: messages and gaps, in order. */
async function readAll(walk: EntryWalk, direction: Direction, limit = Number.POSITIVE_INFINITY) {
  const told: (string | Gap)[] = [];
  let messages = 0;
  for (let outcome = 'slice'; outcome === 'slice'; ) {
    const delivered: string[] = [];
    outcome = await walk.read(direction, (entry) => {
      delivered.push(messageOf(entry));
      messages++;
      return messages < limit;
    });
    told.push(...delivered, ...walk.takeGaps());
  }
  return told;
}

const numbers = (from: number, to: number): string[] => {
  const count = Math.abs(to - from);
  return Array.from({ length: count }, (_, index) => String(from < to ? from + index : from - index));
};

describe('a walk whose next file is vacuumed', () => {
  it('forward tells which times and how many entries are missing', async () => {
    await using journal = openArchives();
    const walk = journal.source.walk(everything);
    expect(await readAll(walk, 'forward', 4)).toEqual(numbers(1, 5));
    journal.remove('two@11.journal');
    journal.source.status();
    expect(await readAll(walk, 'forward')).toEqual([
      { reason: 'vacuumed', since: 11, until: 20, entries: 10 },
      ...numbers(5, 11),
      ...numbers(21, 31),
    ]);
  });

  it('tells of it, too, when it finds so itself on opening the file', async () => {
    const names = Array.from({ length: maximumOpenFiles + 10 }, (_, index) => `file@${index + 1}.journal`);
    await using journal = new MemoryJournal(
      Object.fromEntries(names.map((name, index) => [name, archive(String(index % 10), index + 1, index + 2)])),
    );
    const walk = journal.source.walk(everything);
    expect(await readAll(walk, 'forward', 1)).toEqual(['1']);
    const gone = names.findIndex((name, index) => index > 1 && journal.files.get(name)?.closed) + 1;
    journal.remove(`file@${gone}.journal`);
    const told = await readAll(walk, 'forward');
    expect(told.filter((one) => typeof one === 'object')).toEqual([
      { reason: 'vacuumed', since: gone, until: gone, entries: 1 },
    ]);
    expect(told.filter((one) => typeof one === 'string')).toEqual(
      numbers(2, names.length + 1).filter((number) => number !== String(gone)),
    );
  });

  it('backward tells of it before the entries that are older', async () => {
    await using journal = openArchives();
    const walk = journal.source.walk(everything);
    await walk.seekTail();
    expect(await readAll(walk, 'backward', 2)).toEqual(numbers(30, 28));
    journal.remove('two@11.journal');
    journal.source.status();
    expect(await readAll(walk, 'backward')).toEqual([
      { reason: 'vacuumed', since: 11, until: 20, entries: 10 },
      ...numbers(28, 20),
      ...numbers(10, 0),
    ]);
  });

  it.each<[string, Match]>([
    ['that lies before what is asked for', since(21)],
    ['that lies before what is asked for, among other things', and(since(25), since(2))],
  ])('does not tell of a file %s', async (_case, match) => {
    await using journal = openArchives();
    const walk = journal.source.walk(match);
    await walk.seekHead();
    journal.remove('two@11.journal');
    journal.source.status();
    const told = await readAll(walk, 'forward');
    expect(told.filter((one) => typeof one === 'object')).toEqual([]);
    expect(told.at(-1)).toBe('30');
  });

  it('does not tell of a file that was read, nor of one it had gone past by seeking', async () => {
    await using journal = openArchives();
    const walk = journal.source.walk(everything);
    expect(await readAll(walk, 'forward', 12)).toEqual(numbers(1, 13));
    const other = journal.source.walk(everything);
    await other.seekRealtime(12);
    journal.remove('one@1.journal');
    journal.source.status();
    expect(await readAll(walk, 'forward')).toEqual(numbers(13, 31));
    expect(await readAll(other, 'forward')).toEqual(numbers(12, 31));
  });

  it('forgets what was lost before it sought anew', async () => {
    await using journal = openArchives();
    const walk = journal.source.walk(everything);
    await walk.seekHead();
    journal.remove('two@11.journal');
    journal.source.status();
    await walk.read('forward', () => false);
    await walk.seekHead();
    expect(await readAll(walk, 'forward')).toEqual([...numbers(1, 11), ...numbers(21, 31)]);
  });

  it('tells of a file that came and went while it did not read', async () => {
    await using journal = openArchives();
    const walk = journal.source.walk(everything);
    expect(await readAll(walk, 'forward')).toEqual(numbers(1, 31));
    journal.add('four@31.journal', archive('4', 31, 41));
    journal.source.status();
    journal.remove('four@31.journal');
    journal.source.status();
    journal.add('five@41.journal', archive('5', 41, 43));
    expect(await readAll(walk, 'forward')).toEqual([
      { reason: 'vacuumed', since: 31, until: 40, entries: 10 },
      ...numbers(41, 43),
    ]);
  });
});

it('a walk over damaged entries tells how many there are and between which times', async () => {
  const path = join(directory, 'damaged.journal');
  const writer = new JournalWriter({ path, machineId, bulk: true });
  const start = 1_700_000_000_000_000;
  for (let number = 0; number < 40; number++) {
    writer.append({ realtime: start + number, monotonic: number + 1, fields: [['MESSAGE', String(number)]] });
  }
  writer.close();
  const bytes = readFileSync(path);
  const entries = objectsOf(bytes).filter(({ type }) => type === ObjectType.entry);
  for (const number of [10, 11, 12, 30, 39])
    bytes.fill(0xff, (entries[number]?.offset ?? 0) + 8, (entries[number]?.offset ?? 0) + 16);
  writeFileSync(path, bytes);
  const source = await openJournal({ directories: [directory] });
  const walk = source.walk(everything);
  const forward: Gap[] = [
    { reason: 'damaged', since: start + 9, until: start + 13, entries: 3 },
    { reason: 'damaged', since: start + 29, until: start + 31, entries: 1 },
    { reason: 'damaged', since: start + 38, until: start + 39, entries: 1 },
  ];
  expect(await readAll(walk, 'forward')).toEqual([
    ...numbers(0, 10),
    forward[0],
    ...numbers(13, 30),
    forward[1],
    ...numbers(31, 39),
    forward[2],
  ]);
  await walk.seekTail();
  const backward = (await readAll(walk, 'backward')).filter((one) => typeof one === 'object');
  expect(backward).toEqual(forward.toReversed());
  await source.close();
});

it('a walk in a file that is vacuumed as journald does it, whose bytes become zeros, tells of the rest and of no damage', async () => {
  const place = join(directory, 'vacuumed');
  let writer = new JournalWriter({ path: join(place, 'system.journal'), machineId, bulk: true });
  const start = 1_700_000_000_000_000;
  const append = (number: number): void => {
    const fields = [
      ['MESSAGE', `${number} ${'x'.repeat(300)}`],
      ['PARITY', String(number % 2)],
    ] as const;
    writer.append({ realtime: start + number, monotonic: number + 1, fields });
  };
  for (let number = 0; number < 20_000; number++) append(number);
  const { writer: next, archived } = writer.rotate();
  writer = next;
  for (let number = 20_000; number < 20_010; number++) append(number);
  writer.close();
  const source = await openJournal({ directories: [place] });
  const walks = [everything, equals('PARITY', '1'), not(equals('PARITY', '0'))].map((match) => source.walk(match));
  const told = await Promise.all(walks.map((walk) => readAll(walk, 'forward', 100)));
  const zeros = Buffer.alloc(statSync(archived).size);
  const descriptor = openSync(archived, 'r+');
  unlinkSync(archived);
  writeSync(descriptor, zeros, 0, zeros.length, 0);
  closeSync(descriptor);
  for (const [index, walk] of walks.entries()) {
    const messages = [...(told[index] ?? []), ...(await readAll(walk, 'forward'))];
    const gaps = messages.filter((one) => typeof one === 'object');
    expect(gaps).toMatchObject([{ reason: 'vacuumed', until: start + 19_999 }]);
    const read = messages.flatMap((one) => (typeof one === 'string' ? [Number.parseInt(one, 10)] : []));
    const step = index === 0 ? 1 : 2;
    const from = read.findIndex((number) => number >= 20_000);
    // In order and without a hole but that of the gap.
    for (const part of [read.slice(0, from), read.slice(from)]) {
      expect(part).toEqual(part.map((_, at) => (part[0] ?? 0) + at * step));
    }
    expect(gaps[0]?.since).toBeLessThanOrEqual(start + (read[from - 1] ?? 0) + step);
    expect(read.at(-1)).toBe(20_009);
  }
  expect(source.status().damage).toEqual({ data: 0, entries: 0, arrays: 0, files: 0 });
  await source.close();
});

it('gaps that nobody asks for take bounded memory and are added together', () => {
  const gaps = new Gaps();
  for (let number = 0; number < 1000; number++)
    gaps.add({ reason: 'damaged', since: number, until: number, entries: 2 });
  const told = gaps.take();
  expect(told.length).toBeLessThan(100);
  expect(told.reduce((sum, { entries = 0 }) => sum + entries, 0)).toBe(2000);
  expect(told.at(-1)?.until).toBe(999);
  expect(gaps.take()).toEqual([]);
});
