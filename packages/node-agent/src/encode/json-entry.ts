import type { Entry } from '../journal/entry.ts';
import { dcosJsonFields } from './dcos-json-fields.ts';
import type { EncoderOptions } from './encoder.ts';
import { EntryFields } from './entry-fields.ts';
import { EntryPosition } from './entry-position.ts';
import type { OutputBuffer } from './output-buffer.ts';

/**
 * An entry as dcos-log's JSON object:
 * `{"fields":{…},"cursor":"s=…","monotonic_timestamp":µs,"realtime_timestamp":µs}`.
 */
export class JsonEntry {
  readonly #fields: EntryFields;
  readonly #position = new EntryPosition();

  constructor(options: EncoderOptions) {
    this.#fields = new EntryFields(dcosJsonFields, options);
  }

  /** Appends the object and the line break after it. */
  append(entry: Entry, output: OutputBuffer): void {
    this.#fields.append(entry, output);
    this.#position.appendCursor(entry, output);
    this.#position.appendTimestamps(entry, output);
  }
}
