import type { EntryArrayChain } from './entry-array.ts';
import { noneAfter, noneBefore, type OffsetList } from './offset-list.ts';

/** A chain of entry arrays as an ordered list. Remembers where it was last, so give each reader its own. */
export class EntryArrayCursor implements OffsetList {
  readonly #chain: EntryArrayChain;
  /** Index of the slot given last. */
  #hint = 0;

  constructor(chain: EntryArrayChain) {
    this.#chain = chain;
  }

  get estimate(): number {
    return this.#chain.count;
  }

  atOrAfter(offset: number): number {
    const chain = this.#chain;
    const index = this.indexAtOrAfter(offset);
    if (index >= chain.count) return noneAfter;
    return chain.at(index);
  }

  before(offset: number): number {
    const chain = this.#chain;
    let index = this.#lowerBound(offset) - 1;
    for (; index >= 0; index--) {
      const found = chain.at(index);
      if (found !== 0 && found < offset && !this.#misplacedBelow(index, found, offset)) {
        this.#hint = index;
        return found;
      }
      chain.unsound(index);
    }
    return noneBefore;
  }

  /** Index of the first sound slot at or after an offset; the chain's count if there is none. */
  indexAtOrAfter(offset: number): number {
    const chain = this.#chain;
    const count = chain.count;
    for (let index = this.#lowerBound(offset); index < count; index++) {
      const found = chain.at(index);
      if (found >= offset && found !== 0 && !this.#misplacedAbove(index, found, offset)) {
        this.#hint = index;
        return index;
      }
      chain.unsound(index);
    }
    return count;
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
