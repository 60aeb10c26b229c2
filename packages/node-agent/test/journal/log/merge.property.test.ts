import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equals, everything } from '../../../src/journal/match.ts';
import type { EntryWalk } from '../../../src/journal/source.ts';
import { type MemoryEntry, MemoryFile } from '../memory-file.ts';
import { MemoryJournal } from '../memory-journal.ts';
import { readWalk } from '../read-walk.ts';

const id = (letter: string, number: number): string => letter.padEnd(30, '0') + String(number).padStart(2, '0');
const fields = (parity: number): MemoryEntry['fields'] => new Map([['PARITY', [Buffer.from(String(parity % 2))]]]);

const keys = (walk: EntryWalk, direction: 'forward' | 'backward', limit?: number): Promise<string[]> =>
  readWalk(walk, direction, limit, cursorOf);

/** Files in which nothing is related to anything but that each counts up: the order among their entries may be a circle. */
const anyFiles = fc
  .array(
    fc.record({
      counter: fc.nat(2),
      machine: fc.nat(1),
      firstSeqnum: fc.integer({ min: 1, max: 12 }),
      entries: fc.array(
        fc.record({ boot: fc.nat(3), realtime: fc.nat(9), monotonic: fc.nat(9), hash: fc.nat(3), gap: fc.nat(2) }),
        { maxLength: 12 },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((files) =>
    files.map(({ counter, machine, firstSeqnum, entries }) => {
      let seqnum = firstSeqnum;
      return {
        identity: { machineId: id('a', machine), seqnumId: id('c', counter) },
        entries: entries.map(({ boot, realtime, monotonic, hash, gap }): MemoryEntry => {
          seqnum += 1 + gap;
          const times = { realtime: 1000 + realtime, monotonic, bootId: id('b', boot) };
          return {
            ...times,
            seqnum,
            seqnumId: id('c', counter),
            xorHashHigh: 0,
            xorHashLow: hash,
            fields: fields(seqnum),
          };
        }),
      };
    }),
  );

function openFiles(files: readonly { identity: { machineId: string; seqnumId: string }; entries: MemoryEntry[] }[]) {
  const named = files.map(({ identity, entries }, index): [string, MemoryFile] => [
    `file-${index}.journal`,
    new MemoryFile({ ...identity, fileId: id('f', index) }, entries),
  ]);
  return new MemoryJournal(Object.fromEntries(named));
}

describe('files with any times', () => {
  it('give every entry exactly once, forward and backward, each file in its own order', async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, fc.boolean(), async (files, filtered) => {
        await using journal = openFiles(files);
        const match = filtered ? equals('PARITY', '1') : everything;
        const lists = files.map(({ entries }) =>
          entries.filter((entry) => !filtered || entry.seqnum % 2 === 1).map((entry) => cursorOf(asEntry(entry))),
        );
        const all = [...new Set(lists.flat())].sort();
        const walk = journal.source.walk(match);
        const forward = await keys(walk, 'forward');
        expect(forward.toSorted()).toEqual(all);
        const backward = await keys(walk, 'backward');
        expect(backward.toSorted()).toEqual(all);
        for (const list of lists.filter((one) => !hasCopies(one, lists))) {
          expect(forward.filter((key) => list.includes(key))).toEqual(list);
          expect(backward.filter((key) => list.includes(key))).toEqual(list.toReversed());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('give every entry exactly once when read in pieces, and the last one again after a turn', async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 30 }), async (files, pieces) => {
        await using journal = openFiles(files);
        const walk = journal.source.walk(everything);
        const read: string[] = [];
        for (const piece of pieces) {
          const part = await keys(walk, 'forward', piece);
          read.push(...part);
          if (part.length === 0) continue;
          expect(await keys(walk, 'backward', 1)).toEqual([part.at(-1)]);
          expect(await keys(walk, 'forward', 1)).toEqual([part.at(-1)]);
        }
        read.push(...(await keys(walk, 'forward')));
        const all = new Set(files.flatMap(({ entries }) => entries.map((entry) => cursorOf(asEntry(entry)))));
        expect(read.toSorted()).toEqual([...all].sort());
      }),
      { numRuns: 200 },
    );
  });
});

/** An event of a world with sane clocks: which boot it is in, and which file of which counter it is written to. */
const saneWorld = fc.record({
  events: fc.array(fc.record({ newBoot: fc.boolean(), file: fc.nat(4), step: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 40,
  }),
  countersOfFiles: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
});

type SaneWorld = typeof saneWorld extends fc.Arbitrary<infer T> ? T : never;

function build({ events, countersOfFiles }: SaneWorld) {
  const files = countersOfFiles.map((counter) => ({
    identity: { machineId: id('a', 0), seqnumId: id('c', counter) },
    entries: [] as MemoryEntry[],
  }));
  const seqnums = [0, 0, 0];
  const inOrder: MemoryEntry[] = [];
  let time = 10_000;
  let boot = 0;
  let bootedAt = time;
  for (const { newBoot, file, step } of events) {
    time += step;
    if (newBoot) {
      boot++;
      bootedAt = time;
    }
    const counter = countersOfFiles[file] ?? 0;
    const seqnum = (seqnums[counter] ?? 0) + 1;
    seqnums[counter] = seqnum;
    const entry: MemoryEntry = {
      realtime: time,
      monotonic: time - bootedAt,
      bootId: id('b', boot),
      seqnum,
      seqnumId: id('c', counter),
      xorHashHigh: 0,
      xorHashLow: time,
      fields: fields(seqnum),
    };
    inOrder.push(entry);
    files[file]?.entries.push(entry);
  }
  return { files, inOrder };
}

describe('files of a machine with sane clocks', () => {
  it('give the log in the order of time, whatever file a line was written to', async () => {
    await fc.assert(
      fc.asyncProperty(saneWorld, async (world) => {
        const { files, inOrder } = build(world);
        await using journal = openFiles(files);
        const walk = journal.source.walk(everything);
        const expected = inOrder.map((entry) => cursorOf(asEntry(entry)));
        expect(await keys(walk, 'forward')).toEqual(expected);
        expect(await keys(walk, 'backward')).toEqual(expected.toReversed());
      }),
      { numRuns: 300 },
    );
  });

  it('are read from a realtime exactly', async () => {
    await fc.assert(
      fc.asyncProperty(saneWorld, fc.integer({ min: 9_990, max: 10_120 }), async (world, realtime) => {
        const { files, inOrder } = build(world);
        await using journal = openFiles(files);
        const walk = journal.source.walk(everything);
        await walk.seekRealtime(realtime);
        const after = inOrder.filter((entry) => entry.realtime >= realtime).map((entry) => cursorOf(asEntry(entry)));
        const before = inOrder.filter((entry) => entry.realtime < realtime).map((entry) => cursorOf(asEntry(entry)));
        expect(await keys(walk, 'forward')).toEqual(after);
        await walk.seekRealtime(realtime);
        expect(await keys(walk, 'backward')).toEqual(before.toReversed());
      }),
      { numRuns: 200 },
    );
  });

  it('hold copies of files without repeating an entry', async () => {
    await fc.assert(
      fc.asyncProperty(saneWorld, fc.array(fc.nat(4), { maxLength: 3 }), fc.nat(5), async (world, copied, cut) => {
        const { files, inOrder } = build(world);
        const copies = copied.flatMap((index) => {
          const file = files[index];
          return file === undefined ? [] : [{ ...file, entries: file.entries.slice(0, file.entries.length - cut) }];
        });
        await using journal = openFiles([...files, ...copies]);
        const walk = journal.source.walk(everything);
        const expected = inOrder.map((entry) => cursorOf(asEntry(entry)));
        expect(await keys(walk, 'forward', 3)).toEqual(expected.slice(0, 3));
        expect(await keys(walk, 'forward')).toEqual(expected.slice(3));
        expect(await keys(walk, 'backward')).toEqual(expected.toReversed());
      }),
      { numRuns: 200 },
    );
  });

  it('resume at any cursor by the cursor rule, vacuumed or renumbered ones included', async () => {
    await fc.assert(
      fc.asyncProperty(
        saneWorld,
        fc.nat(),
        fc.array(fc.nat(4), { maxLength: 2 }),
        fc.boolean(),
        fc.constantFrom('before' as const, 'after' as const),
        async (world, pick, vacuumed, renumbered, side) => {
          const { files, inOrder } = build(world);
          const kept = files.filter((_, index) => !vacuumed.includes(index));
          const present = inOrder.filter((entry) => kept.some((file) => file.entries.includes(entry)));
          const target = inOrder[pick % inOrder.length];
          if (target === undefined) return;
          await using journal = openFiles(kept);
          const walk = journal.source.walk(everything);
          const cursor = {
            seqnumId: renumbered ? id('d', 0) : target.seqnumId,
            seqnum: BigInt(renumbered ? target.seqnum + 500 : target.seqnum),
            bootId: target.bootId,
            monotonic: BigInt(target.monotonic),
            realtime: BigInt(target.realtime),
            xorHash: BigInt(target.xorHashLow),
          };
          const { found, index } = resolve(present, target, side);
          expect(await walk.seekCursor(cursor, side)).toBe(found);
          const expected = present.map((entry) => cursorOf(asEntry(entry)));
          expect(await keys(walk, 'forward')).toEqual(expected.slice(index));
          await walk.seekCursor(cursor, side);
          expect(await keys(walk, 'backward')).toEqual(expected.slice(0, index).toReversed());
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are followed in order while they are written, through new files and rotations', async () => {
    await fc.assert(
      fc.asyncProperty(saneWorld, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), async (world, pauses) => {
        const { files, inOrder } = build({ ...world, countersOfFiles: [0, 0, 0, 0, 0] });
        await using journal = new MemoryJournal();
        const walk = journal.source.walk(everything);
        const written = new Map<number, MemoryFile>();
        const read: string[] = [];
        for (const [number, entry] of inOrder.entries()) {
          const index = files.findIndex((file) => file.entries.includes(entry));
          const source = files[index];
          if (source === undefined) continue;
          let file = written.get(index);
          if (file === undefined) {
            file = new MemoryFile({ ...source.identity, fileId: id('f', index) }, source.entries, 0);
            file.archived = false;
            written.set(index, file);
            journal.add(`file-${index}.journal`, file);
          }
          file.committed++;
          if (file.committed === source.entries.length) {
            journal.rename(`file-${index}.journal`, `file-${index}@0.journal`);
            file.archived = true;
          }
          if (pauses[number]) read.push(...(await keys(walk, 'forward', (number % 3) + 1)));
        }
        read.push(...(await keys(walk, 'forward')));
        expect(read).toEqual(inOrder.map((entry) => cursorOf(asEntry(entry))));
      }),
      { numRuns: 200 },
    );
  });
});

/** The cursor rule on a plain list; the entries of these worlds have distinct times. */
function resolve(
  present: readonly MemoryEntry[],
  target: MemoryEntry,
  side: 'before' | 'after',
): { found: 'exact' | 'nearest'; index: number } {
  const exact = present.indexOf(target);
  if (exact >= 0) return { found: 'exact', index: side === 'before' ? exact : exact + 1 };
  const ofBoot = present.filter((entry) => entry.bootId === target.bootId);
  const next = ofBoot.find((entry) => entry.monotonic > target.monotonic);
  if (next !== undefined) return { found: 'nearest', index: present.indexOf(next) };
  const last = ofBoot.at(-1);
  if (last !== undefined) return { found: 'nearest', index: present.indexOf(last) + 1 };
  const later = present.findIndex((entry) => entry.realtime > target.realtime);
  return { found: 'nearest', index: later < 0 ? present.length : later };
}

function hasCopies(list: readonly string[], lists: readonly (readonly string[])[]): boolean {
  return lists.some((other) => other !== list && other.some((key) => list.includes(key)));
}

function asEntry(entry: MemoryEntry): Parameters<typeof cursorOf>[0] {
  return entry as unknown as Parameters<typeof cursorOf>[0];
}
