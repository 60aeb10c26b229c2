/** Most names that get a number. A real node has a few hundred; programs may invent any number. */
export const maximumFieldNames = 4096;
/** Longest name that gets a number, in bytes: journald takes up to 64. */
const longestName = 64;

const slots = 4 * maximumFieldNames;
const longestSearch = 16;

/** Small numbers for field names, found by the names' bytes. */
export class FieldNames {
  readonly #slots = new Int32Array(slots).fill(-1);
  readonly #names: Buffer[] = [];
  readonly #texts: string[] = [];
  /** Makes it impossible to prepare names that fall into the same slots. */
  readonly #seed = (Math.random() * 0x7fff_ffff) | 1;

  get size(): number {
    return this.#names.length;
  }

  /** The bytes of a name by its number. */
  bytesOf(field: number): Buffer {
    return this.#names[field] as Buffer;
  }

  /** The same as a string of one character a byte, so that strings sort as the bytes do. */
  textOf(field: number): string {
    return this.#texts[field] as string;
  }

  /** The number of the name in `source[start..end)`, given out if need be; -1 when it cannot have one. */
  numberOf(source: Buffer, start: number, end: number): number {
    if (end - start > longestName) return -1;
    let hash = this.#seed;
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ (source[index] as number), 0x0100_0193);
    for (let step = 0; step < longestSearch; step++) {
      const slot = ((hash >>> 8) + step) % slots;
      const field = this.#slots[slot] as number;
      if (field === -1) return this.#add(slot, source, start, end);
      if (this.is(field, source, start, end)) return field;
    }
    return -1;
  }

  /** Whether `source[start..end)` is the name with this number. */
  is(field: number, source: Buffer, start: number, end: number): boolean {
    const name = this.#names[field] as Buffer;
    const { length } = name;
    if (end - start !== length) return false;
    for (let index = 0; index < length; index++) {
      if (name[index] !== source[start + index]) return false;
    }
    return true;
  }

  #add(slot: number, source: Buffer, start: number, end: number): number {
    const field = this.#names.length;
    if (field === maximumFieldNames) return -1;
    this.#names.push(Buffer.from(source.subarray(start, end)));
    this.#texts.push(source.toString('latin1', start, end));
    this.#slots[slot] = field;
    return field;
  }
}
