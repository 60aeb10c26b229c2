/** Bytes of a lane that has little to wait, and the most that is used again. */
const [smallest, largest] = [4 * 1024, 128 * 1024];

/** Where something is kept. */
export interface Kept {
  readonly bytes: Buffer;
  readonly start: number;
}

/**
 * Where one agent's lines wait: memory that is used again once they are delivered, in the order in which they came. Chunks, as
 * they come in, are fresh memory each; if lines waited in them they would outlive the young generation, and a hundred megabytes
 * of them would wait for the old one to be collected.
 */
export class LineBytes {
  #ring: Buffer = Buffer.alloc(0);
  /** Pieces kept in {@link #ring}. */
  #count = 0;
  /** The oldest byte that is needed, and where the next piece goes. */
  #first = 0;
  #next = 0;
  /** What is needed goes on at the beginning of the ring. */
  #isAround = false;

  /** Keeps a piece, until it is released. */
  keep(source: Buffer, start: number, end: number): Kept {
    const length = end - start;
    if (length > largest) return { bytes: Buffer.from(source.subarray(start, end)), start: 0 };
    if (this.#count === 0) this.#startAnew();
    const at = this.#roomFor(length) ?? this.#roomInNewRing(length);
    source.copy(this.#ring, at, start, end);
    this.#next = at + length;
    this.#count++;
    return { bytes: this.#ring, start: at };
  }

  /** The oldest piece is needed no more. What lies elsewhere, such as in a ring that was too small, is the collector's. */
  release(bytes: Buffer, end: number): void {
    if (bytes !== this.#ring) return;
    if (end <= this.#first) this.#isAround = false;
    this.#first = end;
    this.#count--;
  }

  #startAnew(): void {
    this.#first = 0;
    this.#next = 0;
    this.#isAround = false;
  }

  #roomFor(length: number): number | undefined {
    const until = this.#isAround ? this.#first : this.#ring.length;
    if (this.#next + length <= until) return this.#next;
    if (this.#isAround || length > this.#first) return undefined;
    this.#isAround = true;
    return 0;
  }

  #roomInNewRing(length: number): number {
    this.#ring = Buffer.allocUnsafeSlow(Math.max(smallest, length, Math.min(2 * this.#ring.length, largest)));
    this.#count = 0;
    this.#startAnew();
    return 0;
  }
}
