import type { Entry, FieldView } from '../journal/entry.ts';
import type { ValueFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Stands in a key for an item whose value differs from entry to entry. */
export const hole = -1;

/** An item of a template that has to be read for each entry. */
export interface Hole {
  /** Index of the item in the entry. */
  readonly item: number;
  /** The name the item must have for the template to fit. */
  readonly name: Buffer;
  /** Index in the template's bytes before which the value goes; -1 when it is not shown: left out by the format or withheld. */
  readonly at: number;
  /** How the value is written. */
  readonly format: ValueFormat;
}

/** What entries have to agree in to share a template, and the items in which they do. */
export interface TemplateKey {
  readonly domainNumber: number;
  /** The format, how it arranges fields, and which of them are withheld. */
  readonly variantNumber: number;
  /** The entry's item ids in its own order, {@link hole} for the variable ones; the first `count` elements count. */
  readonly items: Float64Array;
  readonly count: number;
}

/** The fields of an entry encoded in the format's order, with holes for the values that differ from entry to entry. */
export class Template {
  /** Another template of the same hash. */
  next: Template | undefined;
  readonly #domainNumber: number;
  readonly #variantNumber: number;
  readonly #items: Float64Array;
  /** What stands before each hole that is shown, and after the last. */
  readonly #segments: readonly Buffer[];
  readonly #holes: readonly Hole[];
  readonly #bytes: number;

  /** @param holes those that are shown first, by `at` */
  constructor(key: TemplateKey, bytes: Buffer, holes: readonly Hole[]) {
    this.#domainNumber = key.domainNumber;
    this.#variantNumber = key.variantNumber;
    this.#items = key.items.slice(0, key.count);
    const ends = [...holes.filter(({ at }) => at !== -1).map(({ at }) => at), bytes.length];
    this.#segments = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
    this.#holes = holes;
    this.#bytes = bytes.length;
  }

  /** What it takes in memory, in bytes, with those that share its hash. */
  get length(): number {
    const own = this.#bytes + this.#items.byteLength + 160 * this.#holes.length;
    return this.next === undefined ? own : own + this.next.length;
  }

  /** Whether an entry with this key may be of this template; the names of its holes are looked at by {@link append}. */
  fits(key: TemplateKey): boolean {
    const { items, count } = key;
    const own = this.#items;
    if (own.length !== count || this.#domainNumber !== key.domainNumber) return false;
    if (this.#variantNumber !== key.variantNumber) return false;
    for (let index = 0; index < count; index++) if (own[index] !== items[index]) return false;
    return true;
  }

  /**
   * Appends the entry's fields.
   *
   * @returns false, with nothing appended, when an item in a hole has another name or is damaged
   */
  append(entry: Entry, view: FieldView, output: OutputBuffer): boolean {
    const start = output.length;
    const holes = this.#holes;
    const segments = this.#segments;
    for (let index = 0; index < holes.length; index++) {
      const { item, name, at, format } = holes[index] as Hole;
      if (!entry.load(item, view) || !hasName(view, name)) {
        output.length = start;
        return false;
      }
      if (at === -1) continue;
      output.append(segments[index] as Buffer);
      format.appendValue(output, view);
    }
    output.append(segments[segments.length - 1] as Buffer);
    return true;
  }
}

function hasName({ bytes, start, equals }: FieldView, name: Buffer): boolean {
  const { length } = name;
  if (equals - start !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== name[index]) return false;
  return true;
}
