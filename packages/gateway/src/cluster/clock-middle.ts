import type { Lane, MergeEntry } from './lane.ts';

/** How long the middle stays good, in ms. */
const goodFor = 10;

/** The lower middle of the live agents' clocks, as far as their lines tell: whose clock is right nobody knows. */
export class ClockMiddle {
  readonly #lanes: ReadonlyMap<string, Lane<MergeEntry>>;
  /** How far off a clock may be, in µs. */
  readonly #tolerance: number;
  #middle: number | undefined;
  #since = Number.NEGATIVE_INFINITY;

  /** @param tolerance in ms */
  constructor(lanes: ReadonlyMap<string, Lane<MergeEntry>>, tolerance: number) {
    this.#lanes = lanes;
    this.#tolerance = tolerance * 1_000;
  }

  /** A realtime beyond which a clock is ahead of the others; undefined while nobody's is known. @param now in ms */
  foremost(now: number): number | undefined {
    const middle = this.#at(now);
    return middle === undefined ? undefined : middle + this.#tolerance;
  }

  /** Whether a lane's clock is not far behind: it is worth waiting for. @param now in ms */
  isWorthWaiting({ clear }: Lane<MergeEntry>, now: number): boolean {
    const middle = this.#at(now);
    return middle === undefined || clear === undefined || clear.realtime >= middle - this.#tolerance;
  }

  #at(now: number): number | undefined {
    if (now - this.#since < goodFor) return this.#middle;
    const clocks: number[] = [];
    for (const { state, clock } of this.#lanes.values()) {
      if (state === 'live' && clock !== undefined) clocks.push(clock);
    }
    clocks.sort((a, b) => a - b);
    this.#middle = clocks[(clocks.length - 1) >> 1];
    this.#since = now;
    return this.#middle;
  }
}
