import { absoluteTime } from '@clusterlog/shared/v3/time';
import { batch, computed, effect, signal } from '@preact/signals';
import { parametersOf, view } from '../address/view.ts';
import { countByTime } from '../api/counts.ts';
import { ApiError } from '../api/request.ts';
import { streamState, visibleRange } from '../log/index.ts';
import { kept } from '../people/kept.ts';
import { aligned, type Bar, barsOf, bucketOf } from './histogram-shape.ts';
import { rangeOf } from './time-range.ts';

/** Bars at most. */
const bars = 90;
/** What changes in one go is asked for once, after this time in ms. */
const pause = 200;
/** The first screen of the log comes first. */
const firstPause = 600;
/** While entries come it is asked again no sooner than this after the last answer, in ms. */
const refreshPeriod = 5_000;
/** Seconds that counting may take. */
const budget = 5;
const hour = 3_600e6;
/** What is shown where nothing is asked: the first that holds what is on the screen. */
const spans = [hour, 6 * hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour, 365 * 24 * hour];

export interface ShownHistogram {
  readonly bars: readonly Bar[];
  readonly from: number;
  readonly to: number;
  readonly bucket: number;
  readonly isPartial: boolean;
  readonly missing: number;
}

export const histogram = signal<ShownHistogram | undefined>(undefined);
export const counting = signal(false);
export const countingFailure = signal<string | undefined>(undefined);
/** Whether the reader wants to see it. */
export const histogramShown = kept<boolean>('histogram', true, (shown) =>
  typeof shown === 'boolean' ? shown : undefined,
);

/** Without what changes while the reader moves. */
const question = computed(() => {
  const { scope, filters, since, until } = view.value;
  return JSON.stringify([scope, filters, since, until]);
});

/** How far back it goes where the address does not say; grows when the reader goes further. */
const span = signal(hour);
effect(() => {
  const { from } = visibleRange.value ?? {};
  if (from === undefined || view.value.since !== undefined) return;
  const { to } = rangeOf(view.value, Date.now());
  const wanted = (to ?? Date.now() * 1_000) - from;
  const first = spans.find((length) => length >= wanted) ?? wanted;
  if (first > span.peek()) span.value = first;
});

let abort = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Counts, and counts again when something else is shown or entries come; never more than one request at a time. */
export function keepHistogram(): () => void {
  let asked: string | undefined;
  const stop = effect(() => {
    const now = question.value;
    const length = span.value;
    if (!histogramShown.value) return;
    const isFirst = asked === undefined;
    if (now !== asked) {
      if (asked !== undefined && length !== hour) span.value = hour;
      asked = now;
    }
    schedule(isFirst ? firstPause : pause);
  });
  return () => {
    stop();
    clearTimeout(timer);
    abort.abort();
  };
}

function schedule(wait: number): void {
  clearTimeout(timer);
  abort.abort();
  timer = setTimeout(() => void count(), wait);
}

async function count(): Promise<void> {
  abort = new AbortController();
  const { signal } = abort;
  const shown = view.peek();
  const now = Date.now();
  const range = rangeOf(shown, now);
  const to = range.to ?? now * 1_000;
  const from = range.from ?? to - span.peek();
  if (!(from < to)) return;
  const bucket = bucketOf(to - from, bars);
  const asked = aligned(from, to, bucket);
  const parameters = parametersOf(shown);
  parameters.set('since', absoluteTime(asked.from));
  parameters.set('until', absoluteTime(asked.to));
  counting.value = true;
  try {
    const counted = await countByTime(parameters, { bucket, budget }, signal);
    if (signal.aborted) return;
    batch(() => {
      histogram.value = {
        bars: barsOf(counted),
        from: counted.from,
        to: counted.to,
        bucket: counted.bucket,
        isPartial: counted.completeness === 'partial',
        missing: counted.missing_agents?.length ?? 0,
      };
      countingFailure.value = undefined;
    });
  } catch (error) {
    if (signal.aborted) return;
    countingFailure.value =
      error instanceof ApiError ? error.message : 'Counting failed: the gateway cannot be reached.';
  } finally {
    if (!signal.aborted) counting.value = false;
  }
  if (!signal.aborted) timer = setTimeout(() => void refresh(), refreshPeriod);
}

/** Again, if anything can have come. */
async function refresh(): Promise<void> {
  const isLive = view.peek().until === undefined && streamState.peek().state !== 'ended';
  if (isLive && histogramShown.peek() && !document.hidden) await count();
  else timer = setTimeout(() => void refresh(), refreshPeriod);
}
