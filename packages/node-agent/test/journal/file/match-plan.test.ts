import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { type EntryToAppend, JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import type { FileWalk } from '../../../src/journal/file/file-walk.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { grep } from '../../../src/journal/grep.ts';
import { matchesFields } from '../../../src/journal/journalctl/journalctl-match.ts';
import {
  and,
  equals,
  everything,
  type Match,
  not,
  nothing,
  or,
  present,
  priorityAtMost,
  since,
  until,
  value,
} from '../../../src/journal/match.ts';
import { manyEntries } from '../many-fields.ts';
import { readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
/** A second apart. The clock is set back by 100 s within the first boot, and by 50 s between the boots. */
const entries = manyEntries(1200, 7).map((entry, index): EntryToAppend => {
  const setBack = index >= 600 ? 150 : index >= 300 ? 100 : 0;
  const realtime = 1_700_000_000_000_000 + (index - setBack) * 1_000_000;
  return { ...entry, realtime, monotonic: entry.monotonic + (index % 600) * 1_000_000 };
});

function writeJournal(name: string, compact: boolean): string {
  const path = join(directory, name);
  const writer = new JournalWriter({ path, machineId: '0123456789abcdef0123456789abcdef', compact, bulk: true });
  for (const entry of entries) writer.append(entry);
  writer.close();
  return path;
}

const cache = new PageCache({ bytes: 1024 * 1024 });
const files = [
  JournalFile.open(writeJournal('regular.journal', false), cache),
  JournalFile.open(writeJournal('compact.journal', true), cache),
];
afterAll(() => {
  for (const file of files) file.close();
});

function isMatch(entry: EntryToAppend, match: Match): boolean {
  const fields = new Map<string, Buffer[]>();
  for (const [name, value] of entry.fields) {
    fields.set(name, [...(fields.get(name) ?? []), Buffer.from(value as string)]);
  }
  return matchesFields(match, fields, entry.realtime);
}

const values: Record<string, string[]> = {
  EXECUTOR_ID: ['task-1', 'task-2', 'task-3', 'task-19', 'task-none'],
  STREAM: ['STDOUT', 'STDERR'],
  PRIORITY: ['0', '1', '7', '8'],
  TAG: ['one', 'two-1', 'two-2'],
  EMPTY: ['', 'full'],
  _HOSTNAME: ['node1'],
  NEVER: ['seen'],
  BIG: ['big value 2 '.repeat(100)],
};
const fieldNames = Object.keys(values);

const anyEquals = fc
  .constantFrom(...fieldNames)
  .chain((field) =>
    fc.subarray(values[field] ?? [], { minLength: 1 }).map((wanted): Match => equals(field, ...wanted)),
  );
const anyTest = fc.oneof(
  fc
    .tuple(fc.constantFrom('EXECUTOR_ID', 'MESSAGE', 'TAG', 'BIG', 'EMPTY', 'BINARY', 'NEVER'), anyPattern())
    .map(([field, pattern]) => grep(field, pattern)),
  fc.integer({ min: 0, max: 7 }).map(priorityAtMost),
  fc
    .integer({ min: 0, max: 30 })
    .map((length) =>
      value('MESSAGE', { name: `longer than ${length}`, passes: (_bytes, start, end) => end - start > length }),
    ),
);
function anyPattern(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'task-1',
    'TASK-1',
    '[13]$',
    '^$',
    'line \\d*7 ',
    'two|three',
    '\\.{40}',
    'value 2',
    '^',
    'n.*e',
  );
}
const anyTime = fc
  .tuple(fc.constantFrom(since, until), fc.nat({ max: entries.length - 1 }), fc.integer({ min: -1, max: 1 }))
  .map(([side, index, more]) => side((entries[index] as EntryToAppend).realtime + more));
const anyMatch = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: anyEquals },
    { weight: 2, arbitrary: fc.constantFrom(...fieldNames).map(present) },
    { weight: 1, arbitrary: fc.constantFrom(everything, nothing) },
    { weight: 2, arbitrary: anyTest },
    { weight: 2, arbitrary: anyTime },
    { weight: 1, arbitrary: tie('match').map(not) },
    // Built by hand as well: whoever builds a match need not simplify it.
    { weight: 1, arbitrary: tie('match').map((term): Match => ({ kind: 'not', term })) },
    { weight: 2, arbitrary: fc.array(tie('match'), { maxLength: 3 }).map((terms): Match => ({ kind: 'and', terms })) },
    { weight: 2, arbitrary: fc.array(tie('match'), { maxLength: 3 }).map((terms): Match => ({ kind: 'or', terms })) },
    { weight: 1, arbitrary: fc.array(tie('match'), { maxLength: 3 }).map((terms) => and(...terms)) },
    { weight: 1, arbitrary: fc.array(tie('match'), { maxLength: 3 }).map((terms) => or(...terms)) },
  ),
})).match;

const seqnums = (walk: FileWalk, direction: 'forward' | 'backward'): Promise<number[]> =>
  readAll(walk, direction, (entry) => entry.seqnum);

it('gives what a plain filter gives, for any match, from any place, in both directions', async () => {
  const place = fc.integer({ min: 0, max: entries.length + 5 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), anyMatch, place, async (file, match, from) => {
      const matching = entries.flatMap((entry, index) => (isMatch(entry, match) ? [index + 1] : []));
      const walk = file.walk(match);
      walk.seekIndex(from);
      expect(await seqnums(walk, 'forward')).toEqual(matching.filter((seqnum) => seqnum > from));
      walk.seekIndex(from);
      expect(await seqnums(walk, 'backward')).toEqual(matching.filter((seqnum) => seqnum <= from).reverse());
      walk.close();
    }),
    { numRuns: 150 },
  );
});

it('steps back over what it stepped over, at every turn', async () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom('forward' as const, 'backward' as const), fc.integer({ min: 1, max: 40 })),
    {
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(anyMatch, fc.integer({ min: 0, max: entries.length }), steps, async (match, from, turns) => {
      const matching = entries.flatMap((entry, index) => (isMatch(entry, match) ? [index] : []));
      let next = matching.findIndex((index) => index >= from);
      if (next < 0) next = matching.length;
      const walk = (files[0] as JournalFile).walk(match);
      walk.seekIndex(from);
      for (const [direction, count] of turns) {
        for (let step = 0; step < count; step++) {
          let entry = walk.peek(direction);
          for (; entry === 'pending'; entry = walk.peek(direction)) await walk.fill();
          const expected = matching[direction === 'forward' ? next : next - 1];
          expect(entry === 'end' ? undefined : entry.seqnum - 1).toBe(expected);
          if (entry === 'end') break;
          walk.advance(direction);
          next += direction === 'forward' ? 1 : -1;
        }
      }
      walk.close();
    }),
    { numRuns: 100 },
  );
});

it('does not touch the entries of other tasks on the way to those of one', async () => {
  const path = join(directory, 'large.journal');
  const writer = new JournalWriter({ path, machineId: '0123456789abcdef0123456789abcdef', bulk: true });
  for (let i = 0; i < 30_000; i++) {
    const fields = [
      ['EXECUTOR_ID', `task-${i % 1000}`],
      ['MESSAGE', `line ${i} ${'.'.repeat(100)}`],
    ] as const;
    writer.append({ realtime: 1_700_000_000_000_000 + i, monotonic: i + 1, fields });
  }
  writer.close();
  const ownCache = new PageCache({ bytes: 1024 * 1024 });
  const file = JournalFile.open(path, ownCache);
  const found = await seqnums(file.walk(equals('EXECUTOR_ID', 'task-500')), 'forward');
  expect(found).toHaveLength(30);
  // An entry, its place among all entries, and the index itself: a few pages for each of the 30, of more than 1,000.
  expect(ownCache.reads).toBeLessThan(150);
  file.close();
});
