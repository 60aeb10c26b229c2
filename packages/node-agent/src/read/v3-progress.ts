import type { Cursor } from '@clusterlog/shared';
import type { EntryEncoder } from '../encode/encoder.ts';
import type { OutputBuffer } from '../encode/output-buffer.ts';
import type { Entry } from '../journal/entry.ts';
import { noBootId } from './redaction.ts';

export function cursorOfEntry(entry: Entry): Cursor {
  return {
    seqnumId: entry.seqnumId,
    seqnum: BigInt(entry.seqnum),
    bootId: entry.bootId,
    monotonic: BigInt(entry.monotonic),
    realtime: BigInt(entry.realtime),
    xorHash: (BigInt(entry.xorHashHigh) << 32n) | BigInt(entry.xorHashLow),
  };
}

/** An encoder that remembers which entry it encoded last. */
export class Progress implements EntryEncoder {
  readonly contentType: string;
  readonly ping: Buffer | undefined;
  /** Entries encoded. */
  count = 0;
  readonly #encoder: EntryEncoder;
  #seqnumId = '';
  #seqnum = 0;
  #bootId = '';
  #monotonic = 0;
  #realtime = 0;
  #xorHashHigh = 0;
  #xorHashLow = 0;

  constructor(encoder: EntryEncoder) {
    this.contentType = encoder.contentType;
    this.ping = encoder.ping;
    this.#encoder = encoder;
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    this.count++;
    this.#seqnumId = entry.seqnumId;
    this.#seqnum = entry.seqnum;
    this.#bootId = entry.bootId;
    this.#monotonic = entry.monotonic;
    this.#realtime = entry.realtime;
    this.#xorHashHigh = entry.xorHashHigh;
    this.#xorHashLow = entry.xorHashLow;
    return this.#encoder.encode(entry, output);
  }

  /** The cursor of the last entry; undefined before the first. */
  last(): Cursor | undefined {
    if (this.count === 0) return undefined;
    return {
      seqnumId: this.#seqnumId,
      seqnum: BigInt(this.#seqnum),
      bootId: this.#bootId,
      monotonic: BigInt(this.#monotonic),
      realtime: BigInt(this.#realtime),
      xorHash: (BigInt(this.#xorHashHigh) << 32n) | BigInt(this.#xorHashLow),
    };
  }
}

/** Whether `one` certainly lies after `other` in a journal's own order; false where the cursors alone do not tell. */
export function liesAfter(one: Cursor, other: Cursor): boolean {
  if (one.seqnumId === other.seqnumId) return one.seqnum > other.seqnum;
  return one.bootId === other.bootId && one.bootId !== noBootId && one.monotonic > other.monotonic;
}
