import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { MessageField } from './message-field.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Messages alone, a line each, as the process wrote them; nothing for an entry without one. */
export class MessageEncoder implements EntryEncoder {
  readonly contentType = 'text/plain; charset=utf-8';
  readonly ping = undefined;
  readonly #message: MessageField;

  constructor(options: EncoderOptions) {
    this.#message = new MessageField(options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    if (!this.#message.load(entry)) return false;
    this.#message.append(output);
    return true;
  }
}
