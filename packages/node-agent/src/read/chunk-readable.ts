import { Readable, type Writable } from 'node:stream';
import { giveMemoryBack } from '../encode/chunk-memory.ts';

/** What an HTTP response can do beyond any writable stream. */
interface WithHeaders {
  flushHeaders?(): void;
}

/**
 * Chunks as a Node stream. Piped, it writes one chunk at a time and makes the next only when the operating system has
 * taken that one: so nothing is queued for a slow client, and one piece of memory serves a whole answer.
 *
 * An HTTP response piped into gets its headers out as soon as the first chunk keeps it waiting: a follower has to know
 * that it is connected.
 */
export class ChunkReadable extends Readable {
  readonly #chunks: AsyncIterableIterator<Buffer, undefined, undefined>;

  /** @param chunks each is used up before the next is asked for */
  constructor(chunks: AsyncIterableIterator<Buffer, undefined, undefined>, highWaterMark: number) {
    super({ highWaterMark });
    this.#chunks = chunks;
  }

  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    options?: { end?: boolean },
  ): Destination {
    void this.#writeAll(destination as unknown as Writable & WithHeaders, options);
    return destination;
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ value }) => this.push(value ?? null),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    void Promise.resolve(this.#chunks.return?.()).finally(() => callback(error));
  }

  async #writeAll(destination: Writable & WithHeaders, options: { end?: boolean } | undefined): Promise<void> {
    const headersDue = setImmediate(() => {
      if (!destination.destroyed) destination.flushHeaders?.();
    });
    try {
      for (;;) {
        const { value } = await this.#chunks.next();
        clearImmediate(headersDue);
        if (this.destroyed) return;
        if (value === undefined) break;
        if (!(await isWritten(value, destination))) {
          this.destroy();
          return;
        }
        giveMemoryBack(value);
      }
      this.push(null);
      super.pipe(destination, options);
    } catch (error) {
      clearImmediate(headersDue);
      this.destroy(error as Error);
    }
  }
}

/** False when the destination failed: it says so itself, to those who listen there. */
function isWritten(chunk: Buffer, destination: Writable): Promise<boolean> {
  return new Promise((resolve) => {
    destination.write(chunk, (error) => resolve(error === undefined || error === null));
  });
}
