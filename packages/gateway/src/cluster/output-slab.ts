/** Bytes that are sent on at once. */
export const slabSize = 128 * 1024;
/** What the last entry may take beyond. */
const slack = 16 * 1024;
const smallest = 16 * 1024;
/** Texts longer than this are measured before room is made for them. */
const longText = 4 * 1024;

/**
 * Where the bytes of an answer are put together: one piece of memory, used again once what was in it has been sent. It is small
 * while little is sent at once; entries longer than it has room for make it grow for that time only.
 */
export class OutputSlab {
  #bytes: Buffer = Buffer.allocUnsafeSlow(0);
  #length = 0;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for so many more bytes; what is written next must not need more. */
  reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const usual = Math.min(Math.max(2 * this.#bytes.length, smallest), slabSize + slack);
    const grown = Buffer.allocUnsafeSlow(Math.max(usual, needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  copy(source: Buffer, start: number, end: number): void {
    source.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** All of a few bytes, which costs less than copying a part. */
  append(source: Buffer): void {
    this.#bytes.set(source, this.#length);
    this.#length += source.length;
  }

  /** Characters of one byte each. */
  ascii(text: string): void {
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Reserves what it needs. */
  utf8(text: string): void {
    this.reserve(text.length > longText ? Buffer.byteLength(text) : 3 * text.length);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  /** What was written, good until something is written again. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > slabSize + slack) this.#bytes = Buffer.allocUnsafeSlow(0);
  }
}
