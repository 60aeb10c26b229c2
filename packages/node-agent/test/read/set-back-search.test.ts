import { describe, expect, it } from 'vitest';
import { type SetBack, SetBackSearch, type StampedEntry } from '../../src/read/set-back-search.ts';

const second = 1_000_000;
/** Realtime of the boot that runs, by a clock that is right. */
const booted = 1_700_000_000 * second;
const bootId = 'b';

/** Written so many seconds after the boot, by a clock that is ahead by so many. */
function entry(at: number, ahead = 0): StampedEntry {
  return { realtime: booted + (at + ahead) * second, monotonic: at * second, bootId };
}

/** For a reader who, at 100 s, had read everything until then, and comes back at 200 s. */
function found(entries: readonly StampedEntry[], { from = booted + 100 * second, now = 200 } = {}): SetBack<number> {
  const at = entries.findIndex(({ realtime }) => realtime >= from);
  const begin = at === -1 ? entries.length : at;
  const reached = { from, age: (now - 100) * second };
  const search = new SetBackSearch<number>(reached, { bootId, monotonic: now * second }, entries[begin]);
  let next = begin;
  do next--;
  while (next >= 0 && search.take(entries[next] as StampedEntry, next));
  return search.found(next < 0);
}

const nothing = { begin: undefined, uncertain: undefined };

describe('what was written since a time was reached, with lesser realtimes', () => {
  it('is nothing while the clock goes on', () => {
    expect(found([entry(50), entry(99), entry(101), entry(150)])).toEqual(nothing);
    expect(found([entry(50), entry(99)])).toEqual(nothing);
    expect(found([])).toEqual(nothing);
  });

  it('begins where the clock was set back, wherever it has got to since', () => {
    expect(found([entry(50), entry(99), entry(110, -60), entry(120, -60), entry(130)])).toEqual({
      ...nothing,
      begin: 2,
    });
    expect(found([entry(50), entry(99), entry(110, -60), entry(190, -60)])).toEqual({ ...nothing, begin: 2 });
    expect(found([entry(50), entry(110, -60), entry(120, -60)])).toEqual({ ...nothing, begin: 1 });
  });

  it('begins where it was set back first, if that was several times', () => {
    expect(found([entry(99), entry(110, -50), entry(120, -80), entry(130, -90), entry(150)])).toEqual({
      ...nothing,
      begin: 1,
    });
  });

  it('is nothing if the clock had been set back before', () => {
    expect(found([entry(20), entry(40, -30), entry(90, -30), entry(101), entry(110)])).toEqual(nothing);
  });

  it('is uncertain where the clock was set at about that time', () => {
    expect(found([entry(50), entry(99), entry(100.5, -60), entry(101, -60), entry(130)])).toEqual({
      ...nothing,
      uncertain: booted + 40.5 * second,
    });
  });

  it('is certain of what came later all the same', () => {
    expect(found([entry(50), entry(99), entry(100.5, -60), entry(110, -60), entry(130)])).toEqual({
      begin: 3,
      uncertain: booted + 40.5 * second,
    });
  });

  it('is uncertain where the clock was set twice between two entries, for one shows only that it was behind', () => {
    expect(found([entry(50, -60), entry(110, -50), entry(160)])).toEqual({
      ...nothing,
      uncertain: booted + 60 * second,
    });
  });

  it('is nothing where the clock was slowed as NTP does', () => {
    expect(found([entry(50), entry(99.9, -0.02), entry(101), entry(110)])).toEqual(nothing);
  });

  it('is all of the boot that runs, if that began since with a clock that was behind', () => {
    const before = { realtime: booted - 500 * second, monotonic: 900 * second, bootId: 'a' };
    const from = booted - 400 * second;
    const entries = [before, entry(1, -600), entry(5, -600), entry(9)];
    const reached = { from, age: 300 * second };
    const search = new SetBackSearch<number>(reached, { bootId, monotonic: 20 * second }, entries[3]);
    expect(search.take(entries[2] as StampedEntry, 2)).toBe(true);
    expect(search.take(entries[1] as StampedEntry, 1)).toBe(true);
    search.take(before, 0);
    expect(search.found(true)).toMatchObject({ begin: 1 });
  });

  it('is uncertain in a boot before the one that runs: how long ago that was nobody knows', () => {
    const old = (at: number, ahead = 0) => ({ ...entry(at, ahead), bootId: 'a' });
    const entries = [old(10), old(99), old(110, -60), old(120, -60), old(130)];
    expect(found(entries, { now: 20_000 })).toEqual(nothing);
    const search = new SetBackSearch<number>(
      { from: booted + 100 * second, age: 100 * second },
      { bootId, monotonic: 30 * second },
      entries[4],
    );
    for (let at = 3; at >= 0 && search.take(entries[at] as StampedEntry, at); at--);
    expect(search.found(false)).toEqual({ ...nothing, uncertain: booted + 50 * second });
  });

  it('looks at nothing that was written long before', () => {
    const reached = { from: booted + 100 * second, age: 100 * second };
    const search = new SetBackSearch<number>(reached, { bootId, monotonic: 200 * second }, undefined);
    expect(search.take(entry(99), 1)).toBe(true);
    expect(search.take(entry(97), 0)).toBe(false);
  });
});
