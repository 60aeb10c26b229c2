import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cursor } from '@clusterlog/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EntryToAppend, JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { EncodingCache } from '../../src/encode/encoding-cache.ts';
import { v3Encoder } from '../../src/encode/v3-encoder.ts';
import type { FieldView } from '../../src/journal/entry.ts';
import { equals, everything } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import { Notices } from '../../src/read/v3-notices.ts';
import { readV3Page } from '../../src/read/v3-page.ts';
import { cursorOfEntry, Progress } from '../../src/read/v3-progress.ts';
import { seekV3, type V3Start } from '../../src/read/v3-start.ts';
import { testDirectory } from '../journal/test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const boots = ['fedcba9876543210fedcba9876543210', '00112233445566778899aabbccddeeff'];
const second = 1_000_000;

/** Entries of two boots, several at the same time, the clock now and then set back; some rotated, some in a second file. */
const writtenEntry = fc.record({
  ahead: fc.constantFrom(0, 0, 1, second, -3 * second),
  tag: fc.constantFrom('a', 'b'),
  rotates: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  isUsers: fc.boolean(),
});
type WrittenEntry = typeof writtenEntry extends fc.Arbitrary<infer Entry> ? Entry : never;

function write(directory: string, entries: readonly WrittenEntry[]): void {
  mkdirSync(join(directory, machineId), { recursive: true });
  const options = { machineId, bulk: true } as const;
  let system = new JournalWriter({ ...options, path: join(directory, machineId, 'system.journal') });
  const user = new JournalWriter({ ...options, path: join(directory, machineId, 'user-1000.journal') });
  const half = Math.ceil(entries.length / 2);
  let realtime = 1_700_000_000_000_000;
  let newest = realtime;
  let earliest = 0;
  for (const [index, { ahead, tag, rotates, isUsers }] of entries.entries()) {
    // Boots are told apart by time: where their times overlap, the order of entries can be a circle.
    if (index === half) earliest = newest + second;
    realtime = Math.max(earliest, realtime + ahead);
    newest = Math.max(newest, realtime);
    if (rotates) system = system.rotate().writer;
    const entry: EntryToAppend = {
      realtime,
      monotonic: 1000 + index,
      bootId: boots[index < half ? 0 : 1] as string,
      fields: [
        ['MESSAGE', String(index)],
        ['TAG', tag],
      ],
    };
    (isUsers ? user : system).append(entry);
  }
  system.close();
  user.close();
}

it('going from page to page gives every entry once, in the order of one long answer, both ways', {
  timeout: 60_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.array(writtenEntry, { minLength: 1, maxLength: 40 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom('forward', 'backward'),
    fc.constantFrom('a', undefined),
    async (entries, limit, direction, tag) => {
      const directory = testDirectory();
      write(directory, entries);
      const journal = await openJournal({ directories: [directory] });
      const match = tag === undefined ? everything : equals('TAG', tag);
      const signal = new AbortController().signal;
      const cache = new EncodingCache();
      const page = async (start: V3Start, most: number) => {
        const encoder = v3Encoder('text', { cache, agentId: 'S0', output: 'cat', raw: true, payload: 'ndjson' });
        const walk = journal.walk(match);
        const { startGap } = await seekV3(journal, walk, start, signal);
        expect(startGap).toBeUndefined();
        const explain = (error: unknown): never => {
          throw error;
        };
        const notices = new Notices(encoder, 'S0');
        const reading = {
          walk,
          entries: new Progress(encoder),
          notices,
          direction: start.direction,
          startGap,
          explain,
        };
        const { body, next } = await readV3Page(reading, { limit: most, maximumBytes: 1e9, saysEnd: false, signal });
        return { messages: body.toString().split('\n').slice(0, -1), next };
      };
      try {
        const whole = await page({ direction }, Number.POSITIVE_INFINITY);
        const expected = entries.flatMap(({ tag: own }, index) =>
          tag === undefined || own === tag ? [String(index)] : [],
        );
        expect([...whole.messages].sort()).toEqual([...expected].sort());
        const walked: string[] = [];
        let at: V3Start = { direction };
        while (true) {
          const { messages, next } = await page(at, limit);
          walked.push(...messages);
          if (next === undefined) break;
          expect(messages).toHaveLength(limit);
          at = { direction, cursor: next };
        }
        expect(walked).toEqual(whole.messages);
      } finally {
        await journal.close();
        rmSync(directory, { recursive: true });
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

it('going on from where a search has got gives every entry once, both ways', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(
    fc.array(writtenEntry, { minLength: 1, maxLength: 40 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom('forward', 'backward'),
    async (entries, cut, direction) => {
      const directory = testDirectory();
      write(directory, entries);
      const journal = await openJournal({ directories: [directory] });
      const search = async (cursor: Cursor | undefined, most: number) => {
        const walk = journal.walk(equals('TAG', 'a'));
        const found: string[] = [];
        const signal = new AbortController().signal;
        await seekV3(journal, walk, { direction, cursor }, signal);
        const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
        let outcome: string;
        do {
          outcome = await walk.read(direction, (entry) => {
            const [first = '', other = ''] = [0, 1].map((index) => {
              entry.load(index, view);
              return view.bytes.toString('latin1', view.start, view.end);
            });
            found.push(first.startsWith('MESSAGE=') ? first : other);
            return found.length < most;
          });
        } while (outcome === 'slice');
        const reached = walk.reached(direction);
        const place = reached?.entry === undefined ? undefined : cursorOfEntry(reached.entry);
        walk.close();
        return { found, place };
      };
      try {
        const whole = await search(undefined, Number.POSITIVE_INFINITY);
        const { found, place } = await search(undefined, cut);
        if (place === undefined) return;
        const rest = await search(place, Number.POSITIVE_INFINITY);
        expect([...found, ...rest.found]).toEqual(whole.found);
      } finally {
        await journal.close();
        rmSync(directory, { recursive: true });
      }
    },
  );
  await fc.assert(property, { numRuns: 100 });
});
