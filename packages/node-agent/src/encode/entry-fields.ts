import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions } from './encoder.ts';
import type { FieldsFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { PlainFields } from './plain-fields.ts';
import { TemplateFields } from './template-fields.ts';

/** The fields of entries in one format: by templates where the source allows, else the plain way. */
export class EntryFields {
  readonly #templates: TemplateFields;
  readonly #plain: PlainFields;

  constructor(format: FieldsFormat, options: EncoderOptions) {
    const withheld = options.withheld ?? new Set();
    this.#templates = new TemplateFields(format, options.cache, withheld);
    this.#plain = new PlainFields(format, withheld);
  }

  append(entry: Entry, output: OutputBuffer): void {
    if (!this.#templates.append(entry, output)) this.#plain.append(entry, output);
  }
}
