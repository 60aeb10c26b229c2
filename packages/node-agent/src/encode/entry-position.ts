import type { Entry } from '../journal/entry.ts';
import { longestDecimal, longestHexadecimal, writeDecimal, writeHexadecimal, writeHexadecimalWords } from './digits.ts';
import type { OutputBuffer } from './output-buffer.ts';

const realtimeKey = Buffer.from(';t=');
const xorHashKey = Buffer.from(';x=');
const monotonicMember = Buffer.from('","monotonic_timestamp":');
const realtimeMember = Buffer.from(',"realtime_timestamp":');
const objectEnd = Buffer.from('}\n');

/**
 * Writes where and when an entry lies: its cursor in systemd's text form, and the members that end dcos-log's JSON. The
 * ids seldom change from entry to entry, so their bytes are kept.
 */
export class EntryPosition {
  #seqnumId = '';
  #bootId = '';
  #seqnumPart = Buffer.from('s=;i=');
  #bootPart = Buffer.from(';b=;m=');

  /** `s=…;i=…;b=…;m=…;t=…;x=…` */
  appendCursor(entry: Entry, output: OutputBuffer): void {
    if (entry.seqnumId !== this.#seqnumId) {
      this.#seqnumId = entry.seqnumId;
      this.#seqnumPart = Buffer.from(`s=${entry.seqnumId};i=`, 'latin1');
    }
    if (entry.bootId !== this.#bootId) {
      this.#bootId = entry.bootId;
      this.#bootPart = Buffer.from(`;b=${entry.bootId};m=`, 'latin1');
    }
    let at = output.reserve(this.#seqnumPart.length + this.#bootPart.length + 6 + 4 * longestHexadecimal);
    const { bytes } = output;
    at = write(bytes, at, this.#seqnumPart);
    at = writeHexadecimal(bytes, at, entry.seqnum);
    at = write(bytes, at, this.#bootPart);
    at = writeHexadecimal(bytes, at, entry.monotonic);
    at = write(bytes, at, realtimeKey);
    at = writeHexadecimal(bytes, at, entry.realtime);
    at = write(bytes, at, xorHashKey);
    output.length = writeHexadecimalWords(bytes, at, entry.xorHashHigh, entry.xorHashLow);
  }

  /** What follows the cursor in dcos-log's JSON, from the quote that ends it to the line break. */
  appendTimestamps(entry: Entry, output: OutputBuffer): void {
    let at = output.reserve(monotonicMember.length + realtimeMember.length + objectEnd.length + 2 * longestDecimal);
    const { bytes } = output;
    at = write(bytes, at, monotonicMember);
    at = writeDecimal(bytes, at, entry.monotonic);
    at = write(bytes, at, realtimeMember);
    at = writeDecimal(bytes, at, entry.realtime);
    output.length = write(bytes, at, objectEnd);
  }
}

function write(bytes: Buffer, at: number, source: Buffer): number {
  bytes.set(source, at);
  return at + source.length;
}
