import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { JsonEntry } from './json-entry.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** One JSON object a line, dcos-log's. */
export class JsonEncoder implements EntryEncoder {
  readonly contentType = 'application/json';
  readonly ping = undefined;
  readonly #json: JsonEntry;

  constructor(options: EncoderOptions) {
    this.#json = new JsonEntry(options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    this.#json.append(entry, output);
    return true;
  }
}
