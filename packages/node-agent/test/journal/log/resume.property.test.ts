import { parseCursor } from '@clusterlog/shared';
import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { everything } from '../../../src/journal/match.ts';
import { type MemoryEntry, MemoryFile } from '../memory-file.ts';
import { MemoryJournal } from '../memory-journal.ts';
import { readWalk } from '../read-walk.ts';

// The machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

const start = 1_700_000_000_000_000;
const second = 1_000_000;
const id = (letter: string, number: number): string => letter.padEnd(30, '0') + String(number).padStart(2, '0');

/** A line of one of two machines, each with a counter and a clock of its own. */
const anyLine = fc.record({
  machine: fc.nat(1),
  elapsed: fc.integer({ min: 1, max: 3 }),
  clockStep: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
  ),
  boots: fc.nat(9).map((number) => number === 0),
  rotates: fc.nat(5).map((number) => number === 0),
});
type Line = typeof anyLine extends fc.Arbitrary<infer T> ? T : never;

/** The files of both machines: what one collects that pulls from others, as systemd-journal-remote does. */
function filesOf(lines: readonly Line[], areClocksSet: boolean): MemoryEntry[][] {
  let now = 0;
  const files: MemoryEntry[][] = [];
  const machines = [0, 1].map(() => ({ offset: 0, seqnum: 0, boot: 0, bootedAt: -1, file: [] as MemoryEntry[] }));
  for (const { machine, elapsed, clockStep, boots, rotates } of lines) {
    const state = machines[machine];
    if (state === undefined) continue;
    now += elapsed;
    if (areClocksSet) state.offset += clockStep;
    if (boots) [state.boot, state.bootedAt] = [state.boot + 1, now - 1];
    if (rotates || state.file.length === 0) {
      state.file = [];
      files.push(state.file);
    }
    state.seqnum++;
    state.file.push({
      realtime: start + (now + state.offset) * second,
      monotonic: (now - state.bootedAt) * second,
      bootId: id(`b${machine}`, state.boot),
      seqnum: state.seqnum,
      seqnumId: id('c', machine),
      xorHashHigh: machine,
      xorHashLow: state.seqnum,
      fields: new Map([['_MACHINE_ID', [Buffer.from(id('a', machine))]]]),
    });
  }
  return files;
}

/** Reads up to a cut, goes on from the cursor there with another walk, and gives what each of the two read. */
async function cutAt(
  files: readonly MemoryEntry[][],
  cut: number,
): Promise<[before: string[], after: string[], all: string[]]> {
  await using journal = new MemoryJournal(
    Object.fromEntries(
      files.map((entries, index) => {
        const machineId = id('a', entries[0]?.xorHashHigh ?? 0);
        const identity = { fileId: id('f', index), machineId, seqnumId: entries[0]?.seqnumId ?? '' };
        return [`file-${index}.journal`, new MemoryFile(identity, entries)];
      }),
    ),
  );
  const read = (walk: ReturnType<typeof journal.source.walk>, limit?: number) =>
    readWalk(walk, 'forward', limit, cursorOf);
  const all = await read(journal.source.walk(everything));
  const before = await read(journal.source.walk(everything), 1 + (cut % all.length));
  const walk = journal.source.walk(everything);
  const cursor = parseCursor(before.at(-1) ?? '');
  if (cursor === undefined) throw new Error('nothing was read');
  expect(await walk.seekCursor(cursor, 'after')).toBe('exact');
  return [before, await read(walk), all];
}

const anyLines = fc.array(anyLine, { minLength: 1, maxLength: 30 });

describe('who comes back with the cursor of the last entry', () => {
  it('gets the rest, and nothing twice, of machines that keep time', async () => {
    await fc.assert(
      fc.asyncProperty(anyLines, fc.nat(), async (lines, cut) => {
        const [before, after, all] = await cutAt(filesOf(lines, false), cut);
        expect([...before, ...after]).toEqual(all);
      }),
      { numRuns: 300 },
    );
  });

  it('loses nothing, wherever the clocks of the machines were set', async () => {
    await fc.assert(
      fc.asyncProperty(anyLines, fc.nat(), async (lines, cut) => {
        const [before, after, all] = await cutAt(filesOf(lines, true), cut);
        expect(new Set([...before, ...after])).toEqual(new Set(all));
        expect(new Set(after).size).toBe(after.length);
      }),
      { numRuns: 300 },
    );
  });
});
