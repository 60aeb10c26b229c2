import type { TimeSlice } from '../time-slice.ts';
import type { FileBytes } from './file-bytes.ts';
import { EntryObject, ObjectHeader, ObjectType } from './layout.ts';
import { Span } from './span.ts';
import { readUint64 } from './u64.ts';

/** Objects between two looks at the clock. */
const clockInterval = 128;
/** One entry in so many is remembered, so that any can be found again without starting over. */
const stride = 32;

/**
 * The entries of a file as they lie in it, found by going from object to object. Far slower than an entry array, and used
 * where one is damaged.
 */
export class EntrySequence {
  readonly #file: FileBytes;
  readonly #span = new Span();
  /** Offsets of the entries number 0, 32, 64 … after the start. */
  readonly #remembered: number[];
  /** There is no entry with this number, nor with a greater one. */
  #end = Number.POSITIVE_INFINITY;
  /** The entry found last. */
  #number = 0;
  #offset: number;
  /** Up to where nothing but other objects was found after it. */
  #reached: number;

  /** @param start offset of an object to count from: the entries after it are numbered from 1 */
  constructor(file: FileBytes, start: number) {
    this.#file = file;
    this.#remembered = [start];
    this.#offset = start;
    this.#reached = start;
  }

  /** The first number without an entry, once it has been come to. */
  get end(): number {
    return this.#end;
  }

  /**
   * The offset of the `number`th entry after the start; 0 if the objects end, or are damaged, before it.
   *
   * @param slice ends the search for now when it is over
   * @returns undefined where the search is not at its end
   */
  after(number: number): number;
  after(number: number, slice: TimeSlice | undefined): number | undefined;
  after(number: number, slice?: TimeSlice): number | undefined {
    if (number >= this.#end) return 0;
    if (number < this.#number || number - this.#number > stride) {
      const nearest = Math.min(Math.floor(number / stride), this.#remembered.length - 1);
      if (nearest * stride > this.#number || number < this.#number) {
        this.#number = nearest * stride;
        this.#offset = this.#remembered[nearest] as number;
        this.#reached = this.#offset;
      }
    }
    while (this.#number < number) {
      const next = this.#nextEntry(slice);
      if (next === undefined) return undefined;
      if (next === 0) {
        this.#end = this.#number + 1;
        return 0;
      }
      this.#offset = next;
      this.#reached = next;
      this.#number += 1;
      if (this.#number === this.#remembered.length * stride) this.#remembered.push(next);
    }
    return this.#offset;
  }

  /** The file has grown: there may be more entries than were found. */
  goOn(): void {
    this.#end = Number.POSITIVE_INFINITY;
  }

  #nextEntry(slice: TimeSlice | undefined): number | undefined {
    const file = this.#file;
    const span = this.#span;
    const offset = this.#offset;
    for (let at = this.#reached, objects = 1; file.canHold(at, ObjectHeader.length); objects++) {
      this.#reached = at;
      if (slice !== undefined && objects % clockInterval === 0 && slice.isOver) return undefined;
      if (!file.locateSettled(at, ObjectHeader.length, span)) return 0;
      const type = span.bytes[span.start + ObjectHeader.type];
      const size = readUint64(span.view, span.start + ObjectHeader.size);
      if (size < ObjectHeader.length) return 0;
      if (at !== offset && type === ObjectType.entry && size >= EntryObject.items) return at;
      at += Math.ceil(size / 8) * 8;
    }
    return 0;
  }
}
