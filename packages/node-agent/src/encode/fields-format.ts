import type { FieldView } from '../journal/entry.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Numbers of formats are below this. */
export const mostFieldsFormats = 16;

/** An item of an entry, by the name of its field. */
export interface NamedItem {
  readonly index: number;
  readonly name: Buffer;
  /** The same as a string of one character a byte. */
  readonly text: string;
}

/** How one value is written. */
export interface ValueFormat {
  /** Keeps apart what is cached for the formats. */
  readonly number: number;
  /** Appends the value in `view`, with whatever around it depends on the value. */
  appendValue(output: OutputBuffer, view: FieldView): void;
}

/** Takes what a format writes for an entry's fields, piece by piece. */
export interface Arrangement {
  bytes(piece: Buffer): void;
  /**
   * Here goes the item's value. An item may be left out, or come more than once.
   *
   * @param format how the value is written. Default: as the arranging format itself writes it
   */
  value(item: NamedItem, format?: ValueFormat): void;
}

/** How a format writes the fields of an entry. What differs from entry to entry may only be the values. */
export interface FieldsFormat extends ValueFormat {
  /** Tells formats apart that share a number because they write values alike, and arrange them differently. Default: none. */
  readonly variant?: string;
  /** Puts the items, given in the entry's own order, as the format wants them. */
  arrange(items: readonly NamedItem[], arrangement: Arrangement): void;
}
