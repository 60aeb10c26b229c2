import { describe, expect, it } from 'vitest';
import { aligned, barsOf, bucketOf, heights, rangeOfBars } from '../../src/search/histogram-shape.ts';

const minute = 60e6;
const histogram = {
  from: 0,
  to: 150e6,
  bucket: minute,
  completeness: 'exact' as const,
  buckets: [
    [0, 0, 1, 2, 4, 0, 10, 8, 16],
    [0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 0, 999, 0, 0],
  ],
};

describe('a histogram', () => {
  it('has bars of lengths that people count in, at the same places at each look', () => {
    expect(bucketOf(60 * minute, 60)).toBe(minute);
    expect(bucketOf(70 * minute, 60)).toBe(2 * minute);
    expect(bucketOf(1e6, 60)).toBe(1e6);
    expect(bucketOf(365 * 86_400e6, 60)).toBe(7 * 86_400e6);
    expect(aligned(90e6, 200e6, minute)).toEqual({ from: minute, to: 4 * minute });
  });

  it('tells errors, warnings, others and debug of each step', () => {
    const bars = barsOf(histogram);
    expect(bars.map(({ counts }) => counts)).toEqual([
      [3, 4, 26, 8],
      [0, 0, 0, 0],
      [1, 0, 999, 0],
    ]);
    expect(bars.map(({ from, to, entries }) => [from, to, entries])).toEqual([
      [0, minute, 41],
      [minute, 2 * minute, 0],
      [2 * minute, 150e6, 1_000],
    ]);
  });

  it('shows one error among a thousand others, and no bar higher than it is', () => {
    const [, empty, third] = barsOf(histogram);
    if (empty === undefined || third === undefined) throw new Error('bars are missing');
    const shares = heights(third, 1_000, 0.05);
    expect(shares[0]).toBe(0.05);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(heights(empty, 1_000, 0.05)).toEqual([0, 0, 0, 0]);
    expect(heights(empty, 0, 0.05)).toEqual([0, 0, 0, 0]);
  });

  it('gives the time from one bar to another, whichever way they were drawn over', () => {
    const bars = barsOf(histogram);
    expect(rangeOfBars(bars, 1, 0)).toEqual({ from: 0, to: 2 * minute });
    expect(rangeOfBars(bars, 0, 9)).toBeUndefined();
  });
});
