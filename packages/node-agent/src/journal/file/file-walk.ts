import type { Match } from '../match.ts';
import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import { EntryReader, type FileEntry } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { EntryObject } from './layout.ts';
import { planMatch } from './match-plan.ts';
import { emptyList, noneAfter, noneBefore, type OffsetList } from './offset-list.ts';
import { ReadAhead } from './read-ahead.ts';
import { ResidualMatch } from './residual-match.ts';

export type Direction = 'forward' | 'backward';

/** Entries no further apart than this are neighbours: a window holds many of them. */
const neighbourhood = 16 * 1024;
/** So many neighbours in a row make a sequential reader. Fewer, such as the last ten there and back, go through the page cache. */
const sequentialFrom = 32;
/** So many entries are tested before the caller gets a turn although none matched. */
export const testedAtOnce = 256;

/**
 * A position between two entries of one file, and the entries that match on either side of it. `peek` never moves;
 * `advance` moves over what was peeked.
 *
 * Each walk owns its flyweight, so the peeked entries of several walks can be compared. An entry peeked holds until the
 * walk's next `peek`.
 */
export class FileWalk {
  /** Entries that could not be read and were passed over so far. */
  unreadable = 0;
  readonly #parts: FileParts;
  readonly #match: Match;
  readonly #readAhead: ReadAhead;
  readonly #entry: EntryReader;
  /** Made for the first entry that may match: in most of many files there is none. */
  #residual: ResidualMatch | undefined;
  /** All entries; also tells the entry before a candidate. */
  readonly #place: EntryArrayCursor;

  /** Entries at an offset below this are behind the position, the others before it. */
  #position = 0;
  /** Where the position is to be, as an index of the main entry array. */
  #soughtIndex: number | undefined;
  /** All entries of the file had been found when it was in this generation. */
  #recoveredAt = -1;
  #list: OffsetList | undefined;
  #plannedAt = 0;
  #planFailures = 0;
  #peeked: Direction | undefined;
  /** Which way the position went over {@link #entry}; undefined when it has not since it was sought. */
  #passed: Direction | undefined;
  #lastOffset = Number.NEGATIVE_INFINITY;
  #neighbours = 0;

  constructor(parts: FileParts, match: Match) {
    this.#parts = parts;
    this.#match = match;
    this.#readAhead = new ReadAhead(parts.bytes);
    this.#entry = new EntryReader(parts, this.#readAhead);
    this.#place = new EntryArrayCursor(parts.entries);
  }

  /** Stand before the entry at `index` of the main entry array; from the entry count on, after the last. */
  seekIndex(index: number): void {
    this.seekOffset(0);
    // Looked up when first read from: that may take longer in a damaged file.
    if (index > 0) this.#soughtIndex = Math.floor(index);
  }

  /** Stand before the entry at `index`, further on; what is known of the index of the file stays in use. */
  passTo(index: number): void {
    this.#position = this.#offsetOf(index);
    this.#peeked = undefined;
  }

  /** Stand before the first entry at or after `offset`, as {@link FileEntry.offset} gives them. */
  seekOffset(offset: number): void {
    this.#position = offset;
    this.#soughtIndex = undefined;
    this.#peeked = undefined;
    this.#passed = undefined;
    this.#planFailures = 0;
    if (this.#plannedAt !== this.#parts.bytes.generation) this.#list = undefined;
  }

  /**
   * The matching entry next to the position.
   *
   * @returns `pending` when bytes must be read first: await {@link fill} and peek again. `end` when there is none among
   *   the entries committed as of the file's last refresh
   */
  peek(direction: Direction): FileEntry | 'pending' | 'end' {
    if (this.#peeked === direction) return this.#entry;
    for (;;) {
      try {
        if (this.#hasNothing()) return 'end';
        if (!this.#isRecovered()) return 'pending';
        this.#residual?.lookUp();
        if (this.#soughtIndex !== undefined) this.seekOffset(this.#offsetOf(this.#soughtIndex));
        return this.#step(direction === 'forward', direction);
      } catch (error) {
        if (!(error instanceof IndexDamage)) throw error;
        this.#doubtIndex();
      }
    }
  }

  /** Moves over the entry that `peek` gave for this direction. */
  advance(direction: Direction): void {
    if (this.#peeked !== direction) return;
    this.#position = direction === 'forward' ? this.#entry.offset + 1 : this.#entry.offset;
    this.#peeked = undefined;
    this.#passed = direction;
  }

  /**
   * The entry that the position went over last in this direction, matching or not: everything up to it has been looked at.
   * Undefined when there is none, or the next one that matches has been peeked. It holds until the next `peek`.
   */
  passed(direction: Direction): FileEntry | undefined {
    return this.#passed === direction && this.#peeked === undefined ? this.#entry : undefined;
  }

  /** Reads what `peek` found wanting. */
  fill(): Promise<void> {
    return this.#readAhead.fill();
  }

  /** Gives the walk's memory back. */
  close(): void {
    this.#readAhead.release();
    this.#peeked = undefined;
  }

  /** Whether the hash tables alone tell that nothing matches, and nothing will: the arrays of entries are not looked at then. */
  #hasNothing(): boolean {
    if (this.#parts.header.state !== 'archived') return false;
    return (this.#list ?? this.#plan()) === emptyList;
  }

  #isRecovered(): boolean {
    const { entries, bytes } = this.#parts;
    if (this.#recoveredAt === bytes.generation) return true;
    if (!entries.recover()) return false;
    this.#recoveredAt = bytes.generation;
    return true;
  }

  #offsetOf(index: number): number {
    const { entries } = this.#parts;
    let at = index;
    while (at < entries.count && entries.at(at) === 0) at = entries.next(at);
    if (at < entries.count) return entries.at(at);
    const last = new EntryArrayCursor(entries).before(noneAfter);
    return last === noneBefore ? 0 : last + 1;
  }

  #step(forward: boolean, direction: Direction): FileEntry | 'pending' | 'end' {
    const list = this.#list ?? this.#plan();
    for (let tested = 0; tested < testedAtOnce; tested++) {
      const offset = forward ? list.atOrAfter(this.#position) : list.before(this.#position);
      if (offset === noneAfter || offset === noneBefore) {
        this.#neighbours = 0;
        this.#readAhead.release();
        return 'end';
      }
      if (this.#isSequential(offset) && this.#readAhead.want(offset, EntryObject.items, forward) === 'coming') {
        return 'pending';
      }
      this.#lastOffset = offset;
      if (!this.#read(offset, list !== this.#place)) {
        this.unreadable += 1;
        this.#passed = undefined;
      } else if (this.#matches()) {
        this.#peeked = direction;
        return this.#entry;
      } else {
        this.#passed = direction;
      }
      this.#position = forward ? offset + 1 : offset;
    }
    return 'pending';
  }

  #matches(): boolean {
    if (this.#match.kind === 'everything') return true;
    this.#residual ??= new ResidualMatch(this.#match, this.#parts, this.#readAhead);
    return this.#residual.matches(this.#entry);
  }

  #plan(): OffsetList {
    this.#list = this.#planFailures > 1 ? this.#place : planMatch(this.#match, this.#parts, this.#place);
    this.#plannedAt = this.#parts.bytes.generation;
    return this.#list;
  }

  /** In a file being written, what looks damaged may only have been read too early: once more, then without the index. */
  #doubtIndex(): void {
    this.#list = undefined;
    this.#planFailures += 1;
    const { bytes, damage, header } = this.#parts;
    if (header.state === 'archived') this.#planFailures += 1;
    if (this.#planFailures === 1) bytes.generation += 1;
    else damage.count('arrays', 0);
  }

  #isSequential(offset: number): boolean {
    const distance = offset - this.#lastOffset;
    if (distance === 0) return this.#neighbours >= sequentialFrom;
    if (distance > neighbourhood || distance < -neighbourhood) {
      this.#neighbours = 0;
      return false;
    }
    if (this.#neighbours >= sequentialFrom) return true;
    this.#neighbours += 1;
    return false;
  }

  #read(offset: number, fromIndex: boolean): boolean {
    const place = this.#place;
    if (fromIndex && place.atOrAfter(offset) !== offset) {
      throw new IndexDamage(`${this.#parts.bytes.path}: the index has an entry at offset ${offset}, the file has none`);
    }
    if (!this.#entry.read(offset)) return false;
    this.#entry.newItemsAbove = place.previousOffset;
    return true;
  }
}
