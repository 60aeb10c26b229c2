import type { ItemDomain } from '../entry.ts';

const leastSize = 64;
const mostSize = 4096;
/** Many are made and never asked: the table comes with the first item. */
const nothingYet = new Float64Array(1).fill(-1);
/** A table is too small when so many times its size was not found in it. */
const patience = 4;

/**
 * What was found out of the items of one file, by offset: a small number each. Bounded: an item met again after others took
 * its place is found out again. Grows from 1 to 48 KiB when that happens often.
 */
export class ItemClasses {
  #mask = 0;
  #offsets = nothingYet;
  #classes = new Int32Array(1);
  #misses = 0;

  /** The class last set for the item at `offset`, or -1. */
  get(offset: number): number {
    const place = (offset / 8) & this.#mask;
    return this.#offsets[place] === offset ? (this.#classes[place] as number) : -1;
  }

  /** @param itemClass 0 or more */
  set(offset: number, itemClass: number): void {
    this.#misses += 1;
    const size = this.#offsets.length;
    if (size < leastSize) this.#resize(leastSize);
    else if (this.#misses > patience * size && size < mostSize) this.#resize(size * 4);
    const place = (offset / 8) & this.#mask;
    this.#offsets[place] = offset;
    this.#classes[place] = itemClass;
  }

  clear(): void {
    if (this.#offsets !== nothingYet) this.#offsets.fill(-1);
  }

  #resize(size: number): void {
    const offsets = this.#offsets;
    const classes = this.#classes;
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

/** Most worlds of item ids remembered at a time: files read side by side. */
const mostDomains = 64;

/** {@link ItemClasses} for the entries of several files. */
export class DomainClasses {
  readonly #classes = new Map<ItemDomain, ItemClasses>();
  #domain: ItemDomain | undefined;
  #current = new ItemClasses();

  of(domain: ItemDomain): ItemClasses {
    if (domain === this.#domain) return this.#current;
    let classes = this.#classes.get(domain);
    if (classes === undefined) {
      if (this.#classes.size >= mostDomains) this.#classes.clear();
      classes = new ItemClasses();
      this.#classes.set(domain, classes);
    }
    this.#domain = domain;
    this.#current = classes;
    return classes;
  }
}
