import type { FileBytes } from './file-bytes.ts';
import { EntryArrayObject, type Layout, ObjectHeader, ObjectType } from './layout.ts';
import { pageSize } from './page-cache.ts';
import { keepRising } from './rising-slots.ts';
import { Span } from './span.ts';
import { readUint64 } from './u64.ts';

/** An index cannot be relied on from a slot on: what it was to tell must be found without it. */
export class IndexDamage extends Error {
  override readonly name = 'IndexDamage';
  readonly fromSlot: number;

  constructor(message: string, fromSlot = 0) {
    super(message);
    this.fromSlot = fromSlot;
  }
}

/** Numbered places for offsets of ENTRY objects. */
export interface EntrySlots {
  readonly count: number;
  /** The offset in slot `index`, or 0 if that cannot be one. */
  at(index: number): number;
  /** Slot `index` was passed over, being 0 or out of order. */
  unsound(index: number): void;
  /** The next slot after `index`, without those known to be empty. */
  next(index: number): number;
  /** The next slot before `index`, without those known to be empty. */
  previous(index: number): number;
  /** Whether slot `index` is known to be in order with those beside it, so that it need not be compared with them. */
  isOrdered?(index: number): boolean;
}

export interface EntryArrayStart {
  /** Offset of the one entry kept outside the arrays, as DATA objects have it; 0 for none. */
  readonly first: number;
  /** Offset of the first ENTRY_ARRAY object; 0 for none. */
  readonly arrays: number;
  /** Entries in all, {@link first} included. */
  readonly count: number;
}

/** A chain with more arrays is damaged: journald makes each at least twice as large as the one before (`link_entry_into_array`). */
const mostArrays = 64;
/** Slots of journald's smallest arrays. */
const leastSlots = 4;
/** So many slots of an array tell whether it follows another. */
const compared = 8;

/** So many slots before an array tell which of them are sound: four pages of them. */
const lookedBack = 4096;

/**
 * Whether the entries in the first slots of an array may follow, each the one before, that at `before`.
 *
 * @param between slots between that entry's and the first
 */
export type Follow = (before: number, slots: readonly number[], between: number) => boolean;

/**
 * Offsets of entries as kept in a chain of ENTRY_ARRAY objects: those of a whole file, or those of one DATA object. Each
 * array is about twice as large as the one before, so the few array offsets are remembered and everything between
 * is found by reading one slot.
 *
 * ENTRY_ARRAY, le: object header, next_entry_array_offset u64, then per item an offset, regular u64 or compact u32.
 *
 * A chain that breaks off and a slot that cannot be right raise {@link IndexDamage}.
 */
export class EntryArrayChain implements EntrySlots {
  readonly #file: FileBytes;
  readonly #layout: Layout;
  readonly #follow: Follow | undefined;
  readonly #span = new Span();
  #start: EntryArrayStart;
  /** Entries outside the arrays: 0 or 1. */
  #outside: number;

  /** Of the arrays found so far: where the object lies, index of its first slot, number of slots. */
  readonly #objects: number[] = [];
  readonly #firstSlots: number[] = [];
  readonly #slotCounts: number[] = [];
  #current = 0;

  /** @param follow asked where one array ends and the next begins */
  constructor(file: FileBytes, layout: Layout, start: EntryArrayStart, follow?: Follow) {
    this.#file = file;
    this.#layout = layout;
    this.#follow = follow;
    this.#start = start;
    this.#outside = start.first === 0 ? 0 : 1;
  }

  /** The chain has grown since. */
  grow(start: EntryArrayStart): void {
    if (start.arrays !== this.#start.arrays) {
      this.#objects.length = 0;
      this.#firstSlots.length = 0;
      this.#slotCounts.length = 0;
    }
    this.#start = start;
    this.#outside = start.first === 0 ? 0 : 1;
  }

  get count(): number {
    return this.#start.count;
  }

  at(index: number): number {
    const slot = index - this.#outside;
    if (slot < 0) return this.#start.first;
    let current = this.#current;
    const first = this.#firstSlots[current];
    if (first === undefined || slot < first || slot >= first + (this.#slotCounts[current] as number)) {
      current = this.#arrayWith(slot);
    }
    const at =
      (this.#objects[current] as number) +
      EntryArrayObject.items +
      (slot - (this.#firstSlots[current] as number)) * this.#layout.arrayItem;
    return this.#slot(at);
  }

  /** The slots, from one and up to another, that lie in one array and one page with slot `index`; none is kept outside. */
  pageOf(index: number): { from: number; to: number } {
    const current = this.#arrayWith(index);
    const first = this.#firstSlots[current] as number;
    const start = (this.#objects[current] as number) + EntryArrayObject.items;
    const width = this.#layout.arrayItem;
    const at = start + (index - first) * width;
    const page = at - (at % pageSize);
    const from = page <= start ? first : first + Math.ceil((page - start) / width);
    const to = Math.min(
      first + (this.#slotCounts[current] as number),
      first + Math.ceil((page + pageSize - start) / width),
    );
    return { from, to };
  }

  next(index: number): number {
    return index + 1;
  }

  previous(index: number): number {
    return index - 1;
  }

  unsound(index: number): void {
    throw new IndexDamage(`${this.#file.path}: slot ${index} of an index is damaged`, index);
  }

  /** Which of the arrays has a slot, reading on along the chain as far as needed. */
  #arrayWith(slot: number): number {
    if (this.#objects.length === 0) this.#addArray(this.#start.arrays, 0);
    let current = Math.min(this.#current, this.#objects.length - 1);
    while (current > 0 && slot < (this.#firstSlots[current] as number)) current--;
    for (;;) {
      const end = (this.#firstSlots[current] as number) + (this.#slotCounts[current] as number);
      if (slot < end) break;
      if (current + 1 === this.#objects.length) {
        this.#addArray(this.#file.word((this.#objects[current] as number) + EntryArrayObject.nextOffset), end);
      }
      current++;
    }
    this.#current = current;
    return current;
  }

  #addArray(object: number, firstSlot: number): void {
    const least = EntryArrayObject.items + this.#layout.arrayItem;
    // Objects are appended, so a chain only ever goes towards the end of the file; this keeps it from being a ring.
    const canFollow = object >= this.#endOfLast() && this.#objects.length < mostArrays;
    const slotCount = canFollow ? this.#slotCountOf(object, least, firstSlot) : 0;
    if (slotCount === 0 || !this.#goesOn(object, firstSlot, slotCount)) {
      const message = `${this.#file.path}: the entry arrays break off after ${firstSlot} slots: none at ${object}`;
      throw new IndexDamage(message, firstSlot + this.#outside);
    }
    this.#objects.push(object);
    this.#firstSlots.push(firstSlot);
    this.#slotCounts.push(slotCount);
  }

  #endOfLast(): number {
    const last = this.#objects.length - 1;
    if (last < 0) return 0;
    return (
      (this.#objects[last] as number) +
      EntryArrayObject.items +
      (this.#slotCounts[last] as number) * this.#layout.arrayItem
    );
  }

  /** Slots of the array at `object`, 0 if there is none. Of one that the end of the file cuts, those before it. */
  #slotCountOf(object: number, least: number, firstSlot: number): number {
    const span = this.#span;
    if (!this.#file.canHold(object, least) || !this.#file.locateSettled(object, ObjectHeader.length, span)) return 0;
    if (span.bytes[span.start + ObjectHeader.type] !== ObjectType.entryArray) return 0;
    const size = readUint64(span.view, span.start + ObjectHeader.size);
    const slotsIn = (bytes: number): number => Math.floor((bytes - EntryArrayObject.items) / this.#layout.arrayItem);
    if (size < least) return 0;
    const slots = slotsIn(Math.min(size, this.#file.arenaEnd - object));
    const usual = Math.max(leastSlots, 2 * (firstSlot + 1));
    if (slots <= usual) return slots;
    // If it is the size that is wrong, what comes after the array must not be taken for slots: the next object begins there.
    const isCut = object + size > this.#file.arenaEnd;
    const endsAtUsual =
      firstSlot + usual < this.#start.count &&
      this.#slot(object + EntryArrayObject.items + usual * this.#layout.arrayItem) === 0;
    return isCut || endsAtUsual ? usual : slots;
  }

  /** Whether the entries of the array at `object` follow those of the arrays before, or it is another chain's. */
  #goesOn(object: number, firstSlot: number, slotCount: number): boolean {
    if (this.#follow === undefined || firstSlot === 0) return true;
    const last = this.#objects.length - 1;
    const width = this.#layout.arrayItem;
    const end = (this.#objects[last] as number) + EntryArrayObject.items + (this.#slotCounts[last] as number) * width;
    const before = this.#slot(end - width);
    const start = object + EntryArrayObject.items;
    const first = this.#slot(start);
    const second = this.#slot(start + width);
    // One slot out of order may be wrong itself; two, before two others, are of another chain.
    const length = Math.min(compared, slotCount, this.#start.count - firstSlot);
    const slots = Array.from({ length }, (_, slot) => this.#slot(start + slot * width));
    const beforeThat = this.#slot(end - 2 * width);
    const goesOn =
      first > before ? this.#follow(before, slots, 0) : second === 0 || first > beforeThat || second > beforeThat;
    return goesOn || this.#goesOnAfterDamage(end, slots, this.#follow);
  }

  /** The same if the last slots of the arrays before are damaged themselves: goes by the last sound one. */
  #goesOnAfterDamage(end: number, slots: readonly number[], follow: Follow): boolean {
    const width = this.#layout.arrayItem;
    const length = Math.min(lookedBack, this.#slotCounts.at(-1) ?? 0);
    const slotsBefore = Array.from({ length }, (_, slot) => this.#slot(end - (length - slot) * width));
    const rising = Float64Array.from([...slotsBefore, ...slots]);
    keepRising(rising);
    let last = length - 1;
    while (last >= 0 && rising[last] === 0) last--;
    return last >= 0 && last < length - 1 && follow(rising[last] as number, slots, length - 1 - last);
  }

  /** What is in the slot at an offset; 0 if it cannot be the offset of an entry. */
  #slot(at: number): number {
    const offset = this.#layout.offsetSize === 8 ? this.#file.word(at) : this.#file.shortWord(at);
    return offset >= this.#file.arenaStart && (offset & 7) === 0 && offset < this.#file.arenaEnd ? offset : 0;
  }
}
