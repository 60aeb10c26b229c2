import { type OpenBytes, type OpenOnDisk, openOnDisk } from './file-on-disk.ts';
import { JournalFileError } from './journal-file-error.ts';
import { type PageCache, pageSize, pagesPerFile } from './page-cache.ts';
import type { Span } from './span.ts';
import { tooLarge } from './u64.ts';

/** A piece longer than this is read from the file in one go and does not push other pages out. */
const longestGathered = 4 * pageSize;

/**
 * The bytes of one open file, by `pread` only: nothing is mapped, since journald truncates files and a mapped page past
 * the end kills the process. Reading past the end, or what the disk will not give, is `false`, never an exception.
 */
export class FileBytes {
  readonly path: string;
  readonly key: number;
  readonly cache: PageCache;
  /** Whether the cache has, or had, pages of this file. */
  hasPages = false;
  /** Rises whenever words that change in place may have changed. */
  generation = 1;
  /** Bytes before this never change again, but for mutable words: they precede the writer's last object. */
  settledEnd = 0;
  /** Where the writer's allocated space ends, or the file if that is before: nothing lies at or beyond it. */
  arenaEnd = 0;
  /** Where the header ends: no object lies before it. */
  arenaStart = 0;

  readonly #file: OpenBytes;
  /** The page the last word was in, and the slot that held it. */
  #wordPage = -1;
  #wordSlot = 0;
  #readsUnderWay = 0;
  #closed = false;

  /**
   * @param open how files are opened; another than the disk's serves to count reads in tests
   * @throws JournalFileError `permission`, `missing`, `io`
   */
  constructor(path: string, cache: PageCache, open: OpenOnDisk = openOnDisk) {
    this.path = path;
    this.cache = cache;
    try {
      this.#file = open(path);
    } catch (error) {
      throw JournalFileError.fromSystem(path, error);
    }
    this.key = cache.addFile();
  }

  /** Device and inode. */
  get identity(): string {
    return this.#file.identity();
  }

  /** Whether an object of at least `length` bytes can lie at `offset`. */
  canHold(offset: number, length: number): boolean {
    return offset >= this.arenaStart && (offset & 7) === 0 && offset + length <= this.arenaEnd;
  }

  /**
   * Points `span` at `length` bytes of the file.
   *
   * @param fresh true for words that change in place in an online file
   * @returns false if the file does not have them
   */
  locate(offset: number, length: number, fresh: boolean, span: Span): boolean {
    const within = offset & (pageSize - 1);
    const pageNumber = (offset - within) / pageSize;
    if (pageNumber >= pagesPerFile) return false;
    if (within + length > pageSize) return this.#gather(offset, length, fresh, span);
    const slot = this.cache.slot(this, pageNumber, fresh);
    if (this.cache.length(slot) < within + length) return false;
    span.point(this.cache.bytes, this.cache.view, slot * pageSize + within);
    return true;
  }

  /** As {@link locate}, for bytes that never change once written. */
  locateSettled(offset: number, length: number, span: Span): boolean {
    return this.locate(offset, length, false, span);
  }

  /** The 64-bit word at a multiple of 8, or {@link tooLarge} where there is none a file could mean. Always fresh. */
  word(offset: number): number {
    const at = this.#wordAt(offset, 8);
    if (at < 0) return tooLarge;
    const high = this.cache.view.getUint32(at + 4, true);
    if (high > 0x1f_ffff) return tooLarge;
    return high * 4_294_967_296 + this.cache.view.getUint32(at, true);
  }

  /** The 32-bit word at a multiple of 4, or {@link tooLarge}. Always fresh. */
  shortWord(offset: number): number {
    const at = this.#wordAt(offset, 4);
    return at < 0 ? tooLarge : this.cache.view.getUint32(at, true);
  }

  /** Where a word lies in the slab, or -1. Words are mostly asked for in runs, so the last page is looked at first. */
  #wordAt(offset: number, length: number): number {
    const within = offset & (pageSize - 1);
    const pageNumber = (offset - within) / pageSize;
    if (pageNumber !== this.#wordPage || !this.cache.holds(this.#wordSlot, this, pageNumber)) {
      if (pageNumber >= pagesPerFile) return -1;
      this.#wordSlot = this.cache.slot(this, pageNumber, true);
      this.#wordPage = pageNumber;
    }
    if (this.cache.length(this.#wordSlot) < within + length) return -1;
    return this.#wordSlot * pageSize + within;
  }

  /** Reads what there is, up to `length` bytes; fewer at the end of the file or where the disk fails. */
  readSync(into: Buffer, at: number, length: number, offset: number): number {
    try {
      return this.#read(into, at, length, offset);
    } catch {
      return 0;
    }
  }

  /**
   * The first `length` bytes, or what there is of them, past every cache.
   *
   * @throws JournalFileError `io`
   */
  readStart(length: number): Buffer {
    // From Node's pool: memory of its own for each of many files costs the garbage collector more than reading them.
    const bytes = Buffer.allocUnsafe(length);
    try {
      return bytes.subarray(0, this.#read(bytes, 0, length, 0));
    } catch (error) {
      throw JournalFileError.fromSystem(this.path, error);
    }
  }

  /**
   * Bytes the file has now.
   *
   * @throws JournalFileError `io`
   */
  size(): number {
    try {
      return this.#file.size();
    } catch (error) {
      throw JournalFileError.fromSystem(this.path, error);
    }
  }

  /** As {@link readSync}, without holding up the event loop. One system call, so it may give less than there is. */
  async read(into: Buffer, length: number, offset: number): Promise<number> {
    if (this.#closed) return 0;
    this.#readsUnderWay += 1;
    try {
      return await this.#file.read(into, length, offset);
    } finally {
      this.#readsUnderWay -= 1;
      if (this.#closed && this.#readsUnderWay === 0) this.#file.close();
    }
  }

  /** Closes the file once no read is under way: the kernel gives a closed descriptor's number to the next file opened. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cache.removeFile(this);
    if (this.#readsUnderWay === 0) this.#file.close();
  }

  #read(into: Buffer, at: number, length: number, offset: number): number {
    let done = 0;
    while (done < length) {
      const count = this.#file.readSync(into, at + done, length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  #has(offset: number): boolean {
    return this.readSync(Buffer.allocUnsafe(1), 0, 1, offset) === 1;
  }

  #gather(offset: number, length: number, fresh: boolean, span: Span): boolean {
    // A forged size must not cost memory: the last byte is asked for first.
    if (length > longestGathered && !this.#has(offset + length - 1)) return false;
    const into = span.reserve(length);
    if (length > longestGathered) return this.readSync(into, 0, length, offset) === length;
    let done = 0;
    while (done < length) {
      const within = (offset + done) & (pageSize - 1);
      const slot = this.cache.slot(this, (offset + done - within) / pageSize, fresh);
      const count = Math.min(length - done, pageSize - within);
      if (this.cache.length(slot) < within + count) return false;
      const start = slot * pageSize + within;
      this.cache.bytes.copy(into, done, start, start + count);
      done += count;
    }
    return true;
  }
}
