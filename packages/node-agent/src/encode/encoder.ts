import type { Entry } from '../journal/entry.ts';
import type { EncodingCache } from './encoding-cache.ts';
import { JsonEncoder } from './json-encoder.ts';
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

/** `range` ends by itself and its events carry no id, `stream` follows and its events do (dcos-log v1). */
export type EntryFace = 'range' | 'stream';

export interface EncoderOptions {
  /** Fields that are not shown. Default: none. */
  readonly withheld?: ReadonlySet<string>;
  /** Shared by all encoders of a process, so that what one request has encoded serves the next. */
  readonly cache: EncodingCache;
}

/** The encoder of an API v1 answer, byte for byte dcos-log's. */
export function encoderFor(format: EntryFormat, face: EntryFace, options: EncoderOptions): EntryEncoder {
  if (format === 'json') return new JsonEncoder(options);
  if (format === 'sse') return new SseEncoder(face, options);
  return new TextEncoder(options);
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
