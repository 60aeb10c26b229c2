/** Of times in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), most: sorted.at(-1) ?? Number.NaN };
}

/** What to trace for {@link taskTimes}. */
export const tracedCategories = ['toplevel', '__metadata'];

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs that the thread ran. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Processor times of the tasks of the busiest page's thread, ms (the trace format of Chromium: complete events, thread duration). */
export function taskTimes(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const pages = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const times = pages.map(({ pid, tid }) =>
    traceEvents
      .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && /RunTask$/.test(event.name))
      .map(({ tdur = 0 }) => tdur / 1_000),
  );
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return times.toSorted((a, b) => sum(b) - sum(a))[0] ?? [];
}
