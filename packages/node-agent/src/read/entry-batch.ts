import { setImmediate } from 'node:timers/promises';
import type { EntryEncoder } from '../encode/encoder.ts';
import { OutputBuffer } from '../encode/output-buffer.ts';
import type { Entry } from '../journal/entry.ts';
import type { Direction, EntryWalk, Gap } from '../journal/source.ts';

/** Encoded bytes wait no longer than this for more, in milliseconds: a rare match is seen while the search goes on. */
const longestDelay = 20;
/** The event loop gets a turn at least this often, in milliseconds. */
const longestTurn = 2;

/** Where the gaps go that a walk meets: a list, or whatever writes them down. */
export interface GapSink {
  push(...gaps: Gap[]): unknown;
}

export interface EntryBatchOptions {
  readonly direction?: Direction;
  /** Entries at most. Default: no limit. */
  readonly limit?: number;
  /** The first entry for which this is true ends the reading, and is not read. Default: none does. */
  readonly endsBefore?: ((entry: Entry) => boolean) | undefined;
  /** Entries before the first for which this is true, and which are there already, are passed over. Default: none are. */
  readonly beginsWith?: ((entry: Entry) => boolean) | undefined;
  /** Takes the gaps met, each before the entries behind it are read. Default: nobody asks for them. */
  readonly gaps?: GapSink;
}

/** Reads entries off a walk and encodes them, a chunk's worth at a time. */
export class EntryBatch {
  readonly #walk: EntryWalk;
  readonly #encoder: EntryEncoder;
  readonly #direction: Direction;
  readonly #endsBefore: ((entry: Entry) => boolean) | undefined;
  /** Undefined once it was true, or the end was reached. */
  #beginsWith: ((entry: Entry) => boolean) | undefined;
  readonly #gaps: GapSink | undefined;
  readonly #output = new OutputBuffer();
  #oldest = 0;
  #remaining: number;
  #turnStarted = performance.now();

  constructor(walk: EntryWalk, encoder: EntryEncoder, options: EntryBatchOptions = {}) {
    this.#walk = walk;
    this.#encoder = encoder;
    this.#direction = options.direction ?? 'forward';
    this.#endsBefore = options.endsBefore;
    this.#beginsWith = options.beginsWith;
    this.#gaps = options.gaps;
    this.#remaining = options.limit ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Reads until there is a chunk, or nothing more to read, or `patience` milliseconds have gone by.
   *
   * @returns `end`: nothing more now. `limit`: nothing more ever. `more`: call again.
   */
  async fill(signal: AbortSignal, patience = Number.POSITIVE_INFINITY): Promise<'more' | 'end' | 'limit'> {
    const started = performance.now();
    await this.#takeTurn(started);
    while (this.#remaining > 0) {
      const outcome = await this.#walk.read(this.#direction, this.#visit);
      signal.throwIfAborted();
      const gaps = this.#gaps === undefined ? [] : this.#walk.takeGaps();
      this.#gaps?.push(...gaps);
      if (outcome === 'end') this.#beginsWith = undefined;
      if (gaps.length > 0 && outcome !== 'end') return 'more';
      if (outcome === 'end') return 'end';
      if (this.#output.isFull) return this.#remaining > 0 ? 'more' : 'limit';
      const now = performance.now();
      if (now - started >= (this.#output.length > 0 ? longestDelay : patience)) return 'more';
      if (outcome === 'slice') await this.#takeTurn(Number.POSITIVE_INFINITY);
      signal.throwIfAborted();
    }
    return 'limit';
  }

  /** When the first entry was received of those that {@link take} gave last, or will give; µs since 1970. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The bytes since the last time; undefined when no entry printed anything. */
  take(): Buffer | undefined {
    return this.#output.take();
  }

  async #takeTurn(now: number): Promise<void> {
    if (now - this.#turnStarted < longestTurn) return;
    await setImmediate();
    this.#turnStarted = performance.now();
  }

  readonly #visit = (entry: Entry): boolean => {
    if (this.#beginsWith !== undefined) {
      if (!this.#beginsWith(entry)) return true;
      this.#beginsWith = undefined;
    }
    if (this.#endsBefore?.(entry) === true) {
      this.#remaining = 0;
      return false;
    }
    if (this.#output.length === 0) this.#oldest = entry.realtime;
    this.#encoder.encode(entry, this.#output);
    this.#remaining--;
    return this.#remaining > 0 && !this.#output.isFull;
  };
}
