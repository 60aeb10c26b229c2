import type { Entry } from '../journal/entry.ts';
import { longestDecimal, writeDecimal } from './digits.ts';
import { EntryPosition } from './entry-position.ts';
import type { OutputBuffer } from './output-buffer.ts';

const names = [
  '__CURSOR',
  '__REALTIME_TIMESTAMP',
  '__MONOTONIC_TIMESTAMP',
  '__SEQNUM',
  '__SEQNUM_ID',
  '_BOOT_ID',
] as const;

/** What stands around the members of an address in a format. */
export interface AddressFrame {
  /** Before the first name. */
  readonly start: string;
  /** Between a name and its value. */
  readonly nameEnd: string;
  /** Between a value and the next name. */
  readonly separator: string;
  /** After the last value. */
  readonly end: string;
}

/**
 * Writes an entry's address as systemd's own formats have it since 254: cursor, realtime and monotonic time, seqnum,
 * seqnum id and boot id, as fields of these names. The ids' bytes are kept from entry to entry.
 */
export class EntryAddress {
  readonly #position = new EntryPosition();
  readonly #beforeCursor: Buffer;
  readonly #beforeRealtime: Buffer;
  readonly #beforeMonotonic: Buffer;
  readonly #beforeSeqnum: Buffer;
  readonly #beforeSeqnumId: string;
  readonly #beforeBootId: string;
  readonly #end: string;
  #seqnumId = '';
  #bootId = '';
  #ids = Buffer.alloc(0);

  constructor({ start, nameEnd, separator, end }: AddressFrame) {
    const [cursor, realtime, monotonic, seqnum, seqnumId, bootId] = names;
    this.#beforeCursor = Buffer.from(`${start}${cursor}${nameEnd}`);
    this.#beforeRealtime = Buffer.from(`${separator}${realtime}${nameEnd}`);
    this.#beforeMonotonic = Buffer.from(`${separator}${monotonic}${nameEnd}`);
    this.#beforeSeqnum = Buffer.from(`${separator}${seqnum}${nameEnd}`);
    this.#beforeSeqnumId = `${separator}${seqnumId}${nameEnd}`;
    this.#beforeBootId = `${separator}${bootId}${nameEnd}`;
    this.#end = end;
  }

  append(entry: Entry, output: OutputBuffer): void {
    if (entry.seqnumId !== this.#seqnumId || entry.bootId !== this.#bootId) {
      this.#seqnumId = entry.seqnumId;
      this.#bootId = entry.bootId;
      this.#ids = Buffer.from(
        `${this.#beforeSeqnumId}${entry.seqnumId}${this.#beforeBootId}${entry.bootId}${this.#end}`,
        'latin1',
      );
    }
    output.append(this.#beforeCursor);
    this.#position.appendCursor(entry, output);
    appendNumber(output, this.#beforeRealtime, entry.realtime);
    appendNumber(output, this.#beforeMonotonic, entry.monotonic);
    appendNumber(output, this.#beforeSeqnum, entry.seqnum);
    output.append(this.#ids);
  }
}

function appendNumber(output: OutputBuffer, before: Buffer, value: number): void {
  const at = output.reserve(before.length + longestDecimal);
  output.bytes.set(before, at);
  output.length = writeDecimal(output.bytes, at + before.length, value);
}
