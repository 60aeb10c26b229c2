import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import type { FileWalk } from '../../../src/journal/file/file-walk.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { and, equals, everything, type Match, not, present } from '../../../src/journal/match.ts';
import { manyEntries } from '../many-fields.ts';
import { copyEntry, readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
const machineId = '0123456789abcdef0123456789abcdef';

const matches: Match[] = [
  everything,
  equals('EXECUTOR_ID', 'task-3'),
  equals('TAG', 'two-4'),
  and(equals('STREAM', 'STDERR'), equals('PRIORITY', '3')),
  not(equals('STREAM', 'STDOUT')),
  and(not(present('EXECUTOR_ID')), equals('STREAM', 'STDOUT')),
];

async function messages(walk: FileWalk): Promise<string[]> {
  const entries = await readAll(walk, 'forward', copyEntry);
  expect(entries.every(({ lost }) => lost === 0)).toBe(true);
  return entries.map(({ fields }) => fields.find((field) => field.startsWith('MESSAGE=')) ?? '');
}

it.each([true, false])(
  'follows a file at every step of every append, compact %s: counted is committed',
  async (compact) => {
    const entries = manyEntries(400, 11);
    const path = join(directory, `steps-${compact}.journal`);
    const cache = new PageCache({ bytes: 1024 * 1024 });
    let file: JournalFile | undefined;
    const walks = new Map<Match, FileWalk>();
    const followed = new Map<Match, string[]>(matches.map((match) => [match, []]));
    let counted = 0;
    const writer = new JournalWriter({
      path,
      machineId,
      compact,
      allocationStep: 64 * 1024,
      onStep: (step) => {
        if (step === 'counted') counted += 1;
        file ??= JournalFile.open(path, cache);
        file.refresh();
        expect(file.entryCount).toBe(counted);
        // One new entry is read through the page cache, at once: the walk sees the file as it is in this very step.
        for (const match of matches) {
          let walk = walks.get(match);
          if (walk === undefined) {
            walk = file.walk(match);
            walks.set(match, walk);
          }
          for (let entry = walk.peek('forward'); entry !== 'end'; entry = walk.peek('forward')) {
            if (entry === 'pending') throw new Error('the follower of a live file fell behind');
            const { fields, lost } = copyEntry(entry);
            expect(lost).toBe(0);
            followed.get(match)?.push(fields.find((field) => field.startsWith('MESSAGE=')) ?? '');
            walk.advance('forward');
          }
        }
      },
    });
    for (const entry of entries) writer.append(entry);
    const late = JournalFile.open(path, cache);
    for (const match of matches) {
      expect(followed.get(match)).toEqual(await messages(late.walk(match)));
    }
    expect(followed.get(everything)).toHaveLength(entries.length);
    expect(late.damage).toMatchObject({ data: 0, entries: 0, arrays: 0 });
    expect(file?.damage).toMatchObject({ data: 0, entries: 0, arrays: 0 });
    late.close();
    file?.close();
    writer.close();
  },
);

it('finds every counted entry with a walk begun at any step, before the index knows it', async () => {
  const path = join(directory, 'begun.journal');
  const cache = new PageCache({ bytes: 1024 * 1024 });
  const match = equals('TASK', 'one');
  let counted = 0;
  let file: JournalFile | undefined;
  const writer = new JournalWriter({
    path,
    machineId,
    onStep: (step) => {
      if (step === 'counted') counted += 1;
      file ??= JournalFile.open(path, cache);
      file.refresh();
      const walk = file.walk(match);
      let found = 0;
      for (; typeof walk.peek('forward') !== 'string'; walk.advance('forward')) found += 1;
      expect(found).toBe(counted);
      let back = 0;
      for (; typeof walk.peek('backward') !== 'string'; walk.advance('backward')) back += 1;
      expect(back).toBe(counted);
      walk.close();
    },
  });
  for (let i = 0; i < 12; i++) {
    const fields = [
      ['TASK', 'one'],
      ['MESSAGE', `line ${i}`],
    ] as const;
    writer.append({ realtime: 1_700_000_000_000_000 + i, monotonic: i + 1, fields });
  }
  expect(counted).toBe(12);
  writer.close();
  file?.close();
});

it('finds a value that the file did not have when the walk began', async () => {
  const path = join(directory, 'later.journal');
  const writer = new JournalWriter({ path, machineId });
  const append = (value: string): void => {
    writer.append({
      realtime: 1_700_000_000_000_000,
      monotonic: 1,
      fields: [
        ['TASK', value],
        ['MESSAGE', value],
      ],
    });
  };
  append('early');
  const file = JournalFile.open(path, new PageCache({ bytes: 1024 * 1024 }));
  const walk = file.walk(equals('TASK', 'late'));
  expect(walk.peek('forward')).toBe('end');
  append('other');
  append('late');
  expect(walk.peek('forward')).toBe('end');
  expect(file.refresh()).toBe(true);
  expect(await messages(walk)).toEqual(['MESSAGE=late']);
  append('late');
  file.refresh();
  expect(await messages(walk)).toEqual(['MESSAGE=late']);
  file.close();
  writer.close();
});

it('sees nothing of an entry that is written but not counted', async () => {
  const path = join(directory, 'stored.journal');
  const cache = new PageCache({ bytes: 1024 * 1024 });
  let seen: number | undefined;
  let file: JournalFile | undefined;
  const writer = new JournalWriter({
    path,
    machineId,
    onStep: (step) => {
      if (step !== 'stored' || file === undefined) return;
      file.refresh();
      seen = file.entryCount;
      expect(file.entryAt(1)).toBeUndefined();
      expect(file.bisect(() => false)).toBe(1);
    },
  });
  const entry = { realtime: 1_700_000_000_000_000, monotonic: 1, fields: [['MESSAGE', 'x']] as const };
  writer.append(entry);
  file = JournalFile.open(path, cache);
  writer.append({ ...entry, monotonic: 2 });
  expect(seen).toBe(1);
  file.close();
  writer.close();
});
