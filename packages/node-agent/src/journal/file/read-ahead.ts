import type { FileBytes } from './file-bytes.ts';
import type { Locator } from './object.ts';
import { type WindowMemory, windowSize } from './read-ahead-pool.ts';
import type { Span } from './span.ts';

/** The first window is smaller: many readers want only a few entries. */
const firstWindow = 64 * 1024;
/** How far a window reaches into the one before, so that objects up to this size lie whole in one of them. */
const overlap = 16 * 1024;
const block = 4096;

/** A piece of the file in memory. */
class Window {
  readonly #file: FileBytes;
  readonly memory: WindowMemory;
  start = 0;
  end = 0;
  #settledEnd = 0;
  #generation = 0;
  /** While the bytes are being read. */
  reading: Promise<void> | undefined;

  constructor(file: FileBytes, memory: WindowMemory) {
    this.#file = file;
    this.memory = memory;
  }

  has(offset: number, length: number): boolean {
    const end = offset + length;
    if (offset < this.start || end > this.end) return false;
    return end <= this.#settledEnd || this.#generation === this.#file.generation;
  }

  read(start: number, length: number): void {
    this.start = start;
    this.end = start;
    this.#settledEnd = this.#file.settledEnd;
    this.#generation = this.#file.generation;
    this.reading = this.#file.read(this.memory.bytes, length, start).then((count) => {
      this.end = start + count;
      this.reading = undefined;
    });
  }
}

/**
 * Reads a file ahead of a sequential reader, in windows of 256 KiB, without holding up the event loop: while one window is
 * worked on, the next is already being read. What lies in no window is found through the page cache.
 */
export class ReadAhead implements Locator {
  readonly #file: FileBytes;
  #current: Window | undefined;
  #next: Window | undefined;
  /** What the window last asked for was to hold. */
  #wanted = -1;
  /** Where the file was found to end, and in which generation of it. */
  #missingFrom = Number.POSITIVE_INFINITY;
  #missingIn = -1;

  constructor(file: FileBytes) {
    this.#file = file;
  }

  locateSettled(offset: number, length: number, span: Span): boolean {
    const current = this.#current;
    if (current?.has(offset, length)) {
      span.point(current.memory.bytes, current.memory.view, offset - current.start);
      return true;
    }
    return this.#file.locate(offset, length, false, span);
  }

  /**
   * Asks for the bytes at `offset` in a window.
   *
   * @param forward which way the reader goes
   * @returns `here`; `coming`: ask again after {@link fill}; `elsewhere`: they are in no window and will not be, being past
   *   the end of the file, or because no memory is left for windows
   */
  want(offset: number, length: number, forward: boolean): 'here' | 'coming' | 'elsewhere' {
    if (this.#current?.has(offset, length)) return 'here';
    const next = this.#next;
    if (next?.reading !== undefined) return 'coming';
    if (next?.has(offset, length)) {
      this.#next = this.#current;
      this.#current = next;
      this.#prefetch(next, forward);
      return 'here';
    }
    if (this.#wanted === offset) {
      // The file ends before: asked for one by one, entries past the end would cost a read each.
      if (next !== undefined) this.#missingFrom = next.end;
      this.#missingIn = this.#file.generation;
      return 'elsewhere';
    }
    if (offset + length > this.#missingFrom && this.#missingIn === this.#file.generation) return 'elsewhere';
    const size = this.#current === undefined ? firstWindow : windowSize;
    if (!this.#read(forward ? offset - block : offset + overlap - size, size)) return 'elsewhere';
    this.#wanted = offset;
    return 'coming';
  }

  /** Resolves when the bytes last asked for have come. */
  async fill(): Promise<void> {
    await this.#next?.reading;
  }

  /** Gives all memory back. */
  release(): void {
    if (this.#current === undefined && this.#next === undefined) return;
    for (const window of [this.#current, this.#next]) {
      if (window === undefined) continue;
      const give = (): void => this.#file.cache.readAhead.give(window.memory);
      if (window.reading === undefined) give();
      else window.reading.then(give);
    }
    this.#current = undefined;
    this.#next = undefined;
    this.#wanted = -1;
  }

  /** Starts reading what comes after `current`. */
  #prefetch(current: Window, forward: boolean): void {
    if (forward && current.end < this.#file.arenaEnd) this.#read(current.end - overlap, windowSize);
    if (!forward && current.start > 0) this.#read(current.start + overlap - windowSize, windowSize);
  }

  #read(from: number, size: number): boolean {
    if (this.#next === undefined) {
      const memory = this.#file.cache.readAhead.take();
      if (memory === undefined) return false;
      this.#next = new Window(this.#file, memory);
    }
    this.#next.read(Math.max(0, from - (from % block)), size);
    return true;
  }
}
