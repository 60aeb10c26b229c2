import { eventText, v3MediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { EntryFields } from './entry-fields.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { Notice, V3Encoder, V3EncoderOptions } from './v3-encoder.ts';
import { v3TextFields } from './v3-text-fields.ts';
import { V3Time } from './v3-time.ts';

/**
 * `2026-11-21T14:00:00.000000Z host label[pid]: message`, or the message alone; nothing for an entry without one. What
 * else there is to say is a line after two dashes.
 */
export class V3TextEncoder implements V3Encoder {
  readonly contentType: string;
  readonly ping = undefined;
  readonly #fields: EntryFields;
  readonly #time: V3Time | undefined;

  constructor(options: V3EncoderOptions) {
    const { output, raw } = options;
    // Bytes as they were written are in no charset.
    this.contentType = raw ? 'text/plain' : v3MediaTypes.text;
    this.#fields = new EntryFields(v3TextFields({ as: 'line', output, raw }), options);
    this.#time = output === 'cat' ? undefined : new V3Time();
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    const start = output.length;
    this.#time?.append(entry.realtime, output);
    const before = output.length;
    this.#fields.append(entry, output);
    if (output.length > before) return true;
    output.length = start;
    return false;
  }

  notice(notice: Notice): Buffer | undefined {
    if (notice.event === 'watermark' || notice.event === 'checkpoint') return undefined;
    return Buffer.from(eventText(notice));
  }
}
