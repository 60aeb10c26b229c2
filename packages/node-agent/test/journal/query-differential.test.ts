import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryToAppend, JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { journalctlJson } from '../../../../test/fixtures/journalctl.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { grep } from '../../src/journal/grep.ts';
import { and, equals, everything, type Match, or, priorityAtMost, since, until } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { Direction, JournalSource } from '../../src/journal/source.ts';
import { manyEntries } from './many-fields.ts';
import { readWalk } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

/** With CLUSTERLOG_LONG_TESTS=1: 4,800 pairs of a journal and a query. */
const isLong = process.env.CLUSTERLOG_LONG_TESTS === '1';
const worlds = isLong ? 12 : 4;
const queries = isLong ? 400 : 60;
/** journalctls running at a time. */
const atOnce = 4;

const machineId = '0123456789abcdef0123456789abcdef';
const second = 1_000_000;

/** A query, in journalctl's words and in ours. */
interface Query {
  readonly args: readonly string[];
  readonly match: Match;
  readonly direction: Direction;
}

function worldEntries(seed: number): EntryToAppend[] {
  let monotonic = 0;
  return manyEntries(900, seed).map((entry, index) => {
    // The two boots' clocks run on in one direction: where they do not, journalctl stops at the first entry outside.
    monotonic = index === 450 ? second : monotonic + 700_000;
    return { ...entry, realtime: 1_700_000_000_000_000 + index * 700_000, monotonic };
  });
}

/** Three files that follow each other, and one of another counter beside them. */
function writeWorld(directory: string, seed: number): EntryToAppend[] {
  const entries = worldEntries(seed);
  const options = { machineId, compact: seed % 2 === 0, keyedHash: seed % 3 !== 0, bulk: true } as const;
  mkdirSync(join(directory, machineId), { recursive: true });
  let system = new JournalWriter({ ...options, path: join(directory, machineId, 'system.journal') });
  const user = new JournalWriter({ ...options, path: join(directory, machineId, 'user-1000.journal') });
  for (const [index, entry] of entries.entries()) {
    if (index === 300 || index === 600) system = system.rotate().writer;
    (index % 9 === 4 ? user : system).append(entry);
  }
  system.close();
  user.close();
  return entries;
}

const values: Readonly<Record<string, readonly string[]>> = {
  EXECUTOR_ID: ['task-1', 'task-2', 'task-3', 'task-19', 'task-none'],
  STREAM: ['STDOUT', 'STDERR'],
  PRIORITY: ['0', '1', '7', '8'],
  TAG: ['one', 'two-1', 'two-2'],
  EMPTY: [''],
  _HOSTNAME: ['node1'],
  NEVER: ['seen'],
  FRAMEWORK_ID: ['framework-0', 'framework-2'],
};
const term = fc
  .constantFrom(...Object.keys(values))
  .chain((field) => fc.constantFrom(...(values[field] ?? [])).map((value) => [field, value] as const));
const groups = fc.array(fc.array(term, { minLength: 1, maxLength: 4 }), { maxLength: 3 });
const patterns = [
  'task 1',
  'TASK 1',
  'Line',
  'line [0-9]*7 of',
  '^line 3',
  '\\.{40,}$',
  'task (3|4|15) ',
  'nothing',
  '\\d{3} of task \\d ',
  '^$',
];

function anyQuery(entries: readonly EntryToAppend[]): fc.Arbitrary<Query> {
  const time = fc.option(fc.tuple(fc.nat({ max: entries.length - 1 }), fc.integer({ min: -2, max: 2 })), {
    nil: undefined,
  });
  return fc
    .record({
      groups,
      priority: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined, freq: 2 }),
      pattern: fc.option(fc.constantFrom(...patterns), { nil: undefined, freq: 2 }),
      ignoresCase: fc.option(fc.boolean(), { nil: undefined }),
      since: time,
      until: time,
      reverse: fc.boolean(),
    })
    .map((query) => toQuery(query, ([index, more]) => (entries[index] as EntryToAppend).realtime + more));
}

function toQuery(
  query: {
    groups: (readonly [string, string])[][];
    priority: number | undefined;
    pattern: string | undefined;
    ignoresCase: boolean | undefined;
    since: [number, number] | undefined;
    until: [number, number] | undefined;
    reverse: boolean;
  },
  timeOf: (time: [number, number]) => number,
): Query {
  const args: string[] = [];
  const terms: Match[] = [];
  if (query.priority !== undefined) {
    args.push(`--priority=${query.priority}`);
    terms.push(priorityAtMost(query.priority));
  }
  if (query.pattern !== undefined) {
    args.push(`--grep=${query.pattern}`);
    if (query.ignoresCase !== undefined) args.push(`--case-sensitive=${query.ignoresCase ? 'no' : 'yes'}`);
    const smart = query.ignoresCase === undefined ? 'smart' : query.ignoresCase ? 'insensitive' : 'sensitive';
    terms.push(grep('MESSAGE', query.pattern, { case: smart }));
  }
  const [from, to] = [query.since, query.until].map((time) => time && timeOf(time));
  if (from !== undefined && (to === undefined || from <= to)) {
    args.push(`--since=@${(from / second).toFixed(6)}`);
    terms.push(since(from));
  }
  if (to !== undefined) {
    args.push(`--until=@${(to / second).toFixed(6)}`);
    terms.push(until(to));
  }
  if (query.reverse) args.push('--reverse');
  args.push(
    ...query.groups
      .map((group) => group.map(([field, value]) => `${field}=${value}`))
      .flatMap((group, index) => (index > 0 ? ['+', ...group] : group)),
  );
  if (query.groups.length > 0) terms.push(or(...query.groups.map(groupMatch)));
  return {
    args,
    match: terms.length === 0 ? everything : and(...terms),
    direction: query.reverse ? 'backward' : 'forward',
  };
}

function groupMatch(group: readonly (readonly [string, string])[]): Match {
  const fields = new Map<string, string[]>();
  for (const [field, value] of group) fields.set(field, [...(fields.get(field) ?? []), value]);
  return and(...[...fields].map(([field, wanted]) => equals(field, ...wanted)));
}

async function native(source: JournalSource, { match, direction }: Query): Promise<string[]> {
  const walk = source.walk(match);
  if (direction === 'backward') await walk.seekTail();
  const cursors = await readWalk(walk, direction, undefined, cursorOf);
  walk.close();
  return cursors;
}

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('queries', () => {
  const parent = testDirectory();
  it.each(Array.from({ length: worlds }, (_, index) => index + 1))(
    'give what journalctl gives on journal %i, when asked for the first time and again',
    { timeout: isLong ? 300_000 : 60_000 },
    async (seed) => {
      const directory = join(parent, String(seed));
      const entries = writeWorld(directory, seed);
      const source = await openJournal({ directories: [directory] });
      const sampled = fc.sample(anyQuery(entries), { numRuns: queries, seed });
      let matched = 0;
      for (let at = 0; at < sampled.length; at += atOnce) {
        await Promise.all(
          sampled.slice(at, at + atOnce).map(async (query) => {
            const printed = await journalctlJson(
              `--directory=${directory}`,
              '--output-fields=_HOSTNAME',
              ...query.args,
            );
            const cursors = printed.map((entry) => entry.__CURSOR);
            const { args } = query;
            expect({ args, cursors: await native(source, query) }).toEqual({ args, cursors });
            expect({ args, cursors: await native(source, query) }).toEqual({ args, cursors });
            if (cursors.length > 0) matched += 1;
          }),
        );
      }
      expect(matched).toBeGreaterThan(queries / 5);
      await source.close();
    },
  );
});
