import type { MergeEntry } from './lane.ts';
import type { Kept, LineBytes } from './line-bytes.ts';
import type { PositionInBytes } from './packed-position.ts';

/** The payload of an entry's line, where it is kept. */
export interface PayloadInBytes {
  readonly bytes: Buffer;
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

/** Lengths of the parts of an entry's line, of which its position and its payload are kept, and all between them. */
export interface KeptLengths {
  readonly position: number;
  readonly beforePayload: number;
  readonly all: number;
}

/**
 * An entry as it waits at the gateway: never parsed, and outside the heap. As strings the lines of a hundred agents would
 * outlive the young generation, and be copied on their way.
 */
export class WaitingEntry implements MergeEntry, PositionInBytes, PayloadInBytes {
  readonly realtime: number;
  /** As the line has it. */
  readonly origin: string;
  readonly bytes: Buffer;
  readonly positionStart: number;
  readonly positionEnd: number;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly #home: LineBytes | undefined;

  /** @param home whose memory it lies in, unless it is its own */
  constructor(realtime: number, origin: string, { bytes, start }: Kept, lengths: KeptLengths, home?: LineBytes) {
    this.realtime = realtime;
    this.origin = origin;
    this.bytes = bytes;
    this.positionStart = start;
    this.positionEnd = start + lengths.position;
    this.payloadStart = start + lengths.beforePayload;
    this.payloadEnd = start + lengths.all;
    this.#home = home;
  }

  get size(): number {
    return this.payloadEnd - this.positionStart;
  }

  get position(): PositionInBytes {
    return this;
  }

  /** It was delivered, and so were all before it: nobody looks at it again. */
  release(): void {
    this.#home?.release(this.bytes, this.payloadEnd);
  }

  /** The same in memory of its own, for entries that are kept. */
  alone(): WaitingEntry {
    const { positionStart: start, positionEnd, payloadStart, payloadEnd } = this;
    const bytes = Buffer.from(this.bytes.subarray(start, payloadEnd));
    const lengths = { position: positionEnd - start, beforePayload: payloadStart - start, all: payloadEnd - start };
    return new WaitingEntry(this.realtime, this.origin, { bytes, start: 0 }, lengths);
  }
}
