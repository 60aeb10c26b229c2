import type { V3Event, V3Format } from '@clusterlog/shared';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { V3ExportEncoder } from './v3-export-encoder.ts';
import { V3JsonEncoder } from './v3-json-encoder.ts';
import { V3LinesEncoder } from './v3-lines-encoder.ts';
import type { ShownFields } from './v3-shown.ts';
import { V3TextEncoder } from './v3-text-encoder.ts';

/** All of this agent's entries at or before `realtime` have been sent. Only the line stream tells of it. */
export interface Watermark {
  readonly event: 'watermark';
  /** µs since 1970. */
  readonly realtime: number;
  /** Where to resume; undefined when that is not known. */
  readonly cursor: string | undefined;
}

/** What an answer says besides entries. */
export type Notice = V3Event | Watermark;

/** Writes entries and what else there is to say in one of v3's formats. */
export interface V3Encoder extends EntryEncoder {
  /** What a format says of it; undefined where it says nothing. */
  notice(notice: Notice): Buffer | undefined;
}

export interface V3EncoderOptions extends EncoderOptions {
  /** Fields shown in JSON and export format. Default: all. */
  readonly shown?: ShownFields;
  /** The id of this agent, where it is known. */
  readonly agentId: string | undefined;
  /** Text is the message alone. */
  readonly output?: 'cat' | undefined;
  /** Text is the message's bytes as they are. */
  readonly raw: boolean;
  /** What stands behind the keys of the line stream. */
  readonly payload: 'ndjson' | 'text' | 'export';
}

export function v3Encoder(format: V3Format, options: V3EncoderOptions): V3Encoder {
  switch (format) {
    case 'text':
      return new V3TextEncoder(options);
    case 'ndjson':
    case 'sse':
      return new V3JsonEncoder(format, options);
    case 'export':
      return new V3ExportEncoder(options);
    case 'lines':
      return new V3LinesEncoder(options);
  }
}
