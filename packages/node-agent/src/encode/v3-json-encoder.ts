import { eventLine, eventMessage, v3MediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { EntryFields } from './entry-fields.ts';
import { EntryPosition } from './entry-position.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { Notice, V3Encoder, V3EncoderOptions } from './v3-encoder.ts';
import { V3EntryEnd } from './v3-entry-end.ts';
import { v3JsonFields } from './v3-json-fields.ts';

const idKey = Buffer.from('id: ');
const dataKey = Buffer.from('\ndata: ');
const objectStart = Buffer.from('{"cursor":"');
const eventEnd = Buffer.from('\n');

/**
 * An object an entry, `{"cursor":"…","source":{…},"fields":{…},"realtime_timestamp":…,"monotonic_timestamp":…,
 * "boot_id":"…","seqnum":…}`: one a line, or as server-sent events with the cursor as id.
 */
export class V3JsonEncoder implements V3Encoder {
  readonly contentType: string;
  readonly ping: Buffer | undefined;
  readonly #isEvents: boolean;
  readonly #fields: EntryFields;
  readonly #position = new EntryPosition();
  readonly #end = new V3EntryEnd();
  readonly #afterCursor: Buffer;

  constructor(frame: 'ndjson' | 'sse', options: V3EncoderOptions) {
    this.contentType = v3MediaTypes[frame];
    this.#isEvents = frame === 'sse';
    this.ping = this.#isEvents ? Buffer.from(': still here\n\n') : undefined;
    this.#fields = new EntryFields(v3JsonFields('source', options.shown), options);
    const agent = options.agentId === undefined ? '' : `"agent":${JSON.stringify(options.agentId)},`;
    this.#afterCursor = Buffer.from(`","source":{${agent}`);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    if (this.#isEvents) {
      output.append(idKey);
      this.#position.appendCursor(entry, output);
      output.append(dataKey);
    }
    output.append(objectStart);
    this.#position.appendCursor(entry, output);
    output.append(this.#afterCursor);
    this.#fields.append(entry, output);
    this.#end.append(entry, output);
    if (this.#isEvents) output.append(eventEnd);
    return true;
  }

  notice(notice: Notice): Buffer | undefined {
    if (notice.event === 'watermark') return undefined;
    if (!this.#isEvents) return Buffer.from(eventLine(notice));
    return Buffer.from(eventMessage(notice, 'cursor' in notice ? notice.cursor : undefined));
  }
}
