import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesFields } from '../../src/journal/journalctl/journalctl-match.ts';
import { and, equals, type Match, or, since, until } from '../../src/journal/match.ts';
import type { Direction } from '../../src/journal/source.ts';
import { type MemoryEntry, MemoryFile } from './memory-file.ts';
import { MemoryJournal } from './memory-journal.ts';
import { readMessages } from './read-walk.ts';

const machineId = 'a'.repeat(32);
const start = 1_700_000_000_000_000;
const second = 1_000_000;

/** A file of one boot after another; the clock steps by so many seconds before some of the entries. */
type World = readonly (readonly { readonly step: number; readonly boot: boolean }[])[];

const anyWorld: fc.Arbitrary<World> = fc.array(
  fc.array(
    fc.record({
      step: fc.oneof(
        { weight: 8, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }) },
      ),
      boot: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  { minLength: 1, maxLength: 8 },
);

function entriesOf(world: World): MemoryEntry[][] {
  let number = 0;
  let clock = start;
  let monotonic = second;
  let boots = 0;
  return world.map((file) =>
    file.map(({ step, boot }) => {
      number += 1;
      monotonic += second;
      clock += second * (1 + step);
      if (boot) [boots, monotonic] = [boots + 1, second];
      const fields = new Map([
        ['MESSAGE', [Buffer.from(String(number))]],
        ['PARITY', [Buffer.from(number % 2 === 0 ? 'even' : 'odd')]],
      ]);
      const bootId = String(boots).padStart(32, 'b');
      const seqnumId = 'c'.repeat(32);
      return {
        realtime: clock,
        monotonic,
        seqnum: number,
        seqnumId,
        bootId,
        xorHashHigh: 0,
        xorHashLow: number,
        fields,
      };
    }),
  );
}

const anyTime = fc.integer({ min: -80, max: 180 }).map((seconds) => start + seconds * second);
const anyMatch: fc.Arbitrary<Match> = fc.oneof(
  fc.tuple(anyTime, anyTime).map(([from, to]) => and(since(from), until(to))),
  fc.tuple(anyTime, anyTime).map(([from, to]) => or(until(from), since(to))),
  anyTime.map(since),
  anyTime.map((time) => and(until(time), equals('PARITY', 'even'))),
);

it('leaves out no entry of the time asked for, wherever clocks were set, first or asked again', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, fc.array(anyMatch, { minLength: 1, maxLength: 4 }), async (world, matches) => {
      const files = entriesOf(world);
      await using journal = new MemoryJournal(
        Object.fromEntries(
          files.map((entries, index) => [
            `system@${index}.journal`,
            new MemoryFile({ fileId: String(index).padStart(32, 'f'), machineId, seqnumId: 'c'.repeat(32) }, entries),
          ]),
        ),
      );
      for (const match of [...matches, ...matches]) {
        const expected = files
          .flat()
          .filter(({ fields, realtime }) => matchesFields(match, fields, realtime))
          .map(({ seqnum }) => String(seqnum));
        const walk = journal.source.walk(match);
        const read = async (direction: Direction): Promise<string[]> => readMessages(walk, direction);
        expect(await read('forward')).toEqual(expected);
        await walk.seekTail();
        expect(await read('backward')).toEqual(expected.toReversed());
        walk.close();
      }
    }),
    { numRuns: 200 },
  );
});
