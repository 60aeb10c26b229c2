import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { dcosTime } from './local-time.ts';
import { MessageField } from './message-field.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { SecondText } from './second-text.ts';

/** `YYYY-MM-DD HH:MM:SS: MESSAGE`, server-local time and the message's bytes as they are; nothing for an entry without one. */
export class TextEncoder implements EntryEncoder {
  readonly contentType = 'text/plain';
  readonly ping = undefined;
  readonly #message: MessageField;
  readonly #prefix = new SecondText(dcosTime);

  constructor(options: EncoderOptions) {
    this.#message = new MessageField(options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    if (!this.#message.load(entry)) return false;
    output.append(this.#prefix.at(entry.realtime));
    this.#message.append(output);
    return true;
  }
}
