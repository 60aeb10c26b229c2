import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions } from './encoder.ts';
import { EntryPosition } from './entry-position.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { PlainFields } from './plain-fields.ts';

const head = Buffer.from('{"fields":');
const cursorMember = Buffer.from(',"cursor":"');

/**
 * An entry as dcos-log's JSON object:
 * `{"fields":{…},"cursor":"s=…","monotonic_timestamp":µs,"realtime_timestamp":µs}`.
 */
export class JsonEntry {
  readonly #fields: PlainFields;
  readonly #position = new EntryPosition();

  constructor(options: EncoderOptions) {
    this.#fields = new PlainFields(options.withheld ?? new Set());
  }

  append(entry: Entry, output: OutputBuffer): void {
    output.append(head);
    this.#fields.append(entry, output);
    output.append(cursorMember);
    this.#position.appendCursor(entry, output);
    this.#position.appendTimestamps(entry, output);
    const at = output.reserve(1);
    output.bytes[at] = 0x7d;
    output.length = at + 1;
  }
}
