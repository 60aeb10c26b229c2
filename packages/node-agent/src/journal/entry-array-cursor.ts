import type { EntryArrayChain } from './entry-array.ts';
import { noneAfter, noneBefore, type OffsetList } from './offset-list.ts';

/**
 * A chain of entry arrays as an ordered list. Remembers where it was last, so give each reader its own. Slots of committed
 * entries never change, so what was read of the neighbouring slots stays true.
 */
export class EntryArrayCursor implements OffsetList {
  readonly #chain: EntryArrayChain;
  /** Index of the slot given last. */
  #hint = 0;
  /** What is in that slot, in the one before and in the one after; 0 where not yet known. */
  #offset = 0;
  #previous = 0;
  #following = 0;

  constructor(chain: EntryArrayChain) {
    this.#chain = chain;
  }

  get estimate(): number {
    return this.#chain.count;
  }

  /** The offset in the slot given last. */
  get offset(): number {
    return this.#offset;
  }

  /** The offset in the slot before the one given last; 0 if that was the first. */
  get previousOffset(): number {
    if (this.#previous === 0 && this.#hint > 0) this.#previous = this.#chain.at(this.#hint - 1);
    return this.#previous;
  }

  atOrAfter(offset: number): number {
    return this.indexAtOrAfter(offset) < this.#chain.count ? this.#offset : noneAfter;
  }

  /** Index of the first sound slot at or after an offset; the chain's count if there is none. */
  indexAtOrAfter(offset: number): number {
    const chain = this.#chain;
    const count = chain.count;
    if (this.#offset !== 0 && this.#offset < offset && this.#stepForward(offset, count)) return this.#hint;
    for (let index = this.#lowerBound(offset); index < count; index++) {
      const found = chain.at(index);
      if (found >= offset && found !== 0 && !this.#misplacedAbove(index, found, offset)) {
        this.#settle(index, found);
        return index;
      }
      chain.unsound(index);
    }
    return count;
  }

  before(offset: number): number {
    const chain = this.#chain;
    if (this.#offset >= offset && this.#stepBackward(offset)) return this.#offset;
    for (let index = this.#lowerBound(offset) - 1; index >= 0; index--) {
      const found = chain.at(index);
      if (found !== 0 && found < offset && !this.#misplacedBelow(index, found, offset)) {
        this.#settle(index, found);
        return found;
      }
      chain.unsound(index);
    }
    return noneBefore;
  }

  #settle(index: number, offset: number): void {
    this.#hint = index;
    this.#offset = offset;
    this.#previous = 0;
    this.#following = 0;
  }

  /** To the next slot, if that is the answer and it and the one after it are in order. */
  #stepForward(offset: number, count: number): boolean {
    const index = this.#hint + 1;
    if (index + 1 >= count) return false;
    const next = this.#following === 0 ? this.#chain.at(index) : this.#following;
    if (next < offset) return false;
    const following = this.#chain.at(index + 1);
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
    const next = this.#previous === 0 ? this.#chain.at(index) : this.#previous;
    if (next >= offset) return false;
    const previous = this.#chain.at(index - 1);
    if (previous >= next || previous === 0) return false;
    this.#hint = index;
    this.#following = this.#offset;
    this.#offset = next;
    this.#previous = previous;
    return true;
  }

  /** The first index whose slot is at or after `offset`, slots that are 0 aside: near the last answer first, then by halves. */
  #lowerBound(offset: number): number {
    const chain = this.#chain;
    const count = chain.count;
    let low = 0;
    let high = count;
    let probe = Math.min(this.#hint, count - 1);
    if (probe < 0) return 0;
    // Gallop away from the last answer until the border lies between low and high.
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
      if (this.#isBelow(middle, offset)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether slot `index` lies before `offset`; a slot that is no offset is taken for the next one that is. */
  #isBelow(index: number, offset: number): boolean {
    const chain = this.#chain;
    for (let sound = index; sound < chain.count; sound++) {
      const found = chain.at(sound);
      if (found !== 0) return found < offset;
      chain.unsound(sound);
    }
    return false;
  }

  /** Whether the slot is greater than both its successors, so that itself and not the next is out of order. */
  #misplacedAbove(index: number, found: number, offset: number): boolean {
    const chain = this.#chain;
    if (index + 1 >= chain.count) return false;
    const next = chain.at(index + 1);
    if (next > found || next < offset || next === 0 || index + 2 >= chain.count) return false;
    const second = chain.at(index + 2);
    return second !== 0 && second <= found;
  }

  /** Whether the slot is less than both its predecessors. */
  #misplacedBelow(index: number, found: number, offset: number): boolean {
    const chain = this.#chain;
    if (index < 1) return false;
    const previous = chain.at(index - 1);
    if (previous < found || previous >= offset || previous === 0 || index < 2) return false;
    return chain.at(index - 2) >= found;
  }
}
