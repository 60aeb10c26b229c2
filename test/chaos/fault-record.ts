/** A fault that was done. */
export interface Done {
  readonly kind: string;
  readonly victim: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  to: number;
  readonly silences: string | undefined;
  readonly gateway: string | undefined;
  /** What the gateways' /health/ready said just before its end. */
  health: string | undefined;
}

/** Faults that overlapped, and how long it took until all was well. */
export interface Episode {
  readonly faults: readonly Done[];
  readonly from: number;
  /** When the last of them had ended. */
  to: number;
  /** When everything was well again; undefined when it was not in time. */
  wellAt: number | undefined;
}

/** A row of the table of faults. */
export interface FaultCount {
  readonly kind: string;
  readonly count: number;
  /** Longest and middle time from the end of the last fault of an episode with one of these until all was well, in ms. */
  readonly longest: number;
  readonly median: number;
}

export function faultCounts(episodes: readonly Episode[]): FaultCount[] {
  const recoveries = new Map<string, number[]>();
  for (const { faults, to, wellAt } of episodes) {
    for (const { kind } of faults) {
      const list = recoveries.get(kind) ?? [];
      recoveries.set(kind, list);
      list.push((wellAt ?? Number.POSITIVE_INFINITY) - to);
    }
  }
  return [...recoveries].map(([kind, times]) => {
    const sorted = times.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return { kind, count: times.length, longest: sorted.at(-1) ?? 0, median };
  });
}
