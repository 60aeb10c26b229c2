import { viewOf } from './span.ts';

/** Bytes of a read-ahead window. */
export const windowSize = 256 * 1024;

export interface WindowMemory {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Memory for read-ahead windows, lent to sequential readers and taken back. Never more than its limit exists. */
export class ReadAheadPool {
  readonly #limit: number;
  readonly #free: WindowMemory[] = [];
  #made = 0;

  /** @param limitBytes memory for all windows together */
  constructor(limitBytes: number) {
    this.#limit = Math.floor(limitBytes / windowSize);
  }

  /** Undefined when all are lent: the reader then goes on through the page cache, slower but in no memory of its own. */
  take(): WindowMemory | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made >= this.#limit) return undefined;
    this.#made += 1;
    const bytes = Buffer.allocUnsafeSlow(windowSize);
    return { bytes, view: viewOf(bytes) };
  }

  give(memory: WindowMemory): void {
    this.#free.push(memory);
  }
}
