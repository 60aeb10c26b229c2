import type { FileEntry } from '../file/file-entry.ts';
import type { Direction } from '../source.ts';
import type { TimeSlice } from '../time-slice.ts';
import type { EntryKey } from './entry-order.ts';
import { isSameEntry } from './entry-order.ts';
import type { FilePosition } from './file-position.ts';

/** A file whose next entry is known. */
interface Head {
  readonly position: FilePosition;
  readonly entry: FileEntry;
}

/** The next entry of the log, and how far its file may be read without looking at the others. */
export interface Lead {
  readonly position: FilePosition;
  /** Next entries of the other files that must not be passed; empty when there is only one file to read. */
  readonly rivals: readonly FileEntry[];
  /** Next entries of files numbered by the same counter, where copies can lie. */
  readonly twins: readonly Head[];
}

/**
 * Files in the order they are read in, one direction: grouped by the counter that numbers their entries, within a group by
 * the first number (backward: the last, descending). Of files of a group that do not overlap only the first is open.
 */
export class EntryMerge {
  readonly #direction: Direction;
  readonly #compare: (a: EntryKey, b: EntryKey) => number;
  readonly #groups: FilePosition[][];

  constructor(positions: Iterable<FilePosition>, direction: Direction, compare: (a: EntryKey, b: EntryKey) => number) {
    this.#direction = direction;
    this.#compare = direction === 'forward' ? compare : (a, b) => compare(b, a);
    const groups = new Map<string, FilePosition[]>();
    for (const position of positions) {
      if (!position.hasMore(direction) && !position.mayGrow(direction)) continue;
      const group = groups.get(position.file.seqnumId);
      if (group === undefined) groups.set(position.file.seqnumId, [position]);
      else group.push(position);
    }
    for (const group of groups.values()) group.sort((a, b) => this.#first(a) - this.#first(b));
    this.#groups = [...groups.values()];
  }

  /**
   * The next entry of the log among all files.
   *
   * @param preferred the file to lead whatever the others hold, if it has an entry
   * @returns `end` when no file has one; positions to be filled when bytes must be read to know, none of them when only
   *   the time slice is over
   */
  lead(slice: TimeSlice, preferred?: FilePosition): Lead | FilePosition[] | 'end' {
    const pending: FilePosition[] = [];
    const heads: Head[][] = [];
    for (const group of this.#groups) {
      const headsOfGroup = this.#headsOf(group, pending, slice);
      if (headsOfGroup === undefined) return pending;
      heads.push(headsOfGroup);
    }
    if (pending.length > 0) return pending;

    // The least of each group first, by number, which is a true order: so that copies of an entry meet even where the
    // order between groups runs in a circle.
    let lead: { head: Head; group: Head[] } | undefined;
    const best: Head[] = [];
    for (const group of heads) {
      const favourite = preferred && group.find(({ position }) => position === preferred);
      const head = favourite ?? this.#least(group);
      if (head === undefined) continue;
      best.push(head);
      if (lead?.head.position === preferred && lead !== undefined) continue;
      if (lead === undefined || favourite !== undefined || this.#compare(head.entry, lead.head.entry) < 0) {
        lead = { head, group };
      }
    }
    if (lead === undefined) return 'end';
    const { head } = lead;
    const twins = lead.group.filter((other) => other !== head);
    const rivalOfGroup = this.#least(twins);
    const rivalOfOthers = this.#least(best.filter((other) => other !== head));
    const rivals = [rivalOfGroup, rivalOfOthers].flatMap((rival) => (rival === undefined ? [] : [rival.entry]));
    return { position: head.position, rivals, twins };
  }

  /** True while `entry` comes before everything in the files not read now. */
  leads(entry: FileEntry, rivals: readonly FileEntry[]): boolean {
    for (const rival of rivals) if (this.#compare(entry, rival) >= 0) return false;
    return true;
  }

  /** Moves the other files past their copies of `entry`; true when there were any. */
  passCopies(entry: FileEntry, twins: readonly Head[]): boolean {
    let passed = false;
    for (const twin of twins) {
      if (!isSameEntry(twin.entry, entry)) continue;
      twin.position.advance(this.#direction);
      passed = true;
    }
    return passed;
  }

  /** Undefined when the slice ended before the next entry was found. */
  #headsOf(group: FilePosition[], pending: FilePosition[], slice: TimeSlice): Head[] | undefined {
    const heads: Head[] = [];
    let limit = Number.POSITIVE_INFINITY;
    for (const position of group) {
      if (!position.hasMore(this.#direction)) continue;
      if (this.#first(position) > limit) break;
      const entry = position.peek(this.#direction);
      if (entry === 'end') {
        // A walk that matches nothing goes through file after file here.
        if (slice.isOver) return undefined;
        continue;
      }
      if (entry === 'pending') pending.push(position);
      else heads.push({ position, entry });
      limit = Math.min(limit, this.#last(position));
    }
    // Files read to their end are not looked at again; the others cost a look each time.
    let done = 0;
    while (done < group.length && this.#isDone(group[done])) done++;
    if (done > 0) group.splice(0, done);
    return heads;
  }

  #isDone(position: FilePosition | undefined): boolean {
    return position !== undefined && !position.hasMore(this.#direction) && !position.mayGrow(this.#direction);
  }

  #least(heads: readonly Head[]): Head | undefined {
    let least: Head | undefined;
    for (const head of heads) if (least === undefined || this.#compare(head.entry, least.entry) < 0) least = head;
    return least;
  }

  /** The number the file begins with in this direction, ascending in both. */
  #first({ file }: FilePosition): number {
    return this.#direction === 'forward' ? file.headSeqnum : -file.tailSeqnum;
  }

  #last({ file }: FilePosition): number {
    return this.#direction === 'forward' ? file.tailSeqnum : -file.headSeqnum;
  }
}
