import type { FieldText } from './entry.ts';
import { request } from './request.ts';

/** Values of a field, the most frequent first. */
export interface FieldCounts {
  readonly completeness: 'exact' | 'partial';
  readonly missing_agents?: readonly string[];
  readonly distinct: number;
  readonly values: readonly { readonly value: FieldText; readonly entries: number }[];
}

/** Entries by time and priority. Times in µs. */
export interface HistogramCounts {
  readonly from: number;
  readonly to: number;
  readonly bucket: number;
  readonly completeness: 'exact' | 'partial';
  readonly missing_agents?: readonly string[];
  /** Nine numbers each: entries of PRIORITY 0 to 7, and those without one. */
  readonly buckets: readonly (readonly number[])[];
}

/**
 * How many entries have which value of a field.
 *
 * @param budget seconds that counting may take
 * @throws ApiError
 */
export async function countValues(
  field: string,
  parameters: URLSearchParams,
  { limit, budget }: { readonly limit: number; readonly budget: number },
  signal: AbortSignal,
): Promise<FieldCounts> {
  const asked = new URLSearchParams(parameters);
  asked.set('limit', String(limit));
  asked.set('budget', String(budget));
  return (await request(`fields/${field}`, asked, { signal })).json();
}

/**
 * How many entries lie in each step of time.
 *
 * @param parameters with `since` and `until`
 * @param bucket µs
 * @param budget seconds
 * @throws ApiError
 */
export async function countByTime(
  parameters: URLSearchParams,
  { bucket, budget }: { readonly bucket: number; readonly budget: number },
  signal: AbortSignal,
): Promise<HistogramCounts> {
  const asked = new URLSearchParams(parameters);
  asked.set('bucket', `${bucket}us`);
  asked.set('budget', String(budget));
  return (await request('histogram', asked, { signal })).json();
}
