import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absoluteBounds,
  boundOf,
  boundText,
  rangeLabel,
  rangeOf,
  readable,
  wallClock,
} from '../../src/search/time-range.ts';

const now = Date.UTC(2026, 10, 21, 15, 0, 0);
const at = (hour: number, minute = 0) => Date.UTC(2026, 10, 21, hour, minute) * 1_000;

describe('a time range', () => {
  it('is said in words', () => {
    expect(rangeLabel({}, 'utc', now)).toBe('All time');
    expect(rangeLabel({ since: '-15m' }, 'utc', now)).toBe('Last 15 minutes');
    expect(rangeLabel({ since: '2026-11-21T13:00:00Z', until: '2026-11-21T14:30:00Z' }, 'utc', now)).toBe(
      '2026-11-21 13:00:00 – 14:30:00',
    );
    expect(rangeLabel({ until: '2026-11-20T01:02:03.5Z' }, 'utc', now)).toBe('the beginning – 2026-11-20 01:02:03.5');
    expect(rangeLabel({ since: '@1795269600', until: '@1795269659.999999' }, 'utc', now)).toBe(
      '2026-11-21 14:00:00 – 14:01:00',
    );
    expect(rangeLabel({ since: 'whenever' }, 'utc', now)).toBe('whenever – now');
  });

  it('that counts from now is said as it was asked for: it goes on', () => {
    expect(rangeLabel({ since: '-90m' }, 'utc', now)).toBe('-90m – now');
    expect(rangeLabel({ since: '2026-11-21T13:00:00Z', until: '-30m' }, 'utc', now)).toBe('2026-11-21 13:00:00 – -30m');
    expect(boundText('-90m', at(13, 30), 'utc')).toBe('-90m');
    expect(boundText('@1795269600', at(14), 'utc')).toBe('2026-11-21 14:00:00');
  });

  it('is the same whenever it is looked at, once it is absolute', () => {
    const fixed = absoluteBounds({ since: '-1h', until: undefined }, now);
    expect(fixed).toEqual({ since: '@1795269600.000000', until: undefined });
    expect(rangeOf(fixed, now + 1e9)).toEqual({ from: at(14), to: undefined });
  });

  it('is typed as a day, as a time in the zone that is shown, or as the API takes it', () => {
    expect(boundOf(' 2026-11-21 14:00 ', 'utc')).toBe('@1795269600.000000');
    expect(boundOf('2026-11-21T14:00:00.25', 'utc')).toBe('@1795269600.250000');
    expect(boundOf('2026-11-21', 'utc')).toBe('@1795219200.000000');
    expect(boundOf('15m', 'utc')).toBe('-15m');
    expect(boundOf('-1h30m', 'utc')).toBe('-1h30m');
    expect(rangeOf({ since: '-1h30m', until: '@1795269600.000001' }, now)).toEqual({
      from: at(13, 30),
      to: at(14) + 1,
    });
    expect(boundOf('2026-11-21T14:00:00+02:00', 'utc')).toBe('2026-11-21T14:00:00+02:00');
    expect(boundOf('', 'utc')).toBeUndefined();
    expect(() => boundOf('yesterday', 'utc')).toThrow(/^Expected a time/);
    expect(() => boundOf('2026-13-41', 'utc')).toThrow(/^Expected a time/);
  });

  it('comes back from a field of a form as the same second, in any zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.constantFrom('utc', 'local'), (seconds, zone) => {
        const text = wallClock(seconds * 1e6, zone);
        // The hour that a clock has twice a year is told apart by nothing.
        expect(wallClock(Number(boundOf(text, zone)?.slice(1)) * 1e6, zone)).toBe(text);
        if (zone === 'utc') expect(boundOf(text, zone)).toBe(`@${seconds}.000000`);
      }),
    );
    expect(readable(1_795_269_600_000_100, 'utc')).toBe('2026-11-21 14:00:00.0001');
  });
});
