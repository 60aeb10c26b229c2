import type { Row } from './row.ts';

/** How often rows are shown while many come, and while nobody looks, in ms. */
const [busyPeriod, hiddenPeriod] = [100, 1_000];
/** Rows in a second that are many. */
const many = 500;
/** Rows that wait at most: timers of a page that nobody sees may not run for a minute. */
const mostWaiting = 2_000;

/** Rows that have come and are not shown yet: they are given on once a frame, or less often while many come. */
export class Arrivals {
  readonly #give: (rows: Row[]) => void;
  #rows: Row[] = [];
  #cancel: (() => void) | undefined;
  #givenAt = 0;
  #rate = 0;

  constructor(give: (rows: Row[]) => void) {
    this.#give = give;
    // No frames come while the page is hidden.
    document.addEventListener('visibilitychange', () => {
      if (this.#cancel === undefined) return;
      this.#cancel();
      this.#cancel = this.#plan();
    });
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.push(row);
    this.#cancel ??= this.#plan();
    if (this.#rows.length < mostWaiting) return;
    this.#cancel();
    this.#flush();
  }

  drop(): void {
    this.#rows = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #plan(): () => void {
    const wait = document.hidden ? hiddenPeriod : this.#rate > many ? busyPeriod : 0;
    if (wait === 0) {
      const frame = requestAnimationFrame(() => this.#flush());
      return () => cancelAnimationFrame(frame);
    }
    const timer = setTimeout(() => this.#flush(), wait);
    return () => clearTimeout(timer);
  }

  #flush(): void {
    const rows = this.#rows;
    const now = performance.now();
    const elapsed = Math.max(16, now - this.#givenAt);
    const weight = Math.min(1, elapsed / 1_000);
    this.#rate += ((rows.length / elapsed) * 1_000 - this.#rate) * weight;
    this.#givenAt = now;
    this.#rows = [];
    this.#cancel = undefined;
    this.#give(rows);
  }
}
