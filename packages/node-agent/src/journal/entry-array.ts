import type { Damage } from './damage.ts';
import type { FileBytes } from './file-bytes.ts';
import { EntryArrayObject, type Layout, ObjectType } from './layout.ts';
import { objectSize } from './object.ts';
import { Span } from './span.ts';

/** The index of a DATA object cannot be relied on: entries must be found without it. */
export class IndexDamage extends Error {
  override readonly name = 'IndexDamage';
}

export interface EntryArrayStart {
  /** Offset of the one entry kept outside the arrays, as DATA objects have it; 0 for none. */
  readonly first: number;
  /** Offset of the first ENTRY_ARRAY object; 0 for none. */
  readonly arrays: number;
  /** Entries in all, {@link first} included. */
  readonly count: number;
}

/**
 * Offsets of entries as kept in a chain of ENTRY_ARRAY objects: those of a whole file, or those of one DATA object. Each
 * array is about twice as large as the one before, so the few array offsets are remembered and everything between
 * is found by reading one slot.
 *
 * A slot that cannot be right (0, not aligned, outside the file, out of order) is passed over and counted in the file's
 * own chain. In a DATA object's chain it raises {@link IndexDamage}: the file's own chain still has every entry.
 */
export class EntryArrayChain {
  readonly #file: FileBytes;
  readonly #layout: Layout;
  readonly #damage: Damage;
  readonly #strict: boolean;
  readonly #span = new Span();
  #start: EntryArrayStart;
  /** Entries outside the arrays: 0 or 1. */
  #outside: number;

  /** Of the arrays found so far: where the object lies, index of its first slot, number of slots. */
  readonly #objects: number[] = [];
  readonly #firstSlots: number[] = [];
  readonly #slotCounts: number[] = [];
  #current = 0;
  /** Where the chain breaks off before its count is reached. */
  #reach = Number.POSITIVE_INFINITY;

  /** @param strict whether a slot that cannot be right raises {@link IndexDamage} */
  constructor(file: FileBytes, layout: Layout, damage: Damage, strict: boolean, start: EntryArrayStart) {
    this.#file = file;
    this.#layout = layout;
    this.#damage = damage;
    this.#strict = strict;
    this.#start = start;
    this.#outside = start.first === 0 ? 0 : 1;
  }

  /** The chain has grown since, or its words were read afresh. */
  grow(start: EntryArrayStart): void {
    if (start.arrays !== this.#start.arrays) this.#objects.length = 0;
    this.#start = start;
    this.#reach = Number.POSITIVE_INFINITY;
    this.#outside = start.first === 0 ? 0 : 1;
  }

  /** Slots that can be reached. */
  get count(): number {
    return Math.min(this.#start.count, this.#reach);
  }

  /** The offset in slot `index`, or 0 if that cannot be one. */
  at(index: number): number {
    const slot = index - this.#outside;
    if (slot < 0) return this.#start.first;
    let current = this.#current;
    const first = this.#firstSlots[current];
    if (first === undefined || slot < first || slot >= first + (this.#slotCounts[current] as number)) {
      current = this.#arrayWith(slot);
      if (current < 0) return 0;
    }
    const at =
      (this.#objects[current] as number) +
      EntryArrayObject.items +
      (slot - (this.#firstSlots[current] as number)) * this.#layout.arrayItem;
    const offset = this.#layout.offsetSize === 8 ? this.#file.word(at) : this.#file.shortWord(at);
    return offset >= this.#file.arenaStart && (offset & 7) === 0 && offset < this.#file.arenaEnd ? offset : 0;
  }

  /** Slot `index` was passed over because it cannot be right. */
  unsound(index: number): void {
    if (this.#strict) throw new IndexDamage(`${this.#file.path}: slot ${index} of an index is damaged`);
    this.#damage.count('arrays', -1 - index);
  }

  /** Which of the arrays has a slot, reading on along the chain as far as needed; -1 if the chain breaks before. */
  #arrayWith(slot: number): number {
    let current = Math.min(this.#current, this.#objects.length - 1);
    while (current > 0 && slot < (this.#firstSlots[current] as number)) current--;
    for (;;) {
      if (current < 0) {
        if (!this.#addArray(this.#start.arrays, 0)) return this.#breakOff(0, this.#start.arrays);
        current = 0;
      }
      const end = (this.#firstSlots[current] as number) + (this.#slotCounts[current] as number);
      if (slot < end) break;
      if (current + 1 === this.#objects.length) {
        const object = this.#objects[current] as number;
        const next = this.#file.word(object + EntryArrayObject.nextOffset);
        // Objects are appended, so a chain only ever goes towards the end of the file; this keeps it from being a ring.
        if (next <= object || !this.#addArray(next, end)) return this.#breakOff(end, object);
      }
      current++;
    }
    this.#current = current;
    return current;
  }

  #breakOff(slot: number, object: number): -1 {
    if (this.#strict) throw new IndexDamage(`${this.#file.path}: the chain of an index breaks after offset ${object}`);
    this.#damage.count('arrays', object);
    this.#reach = slot + this.#outside;
    return -1;
  }

  #addArray(object: number, firstSlot: number): boolean {
    const least = EntryArrayObject.items + this.#layout.arrayItem;
    const size = objectSize(this.#file, this.#file, object, ObjectType.entryArray, least, this.#span);
    if (size === 0) {
      return false;
    }
    this.#objects.push(object);
    this.#firstSlots.length = this.#objects.length - 1;
    this.#slotCounts.length = this.#objects.length - 1;
    this.#firstSlots.push(firstSlot);
    this.#slotCounts.push(Math.floor((size - EntryArrayObject.items) / this.#layout.arrayItem));
    return true;
  }
}
