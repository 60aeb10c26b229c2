import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions } from './encoder.ts';
import { EntryPosition } from './entry-position.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { PlainFields } from './plain-fields.ts';
import { TemplateFields } from './template-fields.ts';

const beforeFields = Buffer.from('{"fields":{');
const afterFields = Buffer.from('},"cursor":"');

/**
 * An entry as dcos-log's JSON object:
 * `{"fields":{…},"cursor":"s=…","monotonic_timestamp":µs,"realtime_timestamp":µs}`.
 */
export class JsonEntry {
  readonly #templates: TemplateFields;
  readonly #plain: PlainFields;
  readonly #position = new EntryPosition();

  constructor(options: EncoderOptions) {
    const withheld = options.withheld ?? new Set();
    this.#templates = new TemplateFields(options.cache, withheld, beforeFields, afterFields);
    this.#plain = new PlainFields(withheld);
  }

  /** Appends the object and the line break after it. */
  append(entry: Entry, output: OutputBuffer): void {
    if (!this.#templates.append(entry, output)) {
      output.append(beforeFields);
      this.#plain.append(entry, output);
      output.append(afterFields);
    }
    this.#position.appendCursor(entry, output);
    this.#position.appendTimestamps(entry, output);
  }
}
