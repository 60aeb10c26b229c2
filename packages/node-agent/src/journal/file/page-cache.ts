import { largestField } from './compression.ts';
import type { FileBytes } from './file-bytes.ts';
import { ReadAheadPool } from './read-ahead-pool.ts';
import { viewOf } from './span.ts';

/** Bytes of a page. An entry and the fields written with it mostly lie in one. Reading twice as much takes half as long again. */
export const pageSize = 4096;
/** Pages of a file are numbered below this; larger files (32 TiB) do not exist. */
export const pagesPerFile = 2 ** 32;

const ways = 8;
const mostSets = 2 ** 20;
/** Pages of so many closed files are looked for at a time: that goes through all pages there are. */
const removedAtOnce = 128;

export interface PageCacheOptions {
  /**
   * Memory for pages, in bytes, allocated at once; rounded down to 32 KiB times a power of two. Default 32 MiB: a few
   * thousand entries of one task lie in as many pages, and who looks at a task looks at it again. Only pages in use are
   * resident.
   */
  readonly bytes?: number;
  /** Memory for read-ahead windows, in bytes, allocated as sequential readers need it. Default 24 MiB. */
  readonly readAheadBytes?: number;
  /** The largest field read into memory, in bytes; see {@link largestField}. */
  readonly largestField?: number;
}

/**
 * The memory all open journal files share for random access: one slab of pages, allocated once. Eight-way set-associative,
 * the least recently used page of a set goes first.
 */
export class PageCache {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly readAhead: ReadAheadPool;
  readonly largestField: number;
  /** Pages read from files since the start. */
  reads = 0;

  readonly #setMask: number;
  /** Which page a slot holds: file key · 2^32 + page number, or 0. */
  readonly #keys: Float64Array;
  readonly #generations: Float64Array;
  readonly #lastUse: Float64Array;
  /** Bytes the file had for the page; fewer than a page at the end of the file. */
  readonly #lengths: Int32Array;
  /** 1 where every byte of the page was final when read, but for mutable words. */
  readonly #settled: Uint8Array;
  #clock = 0;
  #keysEverUsed = 0;
  readonly #freeKeys: number[] = [];
  /** Keys of closed files, whose pages may still be here. */
  readonly #removed = new Set<number>();

  constructor(options: PageCacheOptions = {}) {
    const sets = Math.min(mostSets, Math.max(1, (options.bytes ?? 32 * 1024 * 1024) / (pageSize * ways)));
    this.#setMask = 2 ** Math.floor(Math.log2(sets)) - 1;
    const slots = (this.#setMask + 1) * ways;
    this.bytes = Buffer.allocUnsafeSlow(slots * pageSize);
    this.view = viewOf(this.bytes);
    this.largestField = options.largestField ?? largestField;
    this.readAhead = new ReadAheadPool(options.readAheadBytes ?? 24 * 1024 * 1024);
    this.#keys = new Float64Array(slots);
    this.#generations = new Float64Array(slots);
    this.#lastUse = new Float64Array(slots);
    this.#lengths = new Int32Array(slots);
    this.#settled = new Uint8Array(slots);
  }

  /** A number to tell a newly opened file's pages by. */
  addFile(): number {
    const key = this.#freeKeys.pop();
    if (key !== undefined) return key;
    this.#keysEverUsed += 1;
    return this.#keysEverUsed;
  }

  /** Forgets a file's pages, so that its key may be given to another file: later, if there are any, with those of others. */
  removeFile({ key, hasPages }: FileBytes): void {
    if (hasPages) this.#removed.add(key);
    else this.#freeKeys.push(key);
    if (this.#removed.size === removedAtOnce) this.#sweep();
  }

  /**
   * The slot that holds a page of a file, read from the file if need be. The slot keeps that page until the next call.
   *
   * @param fresh the page is wanted for words that change in place: what was read in an earlier generation of the file
   *   will not do
   */
  slot(file: FileBytes, pageNumber: number, fresh: boolean): number {
    const key = file.key * pagesPerFile + pageNumber;
    const first = ((pageNumber + file.key * 40_503) & this.#setMask) * ways;
    this.#clock += 1;
    let oldest = first;
    for (let slot = first; slot < first + ways; slot++) {
      if (this.#keys[slot] === key) {
        this.#lastUse[slot] = this.#clock;
        const usable = this.#generations[slot] === file.generation || (!fresh && this.#settled[slot] === 1);
        if (!usable) this.#fill(file, pageNumber, slot, key);
        return slot;
      }
      if (this.#keys[slot] === 0) this.#lastUse[slot] = 0;
      if ((this.#lastUse[slot] as number) < (this.#lastUse[oldest] as number)) oldest = slot;
    }
    this.#lastUse[oldest] = this.#clock;
    this.#fill(file, pageNumber, oldest, key);
    return oldest;
  }

  /** Whether a slot still holds a page of a file as it is in the file's present generation. */
  holds(slot: number, file: FileBytes, pageNumber: number): boolean {
    return this.#keys[slot] === file.key * pagesPerFile + pageNumber && this.#generations[slot] === file.generation;
  }

  /** Bytes of the page in a slot that the file really has. */
  length(slot: number): number {
    return this.#lengths[slot] as number;
  }

  #sweep(): void {
    const removed = this.#removed;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot] as number;
      if (key !== 0 && removed.has(Math.floor(key / pagesPerFile))) this.#keys[slot] = 0;
    }
    this.#freeKeys.push(...removed);
    removed.clear();
  }

  #fill(file: FileBytes, pageNumber: number, slot: number, key: number): void {
    this.reads += 1;
    file.hasPages = true;
    const start = pageNumber * pageSize;
    const length = file.readSync(this.bytes, slot * pageSize, pageSize, start);
    this.#keys[slot] = key;
    this.#generations[slot] = file.generation;
    this.#lengths[slot] = length;
    this.#settled[slot] = start + length <= file.settledEnd ? 1 : 0;
  }
}
