/** Milliseconds in ascending order, and what share of them lies below what. */
export class Latencies {
  readonly #sorted: readonly number[];

  constructor(milliseconds: readonly number[]) {
    this.#sorted = milliseconds.toSorted((a, b) => a - b);
  }

  /** The value that a share of 0 to 1 does not exceed. */
  at(share: number): number {
    return this.#sorted[Math.min(this.#sorted.length - 1, Math.floor(this.#sorted.length * share))] ?? Number.NaN;
  }
}
