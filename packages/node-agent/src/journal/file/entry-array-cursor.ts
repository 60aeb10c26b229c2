import type { EntrySlots } from './entry-array.ts';
import { noneAfter, noneBefore, type OffsetList } from './offset-list.ts';

/** What should be so many slots away is not looked for in the next one. */
const farAhead = 4;
/** So many slots are read in the hope of the very offset, before it is looked for by halves. */
const mostTries = 4;

/**
 * Slots of entries as an ordered list. Remembers where it was last, so give each reader its own. Slots of committed
 * entries never change, so what was read of the neighbouring slots stays true.
 */
export class EntryArrayCursor implements OffsetList {
  readonly #slots: EntrySlots;
  /** Index of the slot given last. */
  #hint = 0;
  /** What is in that slot, in the one before and in the one after; 0 where not yet known. */
  #offset = 0;
  #previous = 0;
  #following = 0;
  /** Bytes of the file from slot to slot, as the last longer step showed. */
  #distance = 0;

  constructor(slots: EntrySlots) {
    this.#slots = slots;
  }

  get estimate(): number {
    return this.#slots.count;
  }

  /** The offset in the slot given last. */
  get offset(): number {
    return this.#offset;
  }

  /** The offset in the slot before the one given last; 0 if that was the first. */
  get previousOffset(): number {
    if (this.#previous === 0 && this.#hint > 0) this.#previous = this.#slots.at(this.#hint - 1);
    return this.#previous;
  }

  atOrAfter(offset: number): number {
    return this.indexAtOrAfter(offset) < this.#slots.count ? this.#offset : noneAfter;
  }

  /** Index of the first sound slot at or after an offset; the count if there is none. */
  indexAtOrAfter(offset: number): number {
    const count = this.#slots.count;
    const isAhead = this.#offset !== 0 && this.#offset < offset;
    const isFar = this.#distance > 0 && offset - this.#offset > farAhead * this.#distance;
    if (isAhead && !isFar && this.#stepForward(offset, count)) return this.#hint;
    if (this.#distance > 0 && this.#hits(offset, count)) return this.#hint;
    for (let index = this.#lowerBound(offset); index < count; index = this.#slots.next(index)) {
      const found = this.#sound(index);
      if (found < offset || found === 0) continue;
      this.#settle(index, found);
      return index;
    }
    return count;
  }

  before(offset: number): number {
    if (this.#offset >= offset && this.#stepBackward(offset)) return this.#offset;
    for (let index = this.#lowerBound(offset) - 1; index >= 0; index = this.#slots.previous(index)) {
      const found = this.#sound(index);
      if (found >= offset || found === 0) continue;
      this.#settle(index, found);
      return found;
    }
    return noneBefore;
  }

  #settle(index: number, offset: number): void {
    const slots = index - this.#hint;
    if (slots !== 0 && this.#offset !== 0) this.#distance = (offset - this.#offset) / slots;
    this.#hint = index;
    this.#offset = offset;
    this.#previous = 0;
    this.#following = 0;
  }

  /** To the next slot, if that is the answer and it and the one after it are in order. */
  #stepForward(offset: number, count: number): boolean {
    const index = this.#hint + 1;
    if (index + 1 >= count) return false;
    const next = this.#following === 0 ? this.#slots.at(index) : this.#following;
    if (next < offset) return false;
    const following = this.#slots.at(index + 1);
    if (following <= next) return false;
    this.#hint = index;
    this.#previous = this.#offset;
    this.#offset = next;
    this.#following = following;
    return true;
  }

  /** To the slot before, if that is the answer and it and the one before it are in order. */
  #stepBackward(offset: number): boolean {
    const index = this.#hint - 1;
    if (index < 1) return false;
    const next = this.#previous === 0 ? this.#slots.at(index) : this.#previous;
    if (next >= offset) return false;
    const previous = this.#slots.at(index - 1);
    if (previous >= next || previous === 0) return false;
    this.#hint = index;
    this.#following = this.#offset;
    this.#offset = next;
    this.#previous = previous;
    return true;
  }

  /**
   * To the slot that holds `offset` itself, which is what is mostly asked for: from the guess each slot read tells how
   * far off it is.
   */
  #hits(offset: number, count: number): boolean {
    const slots = this.#slots;
    let index = this.#guess(offset, count);
    for (let tries = 0; tries < mostTries; tries++) {
      const found = slots.at(index);
      if (slots.isOrdered?.(index) !== true) return false;
      if (found === offset) {
        this.#settle(index, offset);
        return true;
      }
      const off = Math.round((offset - found) / this.#distance);
      index += off === 0 ? Math.sign(offset - found) : off;
      if (index < 0 || index >= count) return false;
    }
    return false;
  }

  /** Where `offset` should be by what the last step covered: a few slots off, where that is much the same everywhere. */
  #guess(offset: number, count: number): number {
    const slots = this.#distance > 0 ? Math.round((offset - this.#offset) / this.#distance) : 0;
    return Math.max(0, Math.min(this.#hint + slots, count - 1));
  }

  /** The first index whose slot is at or after `offset`: near where it should be first, then by halves. */
  #lowerBound(offset: number): number {
    const slots = this.#slots;
    const count = slots.count;
    let low = 0;
    let high = count;
    if (count === 0) return 0;
    let probe = this.#guess(offset, count);
    // Gallop away from there until the border lies between low and high.
    if (this.#isBelow(probe, offset)) {
      for (let step = 1; ; step *= 2) {
        low = probe + 1;
        probe = low + step - 1;
        if (probe >= count) break;
        if (!this.#isBelow(probe, offset)) {
          high = probe;
          break;
        }
      }
    } else {
      for (let step = 1; ; step *= 2) {
        high = probe;
        probe = high - step;
        if (probe < 0) break;
        if (this.#isBelow(probe, offset)) {
          low = probe + 1;
          break;
        }
      }
    }
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.#isBelow(middle, offset, high)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether slot `index` lies before `offset`; a slot that cannot be right is taken for the next one that can. */
  #isBelow(index: number, offset: number, end: number = this.#slots.count): boolean {
    for (let sound = index; sound < end; sound = this.#slots.next(sound)) {
      const found = this.#sound(sound);
      if (found !== 0) return found < offset;
    }
    return false;
  }

  /** The offset in slot `index`, or 0 if it is none or stands out between its neighbours, which are in order without it. */
  #sound(index: number): number {
    const slots = this.#slots;
    const found = slots.at(index);
    if (slots.isOrdered?.(index)) return found;
    if (found !== 0) {
      const left = index > 0 ? slots.at(index - 1) : 0;
      const right = index + 1 < slots.count ? slots.at(index + 1) : 0;
      if (found > left && (found < right || right === 0)) return found;
      if (left !== 0 && right !== 0) {
        if (left > right) return found;
      } else if (right === 0) {
        // The last: which of it and the one before is out of order, the one before that tells.
        if (index < 2 || found > slots.at(index - 2)) return found;
      } else if (index + 2 >= slots.count || found < slots.at(index + 2)) {
        return found;
      }
    }
    slots.unsound(index);
    return 0;
  }
}
