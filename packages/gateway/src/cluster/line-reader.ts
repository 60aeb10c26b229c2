import { maximumLineLength } from '@clusterlog/shared';
import split2 from 'split2';

export interface LineReaderEvents {
  /**
   * @param line without its line feed, its bytes as characters (latin1)
   * @param bytes where it stands, from `start` on: good until the call returns
   */
  onLine(line: string, bytes: Buffer, start: number): void;
  /** The lines are too long to be any. */
  onError(error: Error): void;
}

const nothing = Buffer.alloc(0);

/**
 * Splits what comes into lines, and tells each with the place where it stands. So that places are the same in both, split2 gets
 * bytes as characters, which costs less than decoding, too; what was no UTF-8 is as it was.
 */
export class LineReader {
  readonly #lines: ReturnType<typeof split2>;
  readonly #onLine: LineReaderEvents['onLine'];
  #chunk: Buffer = nothing;
  /** Where the next line stands in {@link #chunk}. */
  #at = 0;
  /** Bytes of a line that is not whole yet. */
  #rest = 0;

  constructor({ onLine, onError }: LineReaderEvents) {
    this.#onLine = onLine;
    // Without its limit split2 would keep a line of any length. Lines are taken as they are found: were they read out of it,
    // each would cost its way through a queue.
    const options = { maxLength: maximumLineLength, decodeStrings: false };
    this.#lines = split2('\n', (line: string) => this.#tell(line), options);
    this.#lines.once('error', onError);
  }

  /** Tells of the lines that are whole with this chunk. */
  write(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#lines.write(chunk.toString('latin1'));
    this.#rest += chunk.length - this.#at;
    this.#chunk = nothing;
  }

  #tell(line: string): void {
    const rest = this.#rest;
    this.#rest = 0;
    const start = this.#at;
    this.#at = start + line.length + 1 - rest;
    if (rest === 0) this.#onLine(line, this.#chunk, start);
    else this.#onLine(line, Buffer.from(line, 'latin1'), 0);
  }
}
