import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder, EntryFace } from './encoder.ts';
import { EntryPosition } from './entry-position.ts';
import { JsonEntry } from './json-entry.ts';
import type { OutputBuffer } from './output-buffer.ts';

const idKey = Buffer.from('id: ');
const dataKey = Buffer.from('data: ');
const idEnd = Buffer.from('\ndata: ');
const eventEnd = Buffer.from('\n');

/** Server-sent events with dcos-log's JSON as data; on the stream face each has the cursor as its id. */
export class SseEncoder implements EntryEncoder {
  readonly contentType = 'text/event-stream';
  readonly ping = Buffer.from(': ping\n\n');
  readonly #json: JsonEntry;
  readonly #position: EntryPosition | undefined;

  constructor(face: EntryFace, options: EncoderOptions) {
    this.#json = new JsonEntry(options);
    this.#position = face === 'stream' ? new EntryPosition() : undefined;
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    if (this.#position === undefined) {
      output.append(dataKey);
    } else {
      output.append(idKey);
      this.#position.appendCursor(entry, output);
      output.append(idEnd);
    }
    this.#json.append(entry, output);
    // The data line is ended already: an empty one ends the event.
    output.append(eventEnd);
    return true;
  }
}
