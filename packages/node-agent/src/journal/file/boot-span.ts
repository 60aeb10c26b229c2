import type { TimeSlice } from '../time-slice.ts';
import { bisectEntries } from './bisect-entries.ts';
import type { EntryReader, FileEntry } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';

/** Entries between two looks at the clock. */
const clockInterval = 64;

/**
 * From the first entry of a boot to its last, found by reading entries: for files whose index does not tell. Entries of
 * other boots may lie between.
 */
export class BootSpan {
  readonly #parts: FileParts;
  readonly #bootId: string;
  #first = -1;
  #afterLast = 0;
  /** Entries before this one have been read. */
  #read = 0;

  constructor(parts: FileParts, bootId: string) {
    this.#parts = parts;
    this.#bootId = bootId;
  }

  /**
   * Reads entries until all have been, or the slice is over.
   *
   * @returns true when all have been read
   */
  find(entry: EntryReader, slice?: TimeSlice): boolean {
    const { entries } = this.#parts;
    for (let index = this.#read; index < entries.count; index = entries.next(index)) {
      this.#read = index;
      if (slice !== undefined && index % clockInterval === 0 && slice.isOver) return false;
      if (this.#entryAt(index, entry) === undefined) continue;
      if (this.#first < 0) this.#first = index;
      this.#afterLast = index + 1;
    }
    this.#read = entries.count;
    return true;
  }

  /** As `JournalFile.bisectBoot`. */
  bisect(entry: EntryReader, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined {
    this.find(entry);
    if (this.#first < 0) return undefined;
    return bisectEntries(this.#first, this.#afterLast, (index) => this.#entryAt(index, entry), isAtOrAfter);
  }

  #entryAt(index: number, entry: EntryReader): FileEntry | undefined {
    const offset = this.#parts.entries.at(index);
    return offset !== 0 && entry.read(offset) && entry.bootId === this.#bootId ? entry : undefined;
  }
}
