import type { FileBytes } from './file-bytes.ts';
import { EntryObject, ObjectHeader, ObjectType } from './layout.ts';
import { Span } from './span.ts';
import { readUint64 } from './u64.ts';

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

  /** @param start offset of an object to count from: the entries after it are numbered from 1 */
  constructor(file: FileBytes, start: number) {
    this.#file = file;
    this.#remembered = [start];
    this.#offset = start;
  }

  /** The offset of the `number`th entry after the start; 0 if the objects end, or are damaged, before it. */
  after(number: number): number {
    if (number >= this.#end) return 0;
    if (number < this.#number || number - this.#number > stride) {
      const nearest = Math.min(Math.floor(number / stride), this.#remembered.length - 1);
      if (nearest * stride > this.#number || number < this.#number) {
        this.#number = nearest * stride;
        this.#offset = this.#remembered[nearest] as number;
      }
    }
    while (this.#number < number) {
      const next = this.#nextEntry(this.#offset);
      if (next === 0) {
        this.#end = this.#number + 1;
        return 0;
      }
      this.#offset = next;
      this.#number += 1;
      if (this.#number === this.#remembered.length * stride) this.#remembered.push(next);
    }
    return this.#offset;
  }

  /** The file has grown: there may be more entries than were found. */
  goOn(): void {
    this.#end = Number.POSITIVE_INFINITY;
  }

  #nextEntry(offset: number): number {
    const file = this.#file;
    const span = this.#span;
    for (let at = offset; file.canHold(at, ObjectHeader.length); ) {
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
