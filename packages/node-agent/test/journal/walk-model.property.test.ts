import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { matchesFields } from '../../src/journal/journalctl/journalctl-match.ts';
import { and, equals, everything, type Match, not, or, since, until } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { Direction, EntryWalk, JournalSource } from '../../src/journal/source.ts';
import { type MemoryEntry, MemoryFile } from './memory-file.ts';
import { MemoryJournal } from './memory-journal.ts';
import { readWalk } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

const parent = testDirectory();
const machineId = 'a'.repeat(32);
const seqnumId = 'c'.repeat(32);
const start = 1_700_000_000_000_000;
const second = 1_000_000;

/** A line that is logged: to which file, after how long, and what the clock and the machine did before. */
const anyLine = fc.record({
  file: fc.nat(2),
  elapsed: fc.nat(3),
  clockStep: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
  ),
  boots: fc.nat(11).map((number) => number === 0),
  /** The same line again, at the same time: one write of several lines. */
  again: fc.nat(4).map((number) => number === 0),
});
type Line = typeof anyLine extends fc.Arbitrary<infer T> ? T : never;
const anyLines = fc.array(anyLine, { minLength: 1, maxLength: 30 });

/** The entries of one machine's journald, numbered by one counter, which is their order whatever the clocks say. */
function entriesOf(lines: readonly Line[]): (MemoryEntry & { readonly file: number })[] {
  let clock = start;
  let monotonic = second;
  let boot = 0;
  let text = 0;
  return lines.map(({ file, elapsed, clockStep, boots, again }, index) => {
    if (!again || index === 0) {
      monotonic += elapsed * second;
      clock += (elapsed + clockStep) * second;
      text++;
      if (boots) [boot, monotonic] = [boot + 1, second];
    }
    const fields = { MESSAGE: `line ${text}`, PARITY: String(text % 2), PRIORITY: String(text % 8) };
    return {
      realtime: clock,
      monotonic,
      seqnum: index + 1,
      seqnumId,
      bootId: String(boot).padStart(32, 'b'),
      xorHashHigh: 0,
      xorHashLow: text,
      fields: new Map(Object.entries(fields).map(([name, value]) => [name, [Buffer.from(value)]])),
      file,
    };
  });
}

const anyTime = fc.integer({ min: -10, max: 60 }).map((seconds) => start + seconds * second);
const anyFilter: fc.Arbitrary<Match> = fc.constantFrom(
  everything,
  equals('PARITY', '1'),
  not(equals('PARITY', '1')),
  or(equals('PRIORITY', '3'), equals('PARITY', '0')),
  equals('PRIORITY', '2', '5'),
  equals('MESSAGE', 'line 4'),
  equals('MESSAGE', 'nothing'),
);
const anyMatch: fc.Arbitrary<Match> = fc.oneof(
  anyFilter,
  fc.tuple(anyFilter, anyTime).map(([filter, time]) => and(filter, since(time))),
  fc.tuple(anyFilter, anyTime).map(([filter, time]) => and(filter, until(time))),
  fc.tuple(anyFilter, anyTime, anyTime).map(([filter, from, to]) => and(filter, since(from), until(to))),
);

/** What a caller may do with a walk. */
type Step =
  | { readonly kind: 'head' }
  | { readonly kind: 'tail' }
  | {
      readonly kind: 'cursor';
      readonly pick: number;
      readonly side: 'before' | 'after';
      readonly number: 'kept' | 'gone';
    }
  | { readonly kind: 'skip'; readonly count: number }
  | { readonly kind: 'read'; readonly direction: Direction; readonly limit: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom({ kind: 'head' as const }, { kind: 'tail' as const }),
  fc.record({
    kind: fc.constant('cursor' as const),
    pick: fc.nat(),
    side: fc.constantFrom('before' as const, 'after' as const),
    number: fc.constantFrom('kept' as const, 'kept' as const, 'gone' as const),
  }),
  fc.record({ kind: fc.constant('skip' as const), count: fc.integer({ min: -8, max: 8 }) }),
  fc.record({
    kind: fc.constant('read' as const),
    direction: fc.constantFrom('forward' as const, 'backward' as const),
    limit: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Number.POSITIVE_INFINITY)),
  }),
);

/** A walk over a plain list: a position between two entries of it. */
class ListWalk {
  readonly #entries: readonly MemoryEntry[];
  readonly #match: Match;
  position = 0;

  constructor(entries: readonly MemoryEntry[], match: Match) {
    this.#entries = entries;
    this.#match = match;
  }

  read(direction: Direction, limit: number): number[] {
    const read: number[] = [];
    while (read.length < limit) {
      const at = direction === 'forward' ? this.position : this.position - 1;
      const entry = this.#entries[at];
      if (entry === undefined) break;
      this.position = direction === 'forward' ? at + 1 : at;
      if (matchesFields(this.#match, entry.fields, entry.realtime)) read.push(entry.seqnum);
    }
    return read;
  }

  /** By the cursor rule; where the number is gone, the first of those that are otherwise the same. */
  seekCursor(entry: MemoryEntry, side: 'before' | 'after', number: 'kept' | 'gone'): void {
    const isTwin = (other: MemoryEntry): boolean =>
      other.bootId === entry.bootId &&
      other.monotonic === entry.monotonic &&
      other.realtime === entry.realtime &&
      other.xorHashLow === entry.xorHashLow;
    const at = number === 'kept' ? this.#entries.indexOf(entry) : this.#entries.findIndex(isTwin);
    this.position = side === 'before' ? at : at + 1;
  }
}

/** Takes the same steps with both, and compares what they give. */
async function compare(source: JournalSource, entries: readonly MemoryEntry[], match: Match, steps: readonly Step[]) {
  const walk: EntryWalk = source.walk(match);
  const model = new ListWalk(entries, match);
  const read = (direction: Direction, limit: number): Promise<number[]> =>
    readWalk(walk, direction, limit, ({ seqnum }) => seqnum);
  for (const step of steps) {
    if (step.kind === 'head') {
      await walk.seekHead();
      model.position = 0;
    } else if (step.kind === 'tail') {
      await walk.seekTail();
      model.position = entries.length;
    } else if (step.kind === 'skip') {
      const direction = step.count < 0 ? 'backward' : 'forward';
      expect(await walk.skip(step.count)).toBe(model.read(direction, Math.abs(step.count)).length);
    } else if (step.kind === 'read') {
      expect(await read(step.direction, step.limit)).toEqual(model.read(step.direction, step.limit));
    } else {
      const target = entries[step.pick % entries.length];
      if (target === undefined) continue;
      const { bootId } = target;
      const [monotonic, realtime, xorHash] = [target.monotonic, target.realtime, xorHashOf(target)];
      const number =
        step.number === 'kept'
          ? { seqnumId, seqnum: BigInt(target.seqnum) }
          : { seqnumId: 'd'.repeat(32), seqnum: 7_000n };
      const cursor = { ...number, bootId, monotonic: BigInt(monotonic), realtime: BigInt(realtime), xorHash };
      expect(await walk.seekCursor(cursor, step.side)).toBe('exact');
      model.seekCursor(target, step.side, step.number);
    }
  }
  expect(walk.takeGaps()).toEqual([]);
  walk.close();
}

function xorHashOf({ xorHashHigh, xorHashLow }: MemoryEntry): bigint {
  return (BigInt(xorHashHigh) << 32n) | BigInt(xorHashLow);
}

const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 12 });

it('any steps over files that overlap are those over a list: clocks set, boots, equal stamps and lines included', async () => {
  await fc.assert(
    fc.asyncProperty(anyLines, anyMatch, anySteps, async (lines, match, steps) => {
      const entries = entriesOf(lines);
      const files = [0, 1, 2].map((file) => entries.filter((entry) => entry.file === file));
      await using journal = new MemoryJournal(
        Object.fromEntries(
          files.map((ofFile, file) => [
            `file-${file}.journal`,
            new MemoryFile({ fileId: String(file).repeat(32), machineId, seqnumId }, ofFile),
          ]),
        ),
      );
      await compare(journal.source, entries, match, steps);
    }),
    { numRuns: 300 },
  );
}, 60_000);

it('any steps over files as journald writes and archives them are those over a list', async () => {
  await fc.assert(
    fc.asyncProperty(anyLines, fc.boolean(), anyMatch, anySteps, async (lines, compact, match, steps) => {
      const entries = entriesOf(lines);
      const directory = mkdtempSync(join(parent, 'files-'));
      const sizes = { dataHashTableBuckets: 8, fieldHashTableBuckets: 4, allocationStep: 8 * 1024 };
      let writer = new JournalWriter({
        path: join(directory, machineId, 'system.journal'),
        machineId,
        seqnumId,
        compact,
        bulk: true,
        ...sizes,
      });
      const written: MemoryEntry[] = [];
      for (const [index, entry] of entries.entries()) {
        if (index > 0 && entry.file !== entries[index - 1]?.file) writer = writer.rotate().writer;
        const fields = [...entry.fields].map(([name, [value = '']]) => [name, value] as const);
        const cursor = writer.append({ ...entry, fields });
        const xorHash = BigInt(`0x${/;x=([0-9a-f]+)/.exec(cursor)?.[1]}`);
        const [xorHashHigh, xorHashLow] = [Number(xorHash >> 32n), Number(xorHash & 0xffff_ffffn)];
        written.push({ ...entry, xorHashHigh, xorHashLow });
      }
      writer.close();
      const source = await openJournal({ directories: [directory] });
      try {
        await compare(source, written, match, steps);
      } finally {
        await source.close();
      }
    }),
    { numRuns: 80 },
  );
}, 60_000);
