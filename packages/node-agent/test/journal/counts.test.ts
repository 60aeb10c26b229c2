import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EntryToAppend, JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { mostBuckets, noPriority } from '../../src/journal/counts.ts';
import { grep } from '../../src/journal/grep.ts';
import { matchesFields } from '../../src/journal/journalctl/journalctl-match.ts';
import { JournalctlSource } from '../../src/journal/journalctl/journalctl-source.ts';
import { equals, everything, type Match, not, or, present, since, until } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';
import { manyEntries } from './many-fields.ts';
import { testDirectory } from './test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const second = 1_000_000;
const start = 1_700_000_000_000_000;
/** A second apart; in the second half, which is another boot, the clock was set back by 200 s. */
const entries = manyEntries(1000, 3).map((entry, index): EntryToAppend => {
  const realtime = start + (index - (index < 500 ? 0 : 200)) * second;
  const fields = [...entry.fields, ...(index % 50 === 0 ? ([['PRIORITY', 'urgent']] as const) : [])];
  return { ...entry, realtime, monotonic: entry.monotonic + (index % 500) * second, fields };
});

function fieldsOf(entry: EntryToAppend): Map<string, Buffer[]> {
  const fields = new Map<string, Buffer[]>();
  for (const [name, value] of entry.fields) {
    fields.set(name, [...(fields.get(name) ?? []), Buffer.from(value as string)]);
  }
  return fields;
}

const matching = (match: Match): EntryToAppend[] =>
  entries.filter((entry) => matchesFields(match, fieldsOf(entry), entry.realtime));

function naiveCounts(field: string, match: Match): [value: string, entries: number][] {
  const counts = new Map<string, number>();
  for (const entry of matching(match)) {
    for (const value of fieldsOf(entry).get(field) ?? []) {
      const key = value.toString('latin1');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

function naiveHistogram(match: Match, from: number, to: number, bucket: number): number[][] {
  const buckets = Array.from({ length: Math.ceil((to - from) / bucket) }, () => new Array<number>(9).fill(0));
  for (const entry of matching(match)) {
    if (entry.realtime < from || entry.realtime >= to) continue;
    const digits = (fieldsOf(entry).get('PRIORITY') ?? []).map(String).filter((value) => /^[0-7]$/.test(value));
    const counts = buckets[Math.floor((entry.realtime - from) / bucket)] as number[];
    (counts[Math.min(noPriority, ...digits.map(Number))] as number)++;
  }
  return buckets;
}

const matches: Match[] = [
  everything,
  equals('EXECUTOR_ID', 'task-3'),
  or(equals('STREAM', 'STDERR'), present('TAG')),
  not(equals('PRIORITY', '3', '4')),
  grep('MESSAGE', 'task 1'),
  since(start + 321 * second),
  until(start + 321 * second),
];
const fields = ['EXECUTOR_ID', 'PRIORITY', 'TAG', 'MESSAGE', 'BINARY', 'EMPTY', 'NEVER', '_BOOT_ID'];

describe.each([
  { kind: 'native', files: 'files one after another', copied: false },
  { kind: 'native', files: 'files and a copy', copied: true },
  { kind: 'journalctl', files: 'files and a copy', copied: true },
])('counts of the $kind source of $files', ({ kind, copied }) => {
  const skipped = kind === 'journalctl' && cannotRun(whyNoSystemdPrograms());
  const directory = testDirectory();
  let source: JournalSource;

  beforeAll(async () => {
    // Three archives and the file that follows.
    let writer = new JournalWriter({ path: join(directory, 'system.journal'), machineId });
    const archives: string[] = [];
    for (const [index, entry] of entries.entries()) {
      if (index > 0 && index % 300 === 0) {
        const { writer: next, archived } = writer.rotate();
        writer = next;
        archives.push(archived);
      }
      writer.append(entry);
    }
    writer.close();
    if (copied) copyFileSync(archives[1] ?? '', join(directory, 'copy@of-an-archive.journal'));
    source = kind === 'native' ? await openJournal({ directories: [directory] }) : new JournalctlSource([directory]);
  });
  afterAll(() => source.close());

  it.skipIf(skipped)('are those of a plain count, value by value, each entry once', { timeout: 30_000 }, async () => {
    for (const match of matches) {
      for (const field of kind === 'native' ? fields : fields.slice(0, 2)) {
        const { completeness, values } = await source.valueCounts(field, match);
        const counted = values.map(({ value, entries }) => [value.toString('latin1'), entries]);
        expect({ field, counted }).toEqual({ field, counted: withBootIds(field, match) });
        expect(completeness).toBe('exact');
      }
    }
  });

  it.skipIf(skipped)('are those of a plain count, by time and priority', { timeout: 30_000 }, async () => {
    const range = fc
      .tuple(fc.integer({ min: -50, max: 850 }), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 300 }))
      .map(([from, length, bucket]) => ({
        from: start + from * second,
        to: start + (from + length) * second,
        bucket: bucket * second,
      }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...matches), range, async (match, { from, to, bucket }) => {
        const { buckets, completeness } = await source.histogram(match, { from, to, bucket });
        expect(buckets).toEqual(naiveHistogram(match, from, to, bucket));
        expect(completeness).toBe('exact');
      }),
      { numRuns: kind === 'native' ? 60 : 5 },
    );
  });

  it.skipIf(skipped)('say when there was no time for all entries, and are then those of the newest', async () => {
    const { completeness, values } = await source.valueCounts('MESSAGE', everything, { milliseconds: 0 });
    expect(completeness).toBe(values.length < entries.length ? 'partial' : 'exact');
    const newest = entries.slice(entries.length - values.length).map((entry) => String(fieldsOf(entry).get('MESSAGE')));
    expect(values.map(({ value }) => String(value)).sort()).toEqual(newest.sort());
  });

  it.skipIf(skipped)('keep no more values than they may, and say so', async () => {
    const { completeness, values } = await source.valueCounts('EXECUTOR_ID', everything, { mostValues: 3 });
    expect(values).toHaveLength(3);
    expect(completeness).toBe('partial');
    const all = new Map(naiveCounts('EXECUTOR_ID', everything));
    for (const { value, entries } of values) expect(entries).toBe(all.get(String(value)));
  });

  it.skipIf(skipped)('end when they are told to', async () => {
    const signal = AbortSignal.abort(new Error('the client has gone'));
    await expect(source.valueCounts('MESSAGE', everything, { signal })).rejects.toThrow('the client has gone');
    const range = { from: start, to: start + second, bucket: second };
    await expect(source.histogram(everything, range, { signal })).rejects.toThrow('the client has gone');
  });

  it('refuse ranges that are none, and ones of too many steps', async () => {
    for (const range of [
      { from: 0, to: 10, bucket: 0 },
      { from: 10, to: 0, bucket: 1 },
      { from: 0, to: 10, bucket: 0.5 },
      { from: Number.NaN, to: 10, bucket: 1 },
      { from: 0, to: mostBuckets + 1, bucket: 1 },
    ]) {
      await expect(source.histogram(everything, range)).rejects.toThrow(RangeError);
    }
  });

  function withBootIds(field: string, match: Match): [string, number][] {
    if (field !== '_BOOT_ID') return naiveCounts(field, match);
    const counts = new Map<string, number>();
    for (const { bootId = '' } of matching(match)) counts.set(bootId, (counts.get(bootId) ?? 0) + 1);
    return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  }
});
