/** A set of small whole numbers, a bit each. */
export class Serials {
  #bits = new Uint8Array(1024);
  /** How many there are. */
  size = 0;

  /** @returns whether it was new */
  add(serial: number): boolean {
    const at = serial >>> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bits = this.#bits[at] as number;
    const bit = 1 << (serial & 7);
    if ((bits & bit) !== 0) return false;
    this.#bits[at] = bits | bit;
    this.size++;
    return true;
  }

  has(serial: number): boolean {
    return ((this.#bits[serial >>> 3] ?? 0) & (1 << (serial & 7))) !== 0;
  }

  /** Those below `end` that are in this set and not in the other. */
  *without(other: Serials, end: number): Generator<number> {
    for (let serial = 0; serial < end; serial++) if (this.has(serial) && !other.has(serial)) yield serial;
  }
}
