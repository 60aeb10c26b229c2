/** How long counting may take, and how much it may keep. */
export interface CountOptions {
  /** Ends the counting; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Time after which counting ends with what it has, in ms. Default: {@link defaultCountingTime}. */
  readonly milliseconds?: number;
  /** Distinct values kept at most, of {@link ValueCounts}. Default: {@link defaultMostValues}. */
  readonly mostValues?: number;
}

export const defaultCountingTime = 5_000;
export const defaultMostValues = 10_000;

/**
 * `exact`: all entries there were when counting began. `partial`: the newest of them, as many as there was time for, or
 * not all of their values.
 */
export type Completeness = 'exact' | 'partial';

/** A value of a field, and how many entries have it. */
export interface ValueCount {
  readonly value: Buffer;
  readonly entries: number;
}

export interface ValueCounts {
  readonly completeness: Completeness;
  /** Each value once, the most frequent first, equally frequent ones by their bytes. */
  readonly values: readonly ValueCount[];
}

/** Times in µs since 1970: from `from` to before `to`, in steps of `bucket`. */
export interface HistogramRange {
  readonly from: number;
  readonly to: number;
  readonly bucket: number;
}

/** Buckets of a histogram at most. */
export const mostBuckets = 10_000;
/** Place of entries without a priority, or with none of 0 to 7, among the counts of a bucket. */
export const noPriority = 8;

export interface Histogram extends HistogramRange {
  readonly completeness: Completeness;
  /**
   * Per bucket nine numbers: entries of `PRIORITY` 0 to 7, an entry with several counted as its most urgent one, and the
   * others at {@link noPriority}.
   */
  readonly buckets: readonly (readonly number[])[];
}

/** @throws RangeError when the range is no range, or has more than {@link mostBuckets} buckets */
export function bucketCount({ from, to, bucket }: HistogramRange): number {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && Number.isSafeInteger(bucket))) {
    throw new RangeError(
      `a histogram goes from a time to a time in steps, all in whole µs, not ${from}, ${to}, ${bucket}`,
    );
  }
  if (bucket <= 0 || to < from)
    throw new RangeError(`a histogram cannot go from ${from} to ${to} in steps of ${bucket}`);
  const count = Math.ceil((to - from) / bucket);
  if (count > mostBuckets) throw new RangeError(`a histogram has at most ${mostBuckets} buckets, not ${count}`);
  return count;
}
