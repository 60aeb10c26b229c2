import type { Entry } from '../journal/entry.ts';
import { longestDecimal, writeDecimal } from './digits.ts';
import type { OutputBuffer } from './output-buffer.ts';

const realtimeMember = Buffer.from(',"realtime_timestamp":');
const monotonicMember = Buffer.from(',"monotonic_timestamp":');
const bootMember = Buffer.from(',"boot_id":"');
const seqnumMember = Buffer.from('","seqnum":');
const idLength = 32;

/** Writes what follows the fields in v3's JSON: the two times in µs, boot id and seqnum, the brace and the line feed. */
export class V3EntryEnd {
  #bootId = '';
  #boot = Buffer.alloc(0);

  append(entry: Entry, output: OutputBuffer): void {
    if (entry.bootId !== this.#bootId) {
      this.#bootId = entry.bootId;
      this.#boot = Buffer.concat([bootMember, Buffer.from(entry.bootId, 'latin1'), seqnumMember]);
    }
    const room = realtimeMember.length + monotonicMember.length + this.#boot.length + idLength + 3 * longestDecimal + 2;
    let at = output.reserve(room);
    const { bytes } = output;
    bytes.set(realtimeMember, at);
    at = writeDecimal(bytes, at + realtimeMember.length, entry.realtime);
    bytes.set(monotonicMember, at);
    at = writeDecimal(bytes, at + monotonicMember.length, entry.monotonic);
    bytes.set(this.#boot, at);
    at = writeDecimal(bytes, at + this.#boot.length, entry.seqnum);
    bytes[at] = 0x7d;
    bytes[at + 1] = 0x0a;
    output.length = at + 2;
  }
}
