/** Severities as bars stack them, the most urgent at the bottom. */
export const bands = [
  { name: 'error', label: 'errors', priorities: [0, 1, 2, 3] },
  { name: 'warning', label: 'warnings', priorities: [4] },
  { name: 'info', label: 'others', priorities: [5, 6, 8] },
  { name: 'debug', label: 'debug', priorities: [7] },
] as const;
export type Band = (typeof bands)[number]['name'];

/** One step of time. Times in µs. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  /** In the order of {@link bands}. */
  readonly counts: readonly number[];
}

/** What the API says of a range. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly bucket: number;
  readonly completeness: 'exact' | 'partial';
  readonly missing_agents?: readonly string[];
  readonly buckets: readonly (readonly number[])[];
}

const second = 1e6;
const lengths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** How long a bar is to be so that about so many fill the range, µs: a length that people count in. */
export function bucketOf(length: number, bars: number): number {
  const wanted = length / bars / second;
  const nice = lengths.find((seconds) => seconds >= wanted);
  return (nice ?? Math.ceil(wanted / 86_400) * 86_400) * second;
}

/** A range whose ends are those of bars, so that the same time is in the same bar at each look. */
export function aligned(from: number, to: number, bucket: number): { from: number; to: number } {
  return { from: Math.floor(from / bucket) * bucket, to: Math.ceil(to / bucket) * bucket };
}

export function barsOf({ from, to, bucket, buckets }: Histogram): Bar[] {
  return buckets.map((priorities, index) => {
    const counts = bands.map((band) => sum(band.priorities.map((priority) => priorities[priority] ?? 0)));
    const start = from + index * bucket;
    return { from: start, to: Math.min(to, start + bucket), entries: sum(counts), counts };
  });
}

/**
 * Heights of a bar's bands, as shares of the greatest bar. What is there is seen: nothing is less than `least`, and errors are not
 * drowned by thousands of others.
 */
export function heights({ counts }: Bar, greatest: number, least: number): number[] {
  if (greatest === 0) return counts.map(() => 0);
  const shares = counts.map((count) => (count === 0 ? 0 : Math.max(least, count / greatest)));
  const excess = sum(shares) - 1;
  if (excess <= 0) return shares;
  // The largest gives way.
  const largest = shares.indexOf(Math.max(...shares));
  return shares.map((share, index) => (index === largest ? share - excess : share));
}

/** The bars from one to another, in whichever order, as a range of time. */
export function rangeOfBars(
  bars: readonly Bar[],
  one: number,
  other: number,
): { from: number; to: number } | undefined {
  const [first, last] = [bars[Math.min(one, other)], bars[Math.max(one, other)]];
  return first === undefined || last === undefined ? undefined : { from: first.from, to: last.to };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
