import { type Completeness, type CountOptions, defaultMostValues, type ValueCounts } from './counts.ts';
import type { Entry, FieldView } from './entry.ts';
import { DomainClasses } from './file/item-classes.ts';

/** Bytes of all values together, at most. */
const mostBytes = 16 * 1024 * 1024;
/** The class of items of other fields; the class of a value is one more than its number. */
const otherField = 0;

/** Counts the entries that have each value of a field. */
export class ValueTally {
  readonly #name: Buffer;
  readonly #mostValues: number;
  readonly #classes = new DomainClasses();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  /** Number of each value. Values are bytes: one character a byte keeps them apart. */
  readonly #numbers = new Map<string, number>();
  readonly #counts: number[] = [];
  #bytes = 0;
  #isFull = false;

  constructor(field: string, options: CountOptions = {}) {
    this.#name = Buffer.from(field);
    this.#mostValues = options.mostValues ?? defaultMostValues;
  }

  /** True once a value was left out for want of room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  count(entry: Entry): void {
    const { domain, itemCount, itemIds, newItemsAbove } = entry;
    const classes = domain === undefined ? undefined : this.#classes.of(domain);
    for (let index = 0; index < itemCount; index++) {
      const id = itemIds[index] as number;
      let itemClass = classes === undefined ? -1 : classes.get(id);
      if (itemClass < 0) {
        itemClass = this.#classify(entry, index);
        if (id <= newItemsAbove) classes?.set(id, itemClass);
      }
      if (itemClass !== otherField) (this.#counts[itemClass - 1] as number)++;
    }
  }

  /** `entries` more have the value. */
  add(value: Buffer, entries: number): void {
    const number = this.#numberOf(value);
    if (number >= 0) (this.#counts[number] as number) += entries;
  }

  result(completeness: Completeness): ValueCounts {
    const sorted = [...this.#numbers].map(([text, number]) => ({ text, entries: this.#counts[number] as number }));
    // Text compares five times as fast as buffers, and there may be ten thousand values that occur once.
    sorted.sort((one, other) => other.entries - one.entries || (one.text < other.text ? -1 : 1));
    const values = sorted.map(({ text, entries }) => ({ value: Buffer.from(text, 'latin1'), entries }));
    return { completeness: this.#isFull ? 'partial' : completeness, values };
  }

  #classify(entry: Entry, index: number): number {
    const view = this.#view;
    if (!entry.load(index, view)) return otherField;
    if (view.bytes.compare(this.#name, 0, this.#name.length, view.start, view.equals) !== 0) return otherField;
    const number = this.#numberOf(view.bytes.subarray(view.equals + 1, view.end));
    return number < 0 ? otherField : number + 1;
  }

  /** -1 for a value there is no room for. */
  #numberOf(value: Buffer): number {
    const key = value.toString('latin1');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#counts.length >= this.#mostValues || this.#bytes + value.length > mostBytes) {
      this.#isFull = true;
      return -1;
    }
    this.#bytes += value.length;
    this.#numbers.set(key, this.#counts.length);
    return this.#counts.push(0) - 1;
  }
}
