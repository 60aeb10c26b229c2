/** What {@link OffsetList.atOrAfter} gives at the end of the list. */
export const noneAfter = Number.POSITIVE_INFINITY;
/** What {@link OffsetList.before} gives at the start of the list. */
export const noneBefore = -1;

/**
 * Offsets of ENTRY objects in rising order, which is the order of entries in a file. Lists remember where they were asked
 * last, so that stepping along costs next to nothing.
 */
export interface OffsetList {
  /** The first offset in the list at or after `offset`, or {@link noneAfter}. */
  atOrAfter(offset: number): number;
  /** The last offset in the list before `offset`, or {@link noneBefore}. */
  before(offset: number): number;
  /** At most so many offsets, as far as one can tell without reading. */
  readonly estimate: number;
}

/**
 * Lists that would have to go through many offsets to find one that is surely wanted give the one they have come to after
 * so many steps: it is tested anyway, and others get their turn.
 */
const mostSteps = 32;

export const emptyList: OffsetList = { atOrAfter: () => noneAfter, before: () => noneBefore, estimate: 0 };

/** What is in any of the lists. */
export class UnionList implements OffsetList {
  readonly estimate: number;
  readonly #lists: readonly OffsetList[];
  /** For each list: its answer for the offset last asked, good while that offset is not passed. */
  readonly #answers: Float64Array;
  #asked = Number.NaN;
  #forward = true;

  constructor(lists: readonly OffsetList[]) {
    this.#lists = lists;
    this.#answers = new Float64Array(lists.length);
    this.estimate = lists.reduce((sum, list) => sum + list.estimate, 0);
  }

  atOrAfter(offset: number): number {
    const keep = this.#forward && this.#asked <= offset;
    let least = noneAfter;
    for (let index = 0; index < this.#lists.length; index++) {
      let answer = this.#answers[index] as number;
      if (!keep || answer < offset) {
        answer = (this.#lists[index] as OffsetList).atOrAfter(offset);
        this.#answers[index] = answer;
      }
      if (answer < least) least = answer;
    }
    this.#asked = offset;
    this.#forward = true;
    return least;
  }

  before(offset: number): number {
    const keep = !this.#forward && this.#asked >= offset;
    let greatest = noneBefore;
    for (let index = 0; index < this.#lists.length; index++) {
      let answer = this.#answers[index] as number;
      if (!keep || answer >= offset) {
        answer = (this.#lists[index] as OffsetList).before(offset);
        this.#answers[index] = answer;
      }
      if (answer > greatest) greatest = answer;
    }
    this.#asked = offset;
    this.#forward = false;
    return greatest;
  }
}

/** What is in all of the lists, and now and then something more. The first one leads; give the shortest first. */
export class IntersectionList implements OffsetList {
  readonly estimate: number;
  readonly #lists: readonly OffsetList[];

  constructor(lists: readonly OffsetList[]) {
    this.#lists = lists;
    this.estimate = lists.reduce((least, list) => Math.min(least, list.estimate), Number.POSITIVE_INFINITY);
  }

  atOrAfter(offset: number): number {
    let candidate = offset;
    let agreeing = 0;
    let steps = this.#lists.length * mostSteps;
    for (let index = 0; agreeing < this.#lists.length && steps > 0; index = (index + 1) % this.#lists.length, steps--) {
      const answer = (this.#lists[index] as OffsetList).atOrAfter(candidate);
      if (answer === noneAfter) return noneAfter;
      agreeing = answer === candidate ? agreeing + 1 : 1;
      candidate = answer;
    }
    return candidate;
  }

  before(offset: number): number {
    let candidate = noneBefore;
    let limit = offset;
    let agreeing = 0;
    let steps = this.#lists.length * mostSteps;
    for (let index = 0; agreeing < this.#lists.length && steps > 0; index = (index + 1) % this.#lists.length, steps--) {
      const answer = (this.#lists[index] as OffsetList).before(limit);
      if (answer === noneBefore) return noneBefore;
      agreeing = answer === candidate ? agreeing + 1 : 1;
      candidate = answer;
      // Whoever holds the candidate finds it again just below this.
      limit = answer + 1;
    }
    return candidate;
  }
}

/** What is in one list and not in another, and now and then something more. */
export class ComplementList implements OffsetList {
  readonly estimate: number;
  readonly #all: OffsetList;
  readonly #excluded: OffsetList;

  constructor(all: OffsetList, excluded: OffsetList) {
    this.#all = all;
    this.#excluded = excluded;
    this.estimate = Math.max(0, all.estimate - excluded.estimate);
  }

  atOrAfter(offset: number): number {
    let candidate = this.#all.atOrAfter(offset);
    for (let steps = 0; steps < mostSteps && candidate !== noneAfter; steps++) {
      if (this.#excluded.atOrAfter(candidate) !== candidate) break;
      candidate = this.#all.atOrAfter(candidate + 1);
    }
    return candidate;
  }

  before(offset: number): number {
    let candidate = this.#all.before(offset);
    for (let steps = 0; steps < mostSteps && candidate !== noneBefore; steps++) {
      if (this.#excluded.before(candidate + 1) !== candidate) break;
      candidate = this.#all.before(candidate);
    }
    return candidate;
  }
}

/** One list for offsets below a border, another from there on. */
export class SplicedList implements OffsetList {
  readonly #below: OffsetList;
  readonly #above: OffsetList;
  readonly #border: number;

  constructor(below: OffsetList, above: OffsetList, border: number) {
    this.#below = below;
    this.#above = above;
    this.#border = border;
  }

  get estimate(): number {
    return this.#below.estimate;
  }

  atOrAfter(offset: number): number {
    if (offset < this.#border) {
      const answer = this.#below.atOrAfter(offset);
      if (answer < this.#border) return answer;
    }
    return this.#above.atOrAfter(Math.max(offset, this.#border));
  }

  before(offset: number): number {
    if (offset > this.#border) {
      const answer = this.#above.before(offset);
      if (answer >= this.#border) return answer;
    }
    return this.#below.before(Math.min(offset, this.#border));
  }
}
