import type { Entry, FieldView } from '../journal/entry.ts';
import type { FieldsFormat, NamedItem } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';

interface LoadedItem extends NamedItem {
  /** The item's own copy of its bytes. */
  readonly view: FieldView;
}

/**
 * The fields of an entry, the straight way: every item is read and encoded. This is the meaning of a format: templates
 * must give the same.
 */
export class PlainFields {
  readonly #format: FieldsFormat;
  readonly #withheld: ReadonlySet<string>;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  constructor(format: FieldsFormat, withheld: ReadonlySet<string>) {
    this.#format = format;
    this.#withheld = withheld;
  }

  append(entry: Entry, output: OutputBuffer): void {
    const view = this.#view;
    const items: LoadedItem[] = [];
    for (let index = 0; index < entry.itemCount; index++) {
      if (!entry.load(index, view)) continue;
      const { start, equals, end } = view;
      const text = view.bytes.toString('latin1', start, equals);
      if (this.#withheld.has(text)) continue;
      const bytes = Buffer.from(view.bytes.subarray(start, end));
      const own = { bytes, start: 0, equals: equals - start, end: end - start };
      items.push({ index, name: bytes.subarray(0, own.equals), text, view: own });
    }
    this.#format.arrange(items, {
      bytes: (piece) => output.append(piece),
      value: (item, format = this.#format) => format.appendValue(output, (item as LoadedItem).view),
    });
  }
}
