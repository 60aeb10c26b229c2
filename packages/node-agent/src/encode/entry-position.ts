import type { Entry } from '../journal/entry.ts';
import {
  hexadecimalDigits,
  longestDecimal,
  longestHexadecimal,
  writeDecimal,
  writeHexadecimal,
  writeHexadecimalWords,
} from './digits.ts';
import type { OutputBuffer } from './output-buffer.ts';

const monotonicMember = Buffer.from('","monotonic_timestamp":');
const realtimeMember = Buffer.from(',"realtime_timestamp":');

/**
 * Writes where and when an entry lies: its cursor in systemd's text form, and the members that end dcos-log's JSON. The
 * ids seldom change from entry to entry, so the text around the numbers is kept.
 */
export class EntryPosition {
  #seqnumId = '';
  #bootId = '';
  #seqnumDigits = 0;
  /** `s=…;i=…;b=…;m=`, with room for the digits of the seqnum. */
  #beginning = Buffer.alloc(0);

  /** `s=…;i=…;b=…;m=…;t=…;x=…` */
  appendCursor(entry: Entry, output: OutputBuffer): void {
    const { seqnum } = entry;
    const seqnumDigits = hexadecimalDigits(seqnum);
    if (entry.seqnumId !== this.#seqnumId || entry.bootId !== this.#bootId || seqnumDigits !== this.#seqnumDigits) {
      this.#seqnumId = entry.seqnumId;
      this.#bootId = entry.bootId;
      this.#seqnumDigits = seqnumDigits;
      const room = '0'.repeat(seqnumDigits);
      this.#beginning = Buffer.from(`s=${entry.seqnumId};i=${room};b=${entry.bootId};m=`, 'latin1');
    }
    const beginning = this.#beginning;
    const start = output.reserve(beginning.length + 6 + 3 * longestHexadecimal);
    const { bytes } = output;
    bytes.set(beginning, start);
    writeHexadecimal(bytes, start + 5 + entry.seqnumId.length, seqnum);
    let at = writeHexadecimal(bytes, start + beginning.length, entry.monotonic);
    at = writeHexadecimal(bytes, writeKey(bytes, at, realtimeLetter), entry.realtime);
    at = writeKey(bytes, at, xorHashLetter);
    output.length = writeHexadecimalWords(bytes, at, entry.xorHashHigh, entry.xorHashLow);
  }

  /** What follows the cursor in dcos-log's JSON, from the quote that ends it to the line break. */
  appendTimestamps(entry: Entry, output: OutputBuffer): void {
    let at = output.reserve(monotonicMember.length + realtimeMember.length + 2 + 2 * longestDecimal);
    const { bytes } = output;
    bytes.set(monotonicMember, at);
    at = writeDecimal(bytes, at + monotonicMember.length, entry.monotonic);
    bytes.set(realtimeMember, at);
    at = writeDecimal(bytes, at + realtimeMember.length, entry.realtime);
    bytes[at] = 0x7d;
    bytes[at + 1] = 0x0a;
    output.length = at + 2;
  }
}

const realtimeLetter = 0x74;
const xorHashLetter = 0x78;

/** `;t=` or `;x=` */
function writeKey(bytes: Buffer, at: number, letter: number): number {
  bytes[at] = 0x3b;
  bytes[at + 1] = letter;
  bytes[at + 2] = 0x3d;
  return at + 3;
}
