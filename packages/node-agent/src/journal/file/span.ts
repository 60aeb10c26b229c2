/** Many spans are never asked for more than an entry, and there are some for each follower. */
const smallestBuffer = 512;
/** Larger buffers are not kept for the next read: one giant field must not stay in memory. */
const keptBuffer = 64 * 1024;

// One for all: walks make and drop spans by the thousand.
export const nothing = Buffer.alloc(0);
const noView = new DataView(new ArrayBuffer(0));

/** Bytes of a file as found somewhere in memory: `bytes[start]` is the first. They hold until the span's next use. */
export class Span {
  bytes: Buffer = nothing;
  /** Over the same bytes as {@link bytes}, with the same indices. */
  view: DataView = noView;
  start = 0;
  #own: Buffer = nothing;
  #ownView: DataView = this.view;

  point(bytes: Buffer, view: DataView, start: number): void {
    this.bytes = bytes;
    this.view = view;
    this.start = start;
  }

  /** Points the span at `length` bytes of its own, contents undefined, for what lies nowhere in one piece. */
  reserve(length: number): Buffer {
    if (length > keptBuffer) {
      const buffer = Buffer.allocUnsafeSlow(length);
      this.point(buffer, viewOf(buffer), 0);
      return buffer;
    }
    if (length > this.#own.length) {
      const buffer = Buffer.allocUnsafeSlow(Math.max(2 * length, smallestBuffer));
      this.#own = buffer;
      this.#ownView = viewOf(buffer);
    }
    this.point(this.#own, this.#ownView, 0);
    return this.#own;
  }
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
