import type { Readable } from 'node:stream';
import { chunkSize } from '../encode/output-buffer.ts';
import { ChunkReadable } from './chunk-readable.ts';

/** Made once: with no reason of ours Node makes one each time, stack and all. */
const ended = new Error('the answer has ended');

/**
 * The bytes of an answer, chunk by chunk, as they are pulled: while nobody asks, nothing is read.
 *
 * An abort of the signal rejects the pending and all later `next` with its reason, so that a cut answer never looks
 * complete; `return` ends quietly. Both release what the answer held at once, also before the first `next`.
 */
export class ByteStream implements AsyncIterableIterator<Buffer, undefined, undefined> {
  readonly #chunks: AsyncGenerator<Buffer, undefined, undefined>;
  readonly #release: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new AbortController();
  #peeked: Promise<IteratorResult<Buffer, undefined>> | undefined;

  /**
   * @param produce makes the chunks; must end soon after its signal aborts
   * @param release called exactly once, when the stream is at its end for whatever reason
   */
  constructor(
    produce: (signal: AbortSignal) => AsyncGenerator<Buffer, undefined, undefined>,
    release: () => void,
    signal?: AbortSignal,
  ) {
    let released = false;
    this.#release = () => {
      if (released) return;
      released = true;
      signal?.removeEventListener('abort', this.#abort);
      release();
    };
    this.#signal = signal;
    this.#chunks = produce(this.#ended.signal);
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted) this.#abort();
  }

  /** The first chunk, which `next` will deliver all the same: known before any header is sent. */
  peek(): Promise<IteratorResult<Buffer, undefined>> {
    this.#peeked ??= this.#pull();
    return this.#peeked;
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const peeked = this.#peeked;
    this.#peeked = undefined;
    return peeked ?? this.#pull();
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#ended.abort(ended);
    // A chunk that was peeked and never fetched may have failed: that is told nowhere else.
    this.#peeked?.catch(() => {});
    this.#peeked = undefined;
    await this.#chunks.return(undefined).catch(() => {});
    this.#release();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The rest as a Node stream. */
  toReadable(): Readable {
    return new ChunkReadable(this, chunkSize);
  }

  async #pull(): Promise<IteratorResult<Buffer, undefined>> {
    this.#signal?.throwIfAborted();
    try {
      const result = await this.#chunks.next();
      this.#signal?.throwIfAborted();
      if (result.done) this.#release();
      return result;
    } catch (error) {
      this.#release();
      this.#signal?.throwIfAborted();
      if (this.#ended.signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  }

  readonly #abort = (): void => {
    void this.return();
  };
}
