import { findTimeRuns, firstIndex, type TimedEntries, unnoticedStep } from '../log/realtime-seek.ts';
import type { Period } from '../period.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import { EntryReader } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { noneAfter, noneBefore, type OffsetList } from './offset-list.ts';

/** A file with fewer entries is not bisected: testing them all is as fast. */
const fewEntries = 256;
/** Offsets given before it is found out where the wanted ones lie: most readers stay among wanted ones. Twice as many after each failure. */
const firstAsked = 64;
/** Longest time the finding out may take at once, ms; what it has read by then is at hand at the next try. */
const patience = 2;

/** From the first wanted offset to the first unwanted one. */
type Range = readonly [from: number, to: number];

/** Raised to leave the finding out. */
class OutOfTime extends Error {}

/**
 * Entries between two times, and maybe some others: all of a boot in which the clock was set back, and those that are
 * given before it is known where the wanted ones lie.
 */
export class TimeList implements OffsetList {
  readonly estimate: number;
  readonly #parts: FileParts;
  readonly #since: number;
  readonly #until: number;
  readonly #all: EntryArrayCursor;
  /** Run after run. */
  #ranges: readonly Range[] | undefined;
  #asked = 0;
  /** So many offsets must have been given at the next try. */
  #askedAtTry = firstAsked;

  /** Whether a file is large enough to be worth it. */
  static pays(parts: FileParts): boolean {
    return parts.entries.count > fewEntries;
  }

  /** @param period both ends included, µs */
  constructor(parts: FileParts, period: Period) {
    this.#parts = parts;
    this.#since = period.since;
    this.#until = period.until;
    this.#all = new EntryArrayCursor(parts.entries);
    this.estimate = share(parts, period) * parts.entries.count;
  }

  atOrAfter(offset: number): number {
    const ranges = this.#known();
    if (ranges === undefined) return this.#all.atOrAfter(offset);
    for (const [from, to] of ranges) {
      if (offset >= to) continue;
      const found = this.#all.atOrAfter(Math.max(offset, from));
      if (found < to) return found;
    }
    return noneAfter;
  }

  before(offset: number): number {
    const ranges = this.#known();
    if (ranges === undefined) return this.#all.before(offset);
    for (let index = ranges.length - 1; index >= 0; index--) {
      const [from, to] = ranges[index] as Range;
      if (offset <= from) continue;
      const found = this.#all.before(Math.min(offset, to));
      if (found >= from) return found;
    }
    return noneBefore;
  }

  #known(): readonly Range[] | undefined {
    if (this.#ranges !== undefined) return this.#ranges;
    this.#asked += 1;
    if (this.#asked < this.#askedAtTry) return undefined;
    try {
      this.#ranges = this.#find();
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      this.#askedAtTry = this.#asked * 2;
    }
    return this.#ranges;
  }

  #find(): Range[] {
    const { bytes, entries } = this.#parts;
    const reader = new EntryReader(this.#parts, bytes);
    const deadline = performance.now() + patience;
    const file: TimedEntries = {
      entryCount: entries.count,
      entryAt: (index) => {
        if (performance.now() > deadline) throw new OutOfTime();
        const offset = entries.at(index);
        return offset !== 0 && reader.read(offset) ? reader : undefined;
      },
    };
    const ranges: Range[] = [];
    const least = this.#since - unnoticedStep;
    const greatest = this.#until + unnoticedStep;
    for (const { from, to, monotone } of findTimeRuns(file)) {
      const first = monotone ? firstIndex(file, from, to, ({ realtime }) => realtime >= least) : from;
      const end = monotone ? firstIndex(file, first, to, ({ realtime }) => realtime > greatest) : to;
      if (first < end) ranges.push([this.#offsetOf(first), this.#offsetOf(end)]);
    }
    return ranges;
  }

  /** Offset of the first sound entry from `index` on. */
  #offsetOf(index: number): number {
    const { entries } = this.#parts;
    for (let sound = index; sound < entries.count; sound = entries.next(sound)) {
      const offset = entries.at(sound);
      if (offset !== 0) return offset;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** How much of a file lies within a period, as far as its header tells. */
function share({ header }: FileParts, period: Period): number {
  const { headEntryRealtime: head, tailEntryRealtime: tail } = header;
  if (!(head < tail)) return 1;
  const length = Math.min(tail, period.until) - Math.max(head, period.since);
  return Math.max(0, Math.min(1, length / (tail - head)));
}
