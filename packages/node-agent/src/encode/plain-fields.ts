import type { Entry, FieldView } from '../journal/entry.ts';
import type { FieldsFormat, NamedItem } from './fields-format.ts';
import { OutputBuffer } from './output-buffer.ts';

interface EncodedItem extends NamedItem {
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of an entry, the straight way: every item is read and encoded. This is the meaning of a format: templates
 * must give the same.
 */
export class PlainFields {
  readonly #format: FieldsFormat;
  readonly #withheld: ReadonlySet<string>;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #scratch = new OutputBuffer();

  constructor(format: FieldsFormat, withheld: ReadonlySet<string>) {
    this.#format = format;
    this.#withheld = withheld;
  }

  append(entry: Entry, output: OutputBuffer): void {
    const view = this.#view;
    const scratch = this.#scratch;
    const items: EncodedItem[] = [];
    for (let index = 0; index < entry.itemCount; index++) {
      if (!entry.load(index, view)) continue;
      const text = view.bytes.toString('latin1', view.start, view.equals);
      if (this.#withheld.has(text)) continue;
      const name = Buffer.from(text, 'latin1');
      const start = scratch.length;
      this.#format.appendValue(scratch, view);
      items.push({ index, name, text, start, end: scratch.length });
    }
    this.#format.arrange(items, {
      bytes: (piece) => output.append(piece),
      value: (item) => {
        const { start, end } = item as EncodedItem;
        output.append(scratch.bytes.subarray(start, end));
      },
    });
    if (scratch.isFull) scratch.clear();
    scratch.length = 0;
  }
}
