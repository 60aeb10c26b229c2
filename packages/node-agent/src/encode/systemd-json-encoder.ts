import { mediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { EntryAddress } from './entry-address.ts';
import { EntryFields } from './entry-fields.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { systemdJsonFields } from './systemd-json-fields.ts';

/** How the objects follow each other: journalctl's `json`, `json-sse` and `json-seq`. */
export type SystemdJsonFraming = 'lines' | 'events' | 'sequence';

const framings = {
  lines: { contentType: mediaTypes.json, start: '', end: '}\n' },
  events: { contentType: mediaTypes.eventStream, start: 'data: ', end: '}\n\n' },
  sequence: { contentType: mediaTypes.jsonSequence, start: '\u001e', end: '}\n' },
} as const;

/** Entries as `journalctl -o json` prints them since systemd 254. */
export class SystemdJsonEncoder implements EntryEncoder {
  readonly contentType: string;
  readonly ping = undefined;
  readonly #address: EntryAddress;
  readonly #fields: EntryFields;
  readonly #entryEnd: Buffer;

  constructor(framing: SystemdJsonFraming, options: EncoderOptions) {
    const { contentType, start, end } = framings[framing];
    this.contentType = contentType;
    this.#address = new EntryAddress({ start: `${start}{"`, nameEnd: '":"', separator: '","', end: '"' });
    this.#fields = new EntryFields(systemdJsonFields, options);
    this.#entryEnd = Buffer.from(end);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    this.#address.append(entry, output);
    this.#fields.append(entry, output);
    output.append(this.#entryEnd);
    return true;
  }
}
