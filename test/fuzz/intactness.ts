import { headerOffset } from '../fixtures/journal-writer/format.ts';
import type { SoundEntry, SoundJournal } from './sound-journal.ts';

/** Bytes of the header without which nothing can be said of entries: signature, flags, state, sizes, count, first array. */
const header: readonly (readonly [from: number, to: number])[] = [
  [headerOffset.signature, headerOffset.signature + 8],
  [headerOffset.incompatibleFlags, headerOffset.state + 1],
  [headerOffset.headerSize, headerOffset.arenaSize + 8],
  [headerOffset.entryCount, headerOffset.entryCount + 8],
  [headerOffset.entryArrayOffset, headerOffset.entryArrayOffset + 8],
];

/** What of a journal is as it was, bytes being what counts: so nothing of the reader is trusted here. */
export class Intactness {
  readonly #journal: SoundJournal;
  readonly #bytes: Buffer;
  readonly #data = new Map<number, boolean>();
  readonly #arrays: readonly boolean[];
  /** Whether the header still says where the entries are, and how many. */
  readonly header: boolean;
  /** Whether objects are still read by the same layout, and from the same space. */
  readonly layout: boolean;
  /** Whether everything that leads from a field's value to its entries is as it was. */
  readonly index: boolean;
  /** Whether all ENTRY objects are. */
  readonly entries: boolean;

  constructor(journal: SoundJournal, bytes: Buffer) {
    this.#journal = journal;
    this.#bytes = bytes;
    this.layout =
      this.#isSame(headerOffset.signature, 8) &&
      this.#isSame(headerOffset.incompatibleFlags, 4) &&
      this.#isSame(headerOffset.headerSize, 16);
    this.header = header.every(([from, to]) => this.#isSame(from, to - from));
    let sound = true;
    this.#arrays = journal.mainArrays.map(({ offset }) => {
      sound &&= this.#isSame(offset, 1) && this.#isSame(offset + 8, 16);
      return sound;
    });
    this.index =
      this.#isSame(0, 176) &&
      journal.objects.every(({ type, offset, size }) => {
        if (type === 3) return true;
        return this.#isSame(offset, type === 1 ? (journal.compact ? 72 : 64) : size);
      });
    this.entries = journal.entries.every((entry) => this.entry(entry));
  }

  /** Whether an ENTRY object is as it was. */
  entry({ offset, size }: SoundEntry): boolean {
    return this.#isObject(offset) && this.#isSame(offset + 16, size - 16);
  }

  /** Whether the file still leads to an entry that is as it was: whoever reads the file must find it. */
  isReachable(entry: SoundEntry): boolean {
    return (
      this.header &&
      this.#arrays[entry.arraysBefore - 1] === true &&
      this.#isSame(entry.slot, this.#journal.compact ? 4 : 8) &&
      this.entry(entry)
    );
  }

  /** Whether the payload of an item is as it was, and how it is stored. */
  payload(entry: SoundEntry, index: number): boolean {
    const offset = entry.items[index] as number;
    let isSound = this.#data.get(offset);
    if (isSound === undefined) {
      const size = Number(this.#journal.bytes.readBigUInt64LE(offset + 8));
      const start = this.#journal.compact ? 72 : 64;
      isSound = this.#isObject(offset) && this.#isSame(offset + start, size - start);
      this.#data.set(offset, isSound);
    }
    return isSound;
  }

  /** Type, flags and size; the six bytes between are reserved. */
  #isObject(offset: number): boolean {
    return this.#isSame(offset, 2) && this.#isSame(offset + 8, 8);
  }

  #isSame(from: number, length: number): boolean {
    const end = from + length;
    return end <= this.#bytes.length && this.#journal.bytes.compare(this.#bytes, from, end, from, end) === 0;
  }
}
