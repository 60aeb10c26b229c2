import type { Entry } from '../journal/entry.ts';
import type { EncodingCache } from './encoding-cache.ts';
import { JsonEncoder } from './json-encoder.ts';
import { LineLimitEncoder } from './line-limit-encoder.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { SseEncoder } from './sse-encoder.ts';
import { TextEncoder } from './text-encoder.ts';

/** Writes entries in one format. Belongs to one request: it may remember what the last entry was like. */
export interface EntryEncoder {
  /** The value of the Content-Type header, exactly: DC/OS clients compare it for equality. */
  readonly contentType: string;
  /** What says "still here" on an idle connection; undefined where the format has no way to. */
  readonly ping: Buffer | undefined;
  /**
   * Appends the entry.
   *
   * @returns false when the format prints nothing for such an entry; `output` is then as before
   */
  encode(entry: Entry, output: OutputBuffer): boolean;
}

export type EntryFormat = 'text' | 'json' | 'sse';

/** `range` ends by itself and its events carry no id, `stream` follows and its events do (dcos-log v1; all v2 events do). */
export type EntryFace = 'range' | 'stream';

export interface EncoderOptions {
  /** Fields that are not shown. Default: none. */
  readonly withheld?: ReadonlySet<string>;
  /** Shared by all encoders of a process, so that what one request has encoded serves the next. */
  readonly cache: EncodingCache;
}

export interface DcosEncoderOptions extends EncoderOptions {
  /**
   * Bytes that a JSON line or an event may have at most, its line ends included; of larger entries the message is
   * shortened, and other fields only where that is not enough. Default: no limit.
   */
  readonly longestLine?: number;
}

/** The encoder of an answer of API v1 or v2, byte for byte dcos-log's. */
export function encoderFor(format: EntryFormat, face: EntryFace, options: DcosEncoderOptions): EntryEncoder {
  if (format === 'text') return new TextEncoder(options);
  const encoder = format === 'json' ? new JsonEncoder(options) : new SseEncoder(face, options);
  const { longestLine, withheld } = options;
  return longestLine === undefined ? encoder : new LineLimitEncoder(encoder, longestLine, withheld);
}

/**
 * dcos-log's choice of a format: the Accept header as a whole, case-sensitive, no lists and no parameters; anything else
 * is text.
 */
export function formatAccepted(accept: string | undefined): EntryFormat {
  if (accept === 'application/json') return 'json';
  if (accept === 'text/event-stream') return 'sse';
  return 'text';
}
