import type { Damage } from './damage.ts';
import { EntryArrayChain, type EntrySlots, IndexDamage } from './entry-array.ts';
import { EntrySequence } from './entry-sequence.ts';
import type { FileBytes } from './file-bytes.ts';
import type { FileHeader } from './header.ts';

/**
 * Every committed entry of a file, by the chain of entry arrays the header names. Where that is damaged, entries are
 * counted off along the file's objects instead, from the last sound slot on; only what is not found so either is lost.
 */
export class AllEntries implements EntrySlots {
  readonly #file: FileBytes;
  readonly #damage: Damage;
  readonly #chain: EntryArrayChain;
  #count: number;
  /** From this slot on the chain has nothing. */
  #broken = Number.POSITIVE_INFINITY;

  /** Recovers the slots after {@link #sequenceStart}, up to {@link #sequenceEnd} as far as is known. */
  #sequence: EntrySequence | undefined;
  #sequenceStart = -2;
  #sequenceEnd = -2;

  constructor(file: FileBytes, damage: Damage, header: FileHeader) {
    this.#file = file;
    this.#damage = damage;
    this.#count = header.entryCount;
    this.#chain = new EntryArrayChain(file, header.layout, startOf(header));
  }

  /** The header was read afresh. */
  adopt(header: FileHeader): void {
    this.#count = header.entryCount;
    this.#broken = Number.POSITIVE_INFINITY;
    this.#sequence = undefined;
    this.#chain.grow(startOf(header));
  }

  get count(): number {
    return this.#count;
  }

  at(index: number): number {
    const offset = this.#inChain(index);
    return offset !== 0 ? offset : this.#recover(index);
  }

  unsound(index: number): void {
    this.#damage.count('arrays', -1 - index);
  }

  #inChain(index: number): number {
    if (index >= this.#broken) return 0;
    try {
      return this.#chain.at(index);
    } catch (error) {
      if (!(error instanceof IndexDamage)) throw error;
      this.#broken = error.fromSlot;
      return 0;
    }
  }

  #recover(index: number): number {
    if (index < 0 || index >= this.#count) return 0;
    if (this.#sequence === undefined || index <= this.#sequenceStart || index > this.#sequenceEnd + 1) {
      let sound = Math.min(index, this.#broken) - 1;
      while (sound >= 0 && this.#inChain(sound) === 0) sound--;
      if (this.#sequence === undefined || sound !== this.#sequenceStart) {
        const start = sound < 0 ? this.#file.arenaStart : this.#inChain(sound);
        this.#sequence = new EntrySequence(this.#file, start);
        this.#damage.count('arrays', -1 - sound);
      }
      this.#sequenceStart = sound;
      this.#sequenceEnd = index;
    }
    if (index >= this.#broken) this.#sequenceEnd = Number.POSITIVE_INFINITY;
    else this.#sequenceEnd = Math.max(this.#sequenceEnd, index);
    const offset = this.#sequence.after(index - this.#sequenceStart);
    if (offset === 0 && (index >= this.#broken || this.#sequence.exhausted)) this.#count = Math.min(this.#count, index);
    return offset;
  }
}

function startOf(header: FileHeader): { first: number; arrays: number; count: number } {
  return { first: 0, arrays: header.entryArrayOffset, count: header.entryCount };
}
