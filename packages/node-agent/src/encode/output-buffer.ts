import { giveMemoryBack, lendMemory } from './chunk-memory.ts';

/** Memory of a chunk and the entry that filled it. */
const usualCapacity = 256 * 1024;

/** Bytes after which a buffer is handed on, {@link OutputBuffer.isFull}. */
export const chunkSize = usualCapacity - 16 * 1024;

const nothing = Buffer.alloc(0);

/**
 * Where encoders write. The bytes of one entry always lie in one piece, so an entry can be taken back by setting
 * {@link length} to what it was before.
 *
 * Memory comes with the first byte and leaves with {@link take}: an idle follower holds none.
 */
export class OutputBuffer {
  /** Only `bytes[0..length)` is written. Replaced by {@link reserve}: read it again afterwards. */
  bytes: Buffer = nothing;
  length = 0;
  #nextCapacity = 0;

  get isFull(): boolean {
    return this.length >= chunkSize;
  }

  /** Makes room for `count` more bytes; returns {@link length}, where they go. */
  reserve(count: number): number {
    const needed = this.length + count;
    if (needed > this.bytes.length) this.#grow(needed);
    return this.length;
  }

  append(source: Buffer): void {
    const at = this.reserve(source.length);
    // Three times as fast as Buffer.copy.
    this.bytes.set(source, at);
    this.length = at + source.length;
  }

  /**
   * Hands on what was written, for good, and starts anew. Undefined when nothing was. Who knows that the bytes are no
   * longer needed gives their memory back with {@link giveMemoryBack}.
   */
  take(): Buffer | undefined {
    const { bytes, length } = this;
    if (length === 0) return undefined;
    this.#nextCapacity = Math.min(2 * length, usualCapacity);
    this.bytes = nothing;
    this.length = 0;
    const written = bytes.subarray(0, length);
    if (4 * length >= bytes.length) return written;
    // A short piece of a long buffer would keep the whole of it alive until the client has read it.
    const copy = Buffer.from(written);
    giveMemoryBack(bytes);
    return copy;
  }

  /** Gives the memory back as well; what was written and not taken is lost. */
  clear(): void {
    giveMemoryBack(this.bytes);
    this.bytes = nothing;
    this.length = 0;
  }

  #grow(needed: number): void {
    const { bytes, length } = this;
    const grown = lendMemory(Math.max(needed, length === 0 ? this.#nextCapacity : 2 * bytes.length));
    bytes.copy(grown, 0, 0, length);
    giveMemoryBack(bytes);
    this.bytes = grown;
  }
}
