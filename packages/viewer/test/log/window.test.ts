import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/log/row.ts';
import { LogWindow } from '../../src/log/window.ts';

/** A row that is known by its place in the whole log. */
function row(place: number, size = 1): Row {
  return {
    kind: 'entry',
    key: String(place),
    size,
    entry: {
      cursor: `cursor ${place}`,
      source: { agent: 'S1', host: 'node-1' },
      fields: {},
      realtime_timestamp: place,
      monotonic_timestamp: place,
      boot_id: 'b',
    },
  };
}

const rowsOf = (from: number, to: number, size?: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => row(from + at, size));
const placesIn = (window: LogWindow) => window.rows.map(({ key }) => Number(key));

describe('the window of rows in memory', () => {
  it('drops the oldest when newer ones are added beyond its limit, several at once', () => {
    const window = new LogWindow({ mostRows: 10, mostText: 1_000 });
    expect(window.append(rowsOf(0, 10))).toBe(0);
    expect(window.append(rowsOf(10, 11))).toBe(3);
    expect(placesIn(window)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(window.oldest?.cursor).toBe('cursor 3');
    expect(window.newest?.cursor).toBe('cursor 10');
  });

  it('drops the newest when older ones are added beyond its limit', () => {
    const window = new LogWindow({ mostRows: 10, mostText: 1_000 });
    window.append(rowsOf(10, 20));
    expect(window.prepend(rowsOf(6, 10))).toBe(6);
    expect(placesIn(window)).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('counts text as well as rows, and keeps one row however long it is', () => {
    const window = new LogWindow({ mostRows: 10, mostText: 100 });
    window.append(rowsOf(0, 4, 30));
    expect(placesIn(window)).toEqual([2, 3]);
    window.append([row(9, 5_000)]);
    expect(placesIn(window)).toEqual([9]);
    expect(window.text).toBe(5_000);
  });

  it('says whether there is room for more without dropping any', () => {
    const window = new LogWindow({ mostRows: 10, mostText: 100 });
    window.append(rowsOf(0, 8));
    expect(window.hasRoomFor(rowsOf(8, 10))).toBe(true);
    expect(window.hasRoomFor(rowsOf(8, 11))).toBe(false);
    expect(window.hasRoomFor([row(8, 93)])).toBe(false);
  });

  it('leaves out rows that it has, and takes those again that it has dropped', () => {
    const window = new LogWindow({ mostRows: 10, mostText: 1_000 });
    window.append(rowsOf(0, 8));
    window.append(rowsOf(5, 11));
    expect(placesIn(window)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    window.prepend(rowsOf(0, 4));
    expect(placesIn(window)[0]).toBe(0);
  });

  it('holds a part of the log without a hole, in order, each row once and never beyond its limits, however it is read', () => {
    const step = fc.record({
      direction: fc.constantFrom('newer' as const, 'older' as const),
      count: fc.integer({ min: 0, max: 30 }),
      overlap: fc.integer({ min: 0, max: 5 }),
      size: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limits = { mostRows: 40, mostText: 600 };
        const window = new LogWindow(limits);
        window.append([row(1_000)]);
        for (const { direction, count, size, ...step } of steps) {
          // As a reader does who goes on at the cursor of the first or last row, and may get some of them again.
          const places = placesIn(window);
          const [first = 0, last = 0] = [places[0], places.at(-1)];
          const overlap = Math.min(step.overlap, places.length);
          if (direction === 'newer') window.append(rowsOf(last + 1 - overlap, last + 1 + count, size));
          else window.prepend(rowsOf(first - count, first + overlap, size));
          const held = placesIn(window);
          expect(held.length).toBeGreaterThan(0);
          expect(held).toEqual(held.map((_, at) => (held[0] ?? 0) + at));
          expect(held.length).toBeLessThanOrEqual(limits.mostRows);
          expect(window.text).toBe(window.rows.reduce((sum, { size }) => sum + size, 0));
          if (held.length > 1) expect(window.text).toBeLessThanOrEqual(limits.mostText);
          expect(held.every((place) => window.has(String(place)))).toBe(true);
        }
      }),
    );
  });
});
