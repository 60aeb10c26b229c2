const leastSize = 1024;
const mostSize = 4096;
/** A table is too small when so many times its size was not found in it. */
const patience = 4;

/**
 * What was found out of the items of one file, by offset: a small number each. Bounded: an item met again after others took
 * its place is found out again. Grows from 12 to 48 KiB when that happens often.
 */
export class ItemClasses {
  #mask = leastSize - 1;
  #offsets = new Float64Array(leastSize).fill(-1);
  #classes = new Int32Array(leastSize);
  #misses = 0;

  /** The class last set for the item at `offset`, or -1. */
  get(offset: number): number {
    const place = (offset / 8) & this.#mask;
    return this.#offsets[place] === offset ? (this.#classes[place] as number) : -1;
  }

  /** @param itemClass 0 or more */
  set(offset: number, itemClass: number): void {
    this.#misses += 1;
    if (this.#misses > patience * this.#offsets.length && this.#offsets.length < mostSize) this.#grow();
    const place = (offset / 8) & this.#mask;
    this.#offsets[place] = offset;
    this.#classes[place] = itemClass;
  }

  clear(): void {
    this.#offsets.fill(-1);
  }

  #grow(): void {
    const offsets = this.#offsets;
    const classes = this.#classes;
    const size = offsets.length * 4;
    this.#mask = size - 1;
    this.#offsets = new Float64Array(size).fill(-1);
    this.#classes = new Int32Array(size);
    this.#misses = 0;
    for (let place = 0; place < offsets.length; place++) {
      const offset = offsets[place] as number;
      const moved = (offset / 8) & this.#mask;
      if (offset < 0) continue;
      this.#offsets[moved] = offset;
      this.#classes[moved] = classes[place] as number;
    }
  }
}
