import type { Gap } from '../source.ts';

/** So many are told one by one to whoever never asks; later ones are added to the last. */
const mostGaps = 64;

/** The gaps a walk came upon and has not told of yet. */
export class Gaps {
  #gaps: Gap[] = [];
  #met = 0;

  /** Gaps met so far, told of or not. */
  get met(): number {
    return this.#met;
  }

  add(gap: Gap): void {
    this.#met++;
    const last = this.#gaps.at(-1);
    if (last === undefined || this.#gaps.length < mostGaps) this.#gaps.push(gap);
    else this.#gaps[mostGaps - 1] = united(last, gap);
  }

  take(): readonly Gap[] {
    const gaps = this.#gaps;
    if (gaps.length > 0) this.#gaps = [];
    return gaps;
  }
}

function united(one: Gap, other: Gap): Gap {
  const entries =
    one.entries === undefined || other.entries === undefined ? {} : { entries: one.entries + other.entries };
  return {
    reason: one.reason,
    since: Math.min(one.since, other.since),
    until: Math.max(one.until, other.until),
    ...entries,
  };
}
