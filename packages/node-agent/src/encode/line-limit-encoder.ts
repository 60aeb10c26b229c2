import type { Entry } from '../journal/entry.ts';
import type { EntryEncoder } from './encoder.ts';
import { OutputBuffer } from './output-buffer.ts';
import { ShortenedEntry } from './shortened-entry.ts';

/**
 * An encoder of JSON lines or events none of which is longer than a limit: an entry that would be is encoded shortened.
 * Its cursor and its times are as ever, so that a reader can go on after it, or ask for the whole of it elsewhere.
 */
export class LineLimitEncoder implements EntryEncoder {
  readonly contentType: string;
  readonly ping: Buffer | undefined;
  readonly #encoder: EntryEncoder;
  readonly #longestLine: number;
  readonly #withheld: ReadonlySet<string>;

  /** @param longestLine in bytes; enough for an entry without fields, some 500 */
  constructor(encoder: EntryEncoder, longestLine: number, withheld: ReadonlySet<string> = new Set()) {
    this.contentType = encoder.contentType;
    this.ping = encoder.ping;
    this.#encoder = encoder;
    this.#longestLine = longestLine;
    this.#withheld = withheld;
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    const start = output.length;
    const printed = this.#encoder.encode(entry, output);
    if (output.length - start <= this.#longestLine) return printed;
    output.length = start;
    const room = this.#longestLine - this.#sizeWithoutFields(entry);
    return this.#encoder.encode(new ShortenedEntry(entry, room, this.#withheld), output);
  }

  #sizeWithoutFields(entry: Entry): number {
    const scratch = new OutputBuffer();
    this.#encoder.encode(new ShortenedEntry(entry, 0, this.#withheld), scratch);
    const { length } = scratch;
    scratch.clear();
    return length;
  }
}
