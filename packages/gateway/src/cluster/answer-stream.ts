import { Readable, type Writable } from 'node:stream';

/** Any writable stream, and what an HTTP response can do beyond. */
type Destination = Writable & { flushHeaders?(): void };

/**
 * An answer whose bytes are used again as soon as they are sent: piped, each piece goes straight to where it is to go, and the
 * next is asked for once the operating system has that. Read in any other way it is a stream like all others, of copies.
 *
 * An HTTP response gets its headers out although nothing comes: a follower has to know that it is connected.
 */
export class AnswerStream extends Readable {
  #destination: Destination | undefined;
  #wanted: (() => void) | undefined;
  #isEnded = false;

  /** @returns once the bytes may be changed and more is wanted; also when the reader has gone */
  send(bytes: Buffer): Promise<void> {
    const destination = this.#destination;
    if (destination === undefined && !this.destroyed && this.push(Buffer.from(bytes))) return Promise.resolve();
    return new Promise((resolve) => {
      if (this.destroyed) {
        resolve();
        return;
      }
      this.#wanted = resolve;
      destination?.write(bytes, () => resolve());
    });
  }

  /** After all that was sent. */
  end(): void {
    if (this.destroyed) return;
    this.#isEnded = true;
    this.push(null);
    if (this.#destination !== undefined) this.#endWithThis(this.#destination);
  }

  override pipe<Target extends NodeJS.WritableStream>(target: Target, options?: { end?: boolean }): Target {
    if (this.readableEnded || options?.end === false) return super.pipe(target, options);
    const destination = target as unknown as Destination;
    for (let early: Buffer | null = this.read(); early !== null; early = this.read()) destination.write(early);
    this.#destination = destination;
    setImmediate(() => {
      if (!destination.destroyed) destination.flushHeaders?.();
    });
    // A short answer can be over before it is piped.
    if (this.#isEnded) this.#endWithThis(destination);
    this.#release();
    return target;
  }

  override _read(): void {
    // Of a stream that is piped only its end is read.
    if (this.#destination === undefined) this.#release();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#release();
    callback(error);
  }

  #endWithThis(destination: Destination): void {
    this.once('end', () => destination.end());
    this.resume();
  }

  #release(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }
}
