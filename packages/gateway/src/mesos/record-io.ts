/**
 * RecordIO, the framing of Mesos' v1 event streams: the record's length in bytes as decimal ASCII, a newline, then
 * exactly that many bytes; the next record follows at once. HTTP chunks promise nothing about record borders.
 */
export interface RecordIODecoderOptions {
  /** Longest record accepted, in bytes; default 512 MiB (a first record of 100,000 tasks has about 230 MB). */
  readonly maxLength?: number;
}

const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
/** Decimal digits of 2^53: a longer length is garbage, whatever its value. */
const MAX_DIGITS = 16;

export class RecordIODecoder {
  readonly #maxLength: number;
  /** Length of the record being collected; undefined while its digits are being read. */
  #length: number | undefined;
  #digits = '';
  #parts: Buffer[] = [];
  #collected = 0;

  constructor(options: RecordIODecoderOptions = {}) {
    this.#maxLength = options.maxLength ?? 512 * 1024 * 1024;
  }

  /**
   * The records that `chunk` completes, in order. A record that lies whole in `chunk` shares its memory.
   * @throws Error when the bytes are not RecordIO or a record is longer than allowed; the decoder is then of no more use.
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#length === undefined) {
        at = this.#readLength(chunk, at);
        if (this.#length !== 0) continue;
      }
      const end = Math.min(chunk.length, at + this.#length - this.#collected);
      const part = chunk.subarray(at, end);
      at = end;
      if (this.#collected + part.length < this.#length) {
        this.#parts.push(part);
        this.#collected += part.length;
        return;
      }
      const record = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part], this.#length);
      this.#length = undefined;
      this.#parts = [];
      this.#collected = 0;
      yield record;
    }
  }

  /** Whether the bytes so far end inside a record, as those of a killed master may. */
  get insideRecord(): boolean {
    return this.#length !== undefined || this.#digits !== '';
  }

  /** Reads digits up to the newline; returns where to go on. */
  #readLength(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE && this.#digits !== '') {
        const length = Number(this.#digits);
        if (length > this.#maxLength) {
          throw new Error(`RecordIO: a record of ${length} bytes is longer than the ${this.#maxLength} allowed`);
        }
        this.#length = length;
        this.#digits = '';
        return at + 1;
      }
      if (byte < ZERO || byte > NINE || this.#digits.length === MAX_DIGITS) {
        throw new Error(`RecordIO: expected the decimal length of a record, found byte 0x${byte.toString(16)}`);
      }
      this.#digits += String.fromCharCode(byte);
    }
    return chunk.length;
  }
}
