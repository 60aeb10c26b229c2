import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTimeRuns, firstAtOrAfter } from '../../../src/journal/log/realtime-seek.ts';

interface Times {
  readonly bootId: string;
  readonly realtime: number;
  readonly monotonic: number;
}

/** A file of these entries that counts its reads. */
function fileOf(entries: readonly (Times | undefined)[]) {
  const file = {
    reads: 0,
    entryCount: entries.length,
    entryAt(index: number): Times | undefined {
      file.reads++;
      return entries[index];
    },
  };
  return file;
}

function seek(entries: readonly (Times | undefined)[], microseconds: number): number {
  const file = fileOf(entries);
  return firstAtOrAfter(findTimeRuns(file), microseconds, () => file) ?? entries.length;
}

/** Boots one after another, each with a clock of its own that may begin anywhere, and steps of the clock within boots. */
const steppedFile = fc
  .array(
    fc.record({
      begin: fc.integer({ min: 0, max: 100_000_000 }),
      entries: fc.array(
        fc.record({
          pause: fc.integer({ min: 0, max: 4_000_000 }),
          step: fc.oneof(
            { weight: 8, arbitrary: fc.constant(0) },
            { weight: 1, arbitrary: fc.integer({ min: -9_000_000, max: 9_000_000 }) },
          ),
        }),
        { minLength: 1, maxLength: 15 },
      ),
    }),
    { maxLength: 4 },
  )
  .map((boots) =>
    boots.flatMap(({ begin, entries }, boot) => {
      let realtime = begin;
      let monotonic = 0;
      return entries.map(({ pause, step }): Times => {
        realtime += pause + step;
        monotonic += pause;
        return { bootId: `boot ${boot}`, realtime, monotonic };
      });
    }),
  );

describe('a seek to a realtime', () => {
  it('finds the first entry at or after it however the clock was set, as a scan does', () => {
    fc.assert(
      fc.property(steppedFile, fc.integer({ min: 0, max: 120_000_000 }), (entries, microseconds) => {
        const first = entries.findIndex((entry) => entry.realtime >= microseconds);
        expect(seek(entries, microseconds)).toBe(first < 0 ? entries.length : first);
      }),
      { numRuns: 500 },
    );
  });

  it('passes over damaged entries', () => {
    const at = (second: number): Times => ({ bootId: 'boot', realtime: second * 1e6, monotonic: second * 1e6 });
    const entries = [undefined, at(1), undefined, at(3), undefined, undefined, at(6), undefined];
    const firstSound = (microseconds: number) => entries.slice(seek(entries, microseconds)).find((entry) => entry);
    expect(firstSound(0)).toEqual(at(1));
    expect(firstSound(2e6)).toEqual(at(3));
    expect(firstSound(5e6)).toEqual(at(6));
    expect(firstSound(7e6)).toBeUndefined();
    expect(seek([undefined, undefined], 0)).toBe(2);
  });

  it('bisects a boot whose clock only rose, and slewing is no step', () => {
    const entries = Array.from({ length: 100_000 }, (_, index): Times => {
      return { bootId: 'boot', realtime: index * 1e6 * 0.9996, monotonic: index * 1e6 };
    });
    const file = fileOf(entries);
    const runs = findTimeRuns(file);
    expect(runs).toMatchObject([{ from: 0, to: 100_000, monotone: true }]);
    expect(firstAtOrAfter(runs, (entries[70_000] as Times).realtime, () => file)).toBe(70_000);
    expect(file.reads).toBeLessThan(100);
  });

  it('sees a clock that was set back by an hour in the middle of a boot', () => {
    const entries = Array.from({ length: 1_000 }, (_, index): Times => {
      return { bootId: 'boot', realtime: index * 1e7 - (index > 500 ? 3.6e9 : 0), monotonic: index * 1e7 };
    });
    expect(findTimeRuns(fileOf(entries))).toMatchObject([{ monotone: false }]);
    expect(seek(entries, 450 * 1e7)).toBe(450);
  });
});
