import { TimeSlice } from '../time-slice.ts';
import type { Damage } from './damage.ts';
import { EntryArrayChain, type EntrySlots, type Follow, IndexDamage } from './entry-array.ts';
import { EntrySequence } from './entry-sequence.ts';
import type { FileBytes } from './file-bytes.ts';
import type { FileHeader } from './header.ts';
import { EntryObject, ObjectType } from './layout.ts';
import { objectSize } from './object.ts';
import { pageSize } from './page-cache.ts';
import { RestOfEntries } from './rest-of-entries.ts';
import { keepRising } from './rising-slots.ts';
import { Span } from './span.ts';

/** So many pages of damaged arrays, put right, are remembered: 8 KiB each at most. */
const repairsRemembered = 64;
/** So many runs of entries found without arrays are remembered. */
const sequencesRemembered = 8;
/** So many pages on either side tell whether a page is in order. */
const pagesAround = 2;
/** So many objects may look like entries without being in the arrays where these are sound. */
const passedOver = 2;
/** Slots between two looks at the clock. */
const clockInterval = 64;

/**
 * Every committed entry of a file, in rising order, by the chain of entry arrays the header names. Arrays are checked
 * page by page as they are come to. What is damaged in them is counted off along the file's objects instead, from
 * the last sound slot on; only what is not found so either is lost.
 */
export class AllEntries implements EntrySlots {
  readonly #file: FileBytes;
  readonly #damage: Damage;
  readonly #linkedAfter: (after: number) => Generator<number>;
  readonly #chain: EntryArrayChain;
  readonly #span = new Span();
  #count: number;

  /** The slots last checked, all of one page, and what is in them if that is not what they say. */
  #from = 0;
  #to = 0;
  #repaired: Float64Array | undefined;
  readonly #repairs = new Map<number, Float64Array>();
  /** Pages found sound, by their first slot; true where the page after agrees. */
  readonly #sound = new Map<number, boolean>();
  readonly #sequences = new Map<number, EntrySequence>();

  /** After the first of these slots and up to the second there is nothing in any. */
  #hole = -1;
  #holeEnd = -1;
  /** From the first of these slots up to the second there is nothing in any, nor do the objects tell what was. */
  #emptyFrom = 0;
  #emptyTo = 0;

  /** From this slot on the chain has nothing, and {@link #rest} counts. */
  #broken = Number.POSITIVE_INFINITY;
  #rest: RestOfEntries | undefined;
  #isComplete = true;
  /** The last slots have been looked at, from the count down to this one, and are empty. */
  #emptyAtEnd = Number.POSITIVE_INFINITY;

  /** @param linkedAfter see {@link RestOfEntries} */
  constructor(file: FileBytes, damage: Damage, header: FileHeader, linkedAfter: (after: number) => Generator<number>) {
    this.#linkedAfter = linkedAfter;
    this.#file = file;
    this.#damage = damage;
    this.#count = header.entryCount;
    const follow: Follow = (before, slots, between) => this.#follow(before, slots, between);
    this.#chain = new EntryArrayChain(file, header.layout, startOf(header), follow);
  }

  /** The header was read afresh. */
  adopt(header: FileHeader): void {
    this.#count = header.entryCount;
    this.#from = 0;
    this.#to = 0;
    this.#repairs.clear();
    this.#sound.clear();
    this.#sequences.clear();
    this.#hole = -1;
    this.#holeEnd = -1;
    this.#emptyFrom = 0;
    this.#emptyTo = 0;
    this.#emptyAtEnd = Number.POSITIVE_INFINITY;
    this.#chain.grow(startOf(header));
    if (this.#broken === Number.POSITIVE_INFINITY) return;
    // What was found without the arrays is still there: a damaged file that grows is not searched from the start each time.
    const broken = this.#broken;
    this.#broken = Number.POSITIVE_INFINITY;
    this.#rest?.goOn();
    this.#isComplete = false;
    const goesOn = this.#raw(broken) !== 0 || this.#raw(this.#count - 1) !== 0;
    if (!goesOn && this.#broken >= broken) {
      this.#broken = broken;
      return;
    }
    this.#rest = undefined;
  }

  get count(): number {
    return this.#count;
  }

  at(index: number): number {
    if (index >= this.#from && index < this.#to) {
      return this.#repaired === undefined ? this.#chain.at(index) : (this.#repaired[index - this.#from] as number);
    }
    return this.#enter(index);
  }

  /** Whether the page slot `index` was found in, by {@link at}, has been checked and is as the file says. */
  isOrdered(index: number): boolean {
    return index > this.#from && index + 1 < this.#to && this.#repaired === undefined;
  }

  next(index: number): number {
    return index >= this.#emptyFrom && index < this.#emptyTo ? this.#emptyTo : index + 1;
  }

  previous(index: number): number {
    return index >= this.#emptyFrom && index < this.#emptyTo ? this.#emptyFrom - 1 : index - 1;
  }

  unsound(index: number): void {
    this.#damage.count('arrays', -1 - index);
  }

  /**
   * Goes on finding, for about 2 ms, the entries that a broken chain does not lead to. Without it they are found when
   * first asked for, all at once: about 50 ms for 100 MB.
   *
   * @returns true when nothing is left to find
   */
  recover(): boolean {
    const slice = new TimeSlice();
    return this.#findEnd(slice) && (this.#broken === Number.POSITIVE_INFINITY || this.#complete(slice));
  }

  /** Finds the last slot with something in it: from there on the chain counts as broken. False if the time is over first. */
  #findEnd(slice: TimeSlice): boolean {
    const wasBroken = this.#broken !== Number.POSITIVE_INFINITY;
    if (wasBroken && this.#isComplete) return true;
    let end = Math.min(this.#count, this.#emptyAtEnd);
    for (; end > 0 && this.#raw(end - 1) === 0; end = Math.min(end, this.#broken)) {
      end -= 1;
      if (end % clockInterval === 0 && slice.isOver) {
        this.#emptyAtEnd = end;
        return false;
      }
    }
    this.#emptyAtEnd = end;
    if (end < Math.min(this.#count, this.#broken)) {
      this.#broken = end;
      this.#isComplete = false;
      // Pages were checked up to what was taken for their ends.
      this.#from = 0;
      this.#to = 0;
      this.#repairs.clear();
      this.#sound.clear();
    }
    return true;
  }

  #enter(index: number): number {
    if (index < 0 || index >= this.#count || (index >= this.#emptyFrom && index < this.#emptyTo)) return 0;
    const page = index < this.#broken ? this.#page(index) : undefined;
    if (page === undefined) {
      this.#complete();
      return index < this.#count ? (this.#rest?.at(index - this.#broken + 1) ?? 0) : 0;
    }
    const { from, to } = page;
    const isBeside = from === this.#to || to === this.#from;
    this.#from = from;
    this.#to = to;
    this.#repaired =
      this.#repairs.get(from) ?? (this.#isSound(from, to, isBeside) ? undefined : this.#repair(from, to));
    return this.at(index);
  }

  #page(index: number): { from: number; to: number } | undefined {
    try {
      const { from, to } = this.#chain.pageOf(index);
      return { from, to: Math.min(to, this.#count, this.#broken) };
    } catch (error) {
      if (!(error instanceof IndexDamage)) throw error;
      this.#broken = error.fromSlot;
      this.#isComplete = false;
      return undefined;
    }
  }

  /** The slot as the chain has it, unchecked; 0 where there is none. */
  #raw(index: number): number {
    if (index < 0 || index >= this.#count || index >= this.#broken) return 0;
    return this.#page(index) === undefined ? 0 : this.#chain.at(index);
  }

  /** Whether the slots rise, from those of the page before and, where it has been come from, to those of the page after. */
  #isSound(from: number, to: number, isBeside: boolean): boolean {
    const known = this.#sound.get(from);
    if (known === true || known === isBeside) return true;
    const isSound = this.#rises(from, to, isBeside);
    if (isSound) this.#sound.set(from, isBeside);
    return isSound;
  }

  #rises(from: number, to: number, isBeside: boolean): boolean {
    let before = this.#raw(from - 1);
    for (let index = from; index < to; index++) {
      const slot = this.#chain.at(index);
      if (slot <= before) return false;
      before = slot;
    }
    const after = isBeside ? this.#raw(to) : 0;
    return after === 0 || before < after;
  }

  /** Puts a page right: slots that are out of order give way to the entries that lie between their neighbours. */
  #repair(from: number, to: number): Float64Array | undefined {
    const { first, slots: kept, doubtful } = this.#keepSound(from, to);
    const slots = kept.slice(from - first, to - first);
    const isIntact = slots.every((slot, at) => slot !== 0 && slot === this.#chain.at(from + at));
    if (isIntact) return undefined;

    let end = Number.POSITIVE_INFINITY;
    let last = from - 1;
    while (last >= first && kept[last - first] === 0) last--;
    let lastOffset = last < first ? 0 : (kept[last - first] as number);
    if (last < first) {
      last = this.#lastBefore(first);
      lastOffset = last < 0 ? this.#file.arenaStart : this.#raw(last);
    }
    for (let index = from; index < to; ) {
      if (slots[index - from] !== 0) {
        last = index;
        lastOffset = slots[index - from] as number;
        index += 1;
        continue;
      }
      let next = index;
      while (next - first < kept.length && kept[next - first] === 0) next++;
      const limit = kept[next - first] ?? this.#file.arenaEnd;
      const sequence = this.#sequence(last, lastOffset);
      for (; index < Math.min(next, to); index++) {
        this.unsound(index);
        const offset = sequence.after(index - last);
        if (offset !== 0 && offset < limit) slots[index - from] = offset;
      }
      end = last + sequence.end;
    }
    for (const [index, offset] of doubtful) {
      if (slots[index - from] === 0 && !slots.includes(offset)) slots[index - from] = offset;
    }
    remember(this.#repairs, from, slots, repairsRemembered);
    if (end <= from) this.#rememberEmpty(end, to);
    return slots;
  }

  /** Remembers the slots from `from` to `to`, and the empty ones after them: the objects have no entry left for them. */
  #rememberEmpty(from: number, to: number): void {
    for (let index = from; index < to; index++) if (this.#raw(index) !== 0) return;
    let end = to;
    while (end < Math.min(this.#count, this.#broken) && this.#raw(end) === 0) end++;
    this.#emptyFrom = from;
    this.#emptyTo = end;
  }

  /**
   * The slots of a page and of some pages around it, with 0 for those that contradict the others. A whole page can be out
   * of order, as one that was written to the wrong place.
   */
  #keepSound(from: number, to: number): { first: number; slots: Float64Array; doubtful: Map<number, number> } {
    const around = pagesAround * (pageSize / 4);
    const first = Math.max(0, from - around);
    const slots = new Float64Array(Math.min(to + around, this.#count) - first);
    for (let at = 0; at < slots.length; at++) slots[at] = this.#raw(first + at);
    // Of two that contradict each other, one is mostly no entry at all.
    const said = slots.slice();
    for (let at = 0; at < said.length; at++) {
      const slot = said[at] as number;
      const rises = slot > (said[at - 1] ?? 0) && slot < (said[at + 1] ?? Number.POSITIVE_INFINITY);
      if (!rises && !this.#isEntry(slot)) slots[at] = 0;
    }
    keepRising(slots);
    const doubtful = new Map<number, number>();
    for (let at = 0; at < said.length; at++) {
      const slot = slots[at] as number;
      if (slot === 0 || (slot !== said[at - 1] && slot !== said[at + 1])) continue;
      // Which of the two it belongs to, the objects tell.
      if (first + at >= from && first + at < to) doubtful.set(first + at, slot);
      slots[at] = 0;
    }
    return { first, slots, doubtful };
  }

  /** Index of the last slot before `index` with something in it; -1 if there is none. */
  #lastBefore(index: number): number {
    let last = index - 1;
    while (last >= 0 && this.#raw(last) === 0)
      last = last <= this.#holeEnd && last > this.#hole ? this.#hole : last - 1;
    this.#hole = last;
    this.#holeEnd = index - 1;
    return last;
  }

  #sequence(index: number, offset: number): EntrySequence {
    const known = this.#sequences.get(index);
    if (known !== undefined) return known;
    const sequence = new EntrySequence(this.#file, offset);
    remember(this.#sequences, index, sequence, sequencesRemembered);
    return sequence;
  }

  /** Finds what comes after the end of a broken chain, until all is found or the time slice is over. */
  #complete(slice?: TimeSlice): boolean {
    if (this.#isComplete) return true;
    if (this.#rest === undefined) {
      let last = this.#broken - 1;
      while (last >= 0 && this.at(last) === 0) last = this.previous(last);
      this.#damage.count('arrays', -1 - this.#broken);
      const start = last < 0 ? this.#file.arenaStart : this.at(last);
      this.#rest = new RestOfEntries(this.#file, start, this.#linkedAfter);
    }
    if (!this.#rest.find(this.#count - this.#broken, slice)) return false;
    this.#count = Math.min(this.#count, this.#broken + this.#rest.found);
    this.#isComplete = true;
    return true;
  }

  /**
   * Whether the entries in the `slots` of an array follow the one at `before` and each other, so that the array is this
   * chain's and not another's, which passes over entries. True where it cannot be told.
   */
  #follow(before: number, slots: readonly number[], between: number): boolean {
    if (before === 0 || !this.#isEntry(before)) return true;
    const rising = Float64Array.from(slots);
    keepRising(rising);
    const kept = [...rising.keys()].filter((slot) => rising[slot] !== 0);
    const sequence = new EntrySequence(this.#file, before);
    // One of the last two may itself be wrong.
    return (
      kept.length < 2 ||
      kept.slice(-2).some((slot) => {
        const beyond = sequence.after(between + slot + 2 + passedOver);
        return beyond === 0 || beyond > (rising[slot] as number);
      })
    );
  }

  #isEntry(offset: number): boolean {
    const span = this.#span;
    return offset !== 0 && objectSize(this.#file, this.#file, offset, ObjectType.entry, EntryObject.items, span) !== 0;
  }
}

function remember<T>(map: Map<number, T>, key: number, value: T, most: number): void {
  if (map.size >= most) map.delete(map.keys().next().value as number);
  map.set(key, value);
}

function startOf(header: FileHeader): { first: number; arrays: number; count: number } {
  return { first: 0, arrays: header.entryArrayOffset, count: header.entryCount };
}
