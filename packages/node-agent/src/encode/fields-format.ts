import type { FieldView } from '../journal/entry.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Numbers of formats are below this. */
export const mostFieldsFormats = 8;

/** An item of an entry, by the name of its field. */
export interface NamedItem {
  readonly index: number;
  readonly name: Buffer;
  /** The same as a string of one character a byte. */
  readonly text: string;
}

/** Takes what a format writes for an entry's fields, piece by piece. */
export interface Arrangement {
  bytes(piece: Buffer): void;
  /** Here goes what {@link FieldsFormat.appendValue} writes for the item. An item may be left out, but not come twice. */
  value(item: NamedItem): void;
}

/** How a format writes the fields of an entry. What differs from entry to entry may only be the values. */
export interface FieldsFormat {
  /** Keeps apart what is cached for the formats. */
  readonly number: number;
  /** Puts the items, given in the entry's own order, as the format wants them. */
  arrange(items: readonly NamedItem[], arrangement: Arrangement): void;
  /** Appends the value in `view`, with whatever around it depends on the value. */
  appendValue(output: OutputBuffer, view: FieldView): void;
}
