import { Readable, type Writable } from 'node:stream';
import { giveMemoryBack } from '../encode/chunk-memory.ts';

/** Any writable stream, and what an HTTP response can do beyond. */
type Destination = Writable & { flushHeaders?(): void; readonly socket?: Writable | null };

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

  override pipe<Target extends NodeJS.WritableStream>(destination: Target, options?: { end?: boolean }): Target {
    void this.#writeAll(destination as unknown as Destination, options);
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

  async #writeAll(destination: Destination, options: { end?: boolean } | undefined): Promise<void> {
    const headersDue = setImmediate(() => {
      if (!destination.destroyed) destination.flushHeaders?.();
    });
    try {
      for (let next = this.#chunks.next(); ; ) {
        const { value } = await next;
        clearImmediate(headersDue);
        if (this.destroyed) return;
        if (value === undefined) break;
        // A short chunk is often the last: headers, chunk and end then make one system call of three.
        const mayBeLast = value.length < this.readableHighWaterMark;
        const socket = mayBeLast ? destination.socket : undefined;
        socket?.cork();
        const writing = isWritten(value, destination);
        if (mayBeLast) {
          next = this.#chunks.next();
          if (await isEnd(next)) break;
          socket?.uncork();
        }
        if (!(await writing)) {
          this.destroy();
          return;
        }
        giveMemoryBack(value);
        if (!mayBeLast) next = this.#chunks.next();
      }
      this.push(null);
      super.pipe(destination, options);
      if (options?.end === false) destination.socket?.uncork();
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

/** Whether there is nothing more, and nobody has to be waited for to know. */
function isEnd(next: Promise<IteratorResult<Buffer, undefined>>): Promise<boolean> {
  return new Promise((resolve) => {
    next.then(
      ({ done }) => resolve(done === true),
      () => resolve(false),
    );
    // Comes after all promises that are settled by now.
    process.nextTick(() => resolve(false));
  });
}
