import { entryMark, LineFormatError, positionStart, realtimeDigits, realtimeStart } from '@clusterlog/shared';
import { LineBytes } from './line-bytes.ts';
import { WaitingEntry } from './waiting-entry.ts';

const blank = 0x20;
const zero = 0x30;
const halfDigits = realtimeDigits / 2;

/** Takes the entries out of one agent's lines. Most lines have the origin of the one before, and are not asked for it twice. */
export class EntryLines {
  /** With the blank behind it. */
  #origin = ' ';
  #originText = '';
  readonly #waiting = new LineBytes();

  /**
   * @param line an entry's line, its bytes as characters
   * @param bytes where the same line stands, from `start` on; what is needed of it is copied
   * @throws LineFormatError
   */
  entry(line: string, bytes: Buffer, start: number): WaitingEntry {
    const realtime = realtimeOf(bytes, start + realtimeStart);
    const positionEnd = line.indexOf(' ', positionStart);
    if (realtime === -1 || positionEnd === -1 || bytes[start + positionStart - 1] !== blank) throw malformed(line);
    if (!line.startsWith(this.#origin, positionEnd + 1)) {
      const end = line.indexOf(' ', positionEnd + 1);
      if (end === -1) throw malformed(line);
      // Of bytes of its own: as a part of the line it would keep all lines that came with it.
      this.#origin = bytes.toString('latin1', start + positionEnd + 1, start + end + 1);
      this.#originText = bytes.toString('utf8', start + positionEnd + 1, start + end);
    }
    const kept = this.#waiting.keep(bytes, start + positionStart, start + line.length);
    const lengths = {
      position: positionEnd - positionStart,
      beforePayload: positionEnd + 1 + this.#origin.length - positionStart,
      all: line.length - positionStart,
    };
    return new WaitingEntry(realtime, this.#originText, kept, lengths, this.#waiting);
  }
}

export function isEntryLine(line: string): boolean {
  return line.startsWith(entryMark);
}

/** -1 when it is none. */
function realtimeOf(bytes: Buffer, start: number): number {
  const high = halfOf(bytes, start);
  const low = halfOf(bytes, start + halfDigits);
  const realtime = high * 1e8 + low;
  return high < 0 || low < 0 || realtime > Number.MAX_SAFE_INTEGER ? -1 : realtime;
}

function halfOf(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start; at < start + halfDigits; at++) {
    const digit = (bytes[at] as number) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function malformed(line: string): LineFormatError {
  return new LineFormatError(`expected a line of an entry, found ${JSON.stringify(line.slice(0, 80))}`);
}
