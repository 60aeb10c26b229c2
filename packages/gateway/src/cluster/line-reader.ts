import { finished, type Readable } from 'node:stream';
import { maximumLineLength } from '@clusterlog/shared';
import split2 from 'split2';

export interface LineReaderEvents {
  onLine(line: string): void;
  /** Once, after the last line; with an error when the stream broke. */
  onEnd(error: Error | undefined): void;
}

/** Bytes that become lines at once, if they are whole lines. */
const pieceSize = 8 * 1024;
const lineFeed = 0x0a;

/**
 * Reads lines while it is not paused, and hardly more than were wanted: what waits of a hundred streams waits as bytes, outside
 * the heap. As strings it would be copied by each collection of the young generation, and outlive it.
 */
export class LineReader {
  readonly #body: Readable;
  readonly #lines: ReturnType<typeof split2>;
  #chunk: Buffer | undefined;
  #paused = false;
  #feeding = false;
  #isBodyRead = false;

  constructor(body: Readable, { onLine, onEnd }: LineReaderEvents) {
    this.#body = body;
    // Without its limit split2 would keep a line of any length. Lines are taken as they are found: were they read out of it,
    // each would cost its way through a queue.
    this.#lines = split2('\n', onLine, { maxLength: maximumLineLength });
    this.#lines.once('error', (error) => body.destroy(error));
    this.#lines.once('end', () => onEnd(undefined));
    // There is nothing to be read but its end.
    this.#lines.resume();
    body.on('data', (chunk: Buffer) => {
      this.#chunk = chunk;
      this.#feed();
    });
    finished(body, { writable: false }, (error) => {
      this.#isBodyRead = true;
      if (!error) {
        this.#feed();
        return;
      }
      this.#chunk = undefined;
      this.#lines.destroy();
      onEnd(error);
    });
  }

  pause(): void {
    this.#paused = true;
    this.#body.pause();
  }

  /** Lines may come at once. */
  resume(): void {
    this.#paused = false;
    this.#feed();
  }

  #feed(): void {
    if (this.#feeding) return;
    this.#feeding = true;
    while (!this.#paused && this.#chunk !== undefined) {
      const chunk = this.#chunk;
      const end = endOfPiece(chunk);
      this.#chunk = end < chunk.length ? chunk.subarray(end) : undefined;
      this.#lines.write(chunk.subarray(0, end));
    }
    this.#feeding = false;
    if (this.#isBodyRead) {
      // A paused stream ends, too, when its last chunk was taken: a rest of that may still wait.
      if (this.#chunk === undefined) this.#lines.end();
    } else if (this.#paused || this.#chunk !== undefined) {
      this.#body.pause();
    } else {
      this.#body.resume();
    }
  }
}

/** After the last line feed that makes a piece; of a line longer than that, everything: the less often it is put together. */
function endOfPiece(chunk: Buffer): number {
  if (chunk.length <= pieceSize) return chunk.length;
  const within = chunk.lastIndexOf(lineFeed, pieceSize - 1);
  const end = within === -1 ? chunk.indexOf(lineFeed, pieceSize) : within;
  return end === -1 ? chunk.length : end + 1;
}
