import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cursor } from '@clusterlog/shared';
import type { Entry } from '../entry.ts';
import type { Match } from '../match.ts';
import type { Direction, EntryWalk, Gap, Reached } from '../source.ts';
import { TimeSlice } from '../time-slice.ts';
import { placeBeside, placeFromRealtime } from './beside-seek.ts';
import type { ChangePoll } from './change-poll.ts';
import { CopiedEntries } from './copied-entries.ts';
import { findCursor } from './cursor-seek.ts';
import { EntryMerge } from './entry-merge.ts';
import { type EntryKey, keyOf } from './entry-order.ts';
import { FilePosition, Wanted } from './file-position.ts';
import { Gaps } from './gaps.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';

/** Entries between two looks at the clock. */
const clockInterval = 16;
/** A walk that is far from the end looks at the files no more often than this, in ms: a look is a system call a file. */
const lookInterval = 10;

/** What places a file that appears later: at its head unless all of it lies before this. */
type Anchor =
  | { readonly kind: 'head' }
  | { readonly kind: 'realtime'; readonly microseconds: number }
  | { readonly kind: 'entry'; readonly key: EntryKey };

const head: Anchor = { kind: 'head' };

/** A walk over all journal files: a position in each of them, and the merge of what lies ahead. */
export class NativeWalk implements EntryWalk {
  readonly #files: JournalFiles;
  readonly #poll: ChangePoll;
  readonly #match: Match;
  readonly #wanted: Wanted;
  readonly #closed: (walk: NativeWalk) => void;
  readonly #positions = new Map<LogFile, FilePosition>();
  readonly #gaps = new Gaps();
  readonly #copied: CopiedEntries;
  #anchor: Anchor = head;
  #merge: { readonly direction: Direction; readonly entries: EntryMerge } | undefined;
  /** The entry delivered last lies in this file; read the other way, it comes again whatever the others hold. */
  #last: { readonly position: FilePosition; readonly direction: Direction } | undefined;
  #versionAtEnd: number | undefined;
  #shape = -1;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(files: JournalFiles, poll: ChangePoll, match: Match, closed: (walk: NativeWalk) => void) {
    this.#files = files;
    this.#poll = poll;
    this.#match = match;
    this.#wanted = new Wanted(
      match,
      files.barren.for(match),
      (gap) => this.#lose(gap),
      (file) => files.release(file),
    );
    this.#copied = new CopiedEntries(files);
    this.#closed = closed;
  }

  async seekHead(): Promise<void> {
    this.#begin(head);
    for (const file of this.#files.all) this.#place(file, 0);
  }

  async seekTail(): Promise<void> {
    this.#begin(head);
    for (const file of this.#files.newestFiles()) await file.recovered();
    const newest = this.#files.newest();
    if (newest !== undefined) this.#anchor = { kind: 'entry', key: newest };
    for (const file of this.#files.all) this.#place(file, file.entryCount);
    this.#copied.reachEnd();
  }

  async seekRealtime(microseconds: number): Promise<void> {
    this.#begin({ kind: 'realtime', microseconds });
    await this.#placeAtRealtime(microseconds);
  }

  async seekCursor(cursor: Cursor, side: 'before' | 'after'): Promise<'exact' | 'nearest'> {
    this.#begin(head);
    const place = await findCursor(this.#files, cursor, side);
    const { beside } = place;
    const microseconds = Number(cursor.realtime) + 1;
    this.#anchor = beside === undefined ? { kind: 'realtime', microseconds } : { kind: 'entry', key: beside };
    const indexes =
      beside === undefined
        ? await placeFromRealtime(this.#files, microseconds)
        : await placeBeside(this.#files, beside, place.side, place.indexes);
    for (const [file, index] of indexes) this.#place(file, index);
    return place.found;
  }

  async skip(count: number): Promise<number> {
    const direction = count < 0 ? 'backward' : 'forward';
    const wanted = Math.abs(count);
    let skipped = 0;
    while (skipped < wanted) {
      const outcome = await this.read(direction, () => ++skipped < wanted);
      if (outcome === 'end') break;
      if (outcome === 'slice') await nextTurn();
    }
    return skipped;
  }

  async read(direction: Direction, visit: (entry: Entry) => boolean): Promise<'stopped' | 'end' | 'slice'> {
    const gaps = this.#gaps.met;
    if (direction === 'backward') this.#copied.forget();
    if (performance.now() - this.#lookedAt >= lookInterval) this.#look(direction);
    else this.#takeIn(direction);
    this.#leaveErased(direction);
    const slice = new TimeSlice();
    for (let steps = 1; ; steps++) {
      if (this.#isClosed) return 'end';
      const merge = this.#mergeFor(direction);
      const lead = merge.lead(slice, this.#last?.direction === direction ? undefined : this.#last?.position);
      if (this.#gaps.met !== gaps) return 'slice';
      if (lead === 'end') {
        if (this.#isEnd(direction)) return 'end';
        continue;
      }
      if (Array.isArray(lead)) {
        await Promise.all(lead.map((position) => position.fill()));
        if (slice.isOver) return 'slice';
        continue;
      }
      const { position, rivals, twins } = lead;
      // As long as no other file holds an earlier entry, this one is read alone.
      for (let isFirst = true; ; isFirst = false, steps++) {
        const entry = position.peek(direction);
        if (entry === 'end' || entry === 'pending' || this.#gaps.met !== gaps) break;
        if (!isFirst && rivals.length > 0 && !merge.leads(entry, rivals)) break;
        const isCopy = this.#copied.has(entry, position.file, this.#positions);
        const outcome = isCopy || visit(entry) ? undefined : 'stopped';
        const isLate = steps % clockInterval === 0 && slice.isOver;
        if (!isCopy) this.#copied.deliver(entry);
        if (!isCopy && (outcome !== undefined || isLate)) this.#anchor = { kind: 'entry', key: keyOf(entry) };
        const copied = twins.length > 0 && merge.passCopies(entry, twins);
        position.advance(direction);
        if (!isCopy && (this.#last?.position !== position || this.#last.direction !== direction)) {
          this.#last = { position, direction };
        }
        if (outcome !== undefined) return outcome;
        if (isLate) return 'slice';
        if (copied) break;
      }
    }
  }

  /** Of all files that are being read the place that is least far: what lies in the others comes after it. */
  reached(direction: Direction): Reached | undefined {
    if (this.#isClosed || this.#merge?.direction !== direction) return undefined;
    let least: { readonly entry: Entry; readonly isPassed: boolean } | undefined;
    for (const position of this.#positions.values()) {
      if (!position.isInside || !position.hasMore(direction)) continue;
      const looked = position.looked(direction);
      if (looked === undefined) return undefined;
      const order = least === undefined ? -1 : this.#files.compare(looked.entry, least.entry);
      if (direction === 'forward' ? order < 0 : least === undefined || order > 0) least = looked;
    }
    if (least === undefined) return undefined;
    return { realtime: least.entry.realtime, entry: least.isPassed ? least.entry : undefined };
  }

  takeGaps(): readonly Gap[] {
    return this.#gaps.take();
  }

  async wait(signal: AbortSignal): Promise<void> {
    await this.#poll.changed(this.#versionAtEnd, this.#match, signal, (begin) => {
      for (const position of this.#positions.values()) position.pass(begin(position.file));
    });
    // Whoever woke us has just looked.
    this.#lookedAt = performance.now();
  }

  close(): void {
    this.#isClosed = true;
    this.#clear();
    this.#closed(this);
  }

  /** Takes in what came until now. */
  #look(direction: Direction): void {
    this.#files.settle();
    this.#lookedAt = performance.now();
    this.#takeIn(direction);
  }

  /** Takes in what anybody has seen come. */
  #takeIn(direction: Direction): void {
    this.#files.requireReadable();
    if (this.#isClosed) return;
    if (this.#shape !== this.#files.shape) this.#admit(direction);
  }

  #begin(anchor: Anchor): void {
    this.#clear();
    this.#gaps.take();
    this.#files.settle();
    this.#lookedAt = performance.now();
    this.#files.requireReadable();
    this.#shape = this.#files.shape;
    this.#anchor = anchor;
  }

  #clear(): void {
    for (const { file } of [...this.#positions.values()]) this.#forget(file);
    this.#merge = undefined;
    this.#last = undefined;
    this.#copied.forget();
    this.#versionAtEnd = undefined;
  }

  /** True when there is nothing more to read now; remembers since when. */
  #isEnd(direction: Direction): boolean {
    const { version } = this.#files;
    this.#look(direction);
    if (this.#files.version !== version) return false;
    this.#versionAtEnd = version;
    if (direction === 'forward') this.#copied.reachEnd();
    const newest = direction === 'forward' ? this.#files.newest() : undefined;
    this.#anchor = newest === undefined ? head : { kind: 'entry', key: newest };
    return true;
  }

  #mergeFor(direction: Direction): EntryMerge {
    if (this.#merge?.direction !== direction) {
      const compare = (a: EntryKey, b: EntryKey): number => this.#files.compare(a, b);
      this.#merge = { direction, entries: new EntryMerge(this.#positions.values(), direction, compare) };
    }
    return this.#merge.entries;
  }

  /** Places files that appeared, and lets go of deleted ones that cannot be read or need not. */
  #admit(direction: Direction): void {
    for (const file of this.#files.vanishedSince(this.#shape)) if (direction === 'forward') this.#miss(file);
    this.#shape = this.#files.shape;
    this.#merge = undefined;
    const present = new Set(this.#files.held);
    for (const [file, position] of [...this.#positions]) {
      const isRead = !position.hasMore(direction) && !position.hasMore('forward');
      if (present.has(file) && !(file.gone && isRead)) continue;
      if (isRead) this.#copied.drain(file);
      position.lose(direction);
      this.#forget(file);
    }
    for (const file of present) if (!file.gone && !this.#positions.has(file)) this.#place(file, this.#indexOfNew(file));
    this.#shape = this.#files.shape;
  }

  #indexOfNew(file: LogFile): number {
    const anchor = this.#anchor;
    if (anchor.kind === 'head') return 0;
    if (anchor.kind === 'realtime') return file.indexAtRealtime(anchor.microseconds);
    const tail = file.tail();
    return tail !== undefined && this.#files.compare(tail, anchor.key) < 0 ? file.entryCount : 0;
  }

  #place(file: LogFile, index: number): void {
    this.#positions.set(file, new FilePosition(file, this.#wanted, index));
  }

  /** Places every file, giving others a turn where that takes long. */
  async #placeEach(indexOf: (file: LogFile) => number | Promise<number>): Promise<void> {
    const slice = new TimeSlice();
    for (const file of [...this.#files.all]) {
      this.#place(file, await indexOf(file));
      await slice.yield();
    }
  }

  async #placeAtRealtime(microseconds: number): Promise<void> {
    await this.#placeEach(async (file) => {
      await file.timesKnown();
      return file.indexAtRealtime(microseconds);
    });
  }

  /** A file came and went between two looks of this walk. */
  #miss(file: LogFile): void {
    const { entryCount, headRealtime, tailRealtime } = file;
    if (entryCount === 0 || this.#positions.has(file)) return;
    const anchor = this.#anchor;
    const isPassed =
      (anchor.kind === 'realtime' && tailRealtime < anchor.microseconds) ||
      (anchor.kind === 'entry' &&
        (file.seqnumId === anchor.key.seqnumId
          ? file.tailSeqnum <= anchor.key.seqnum
          : tailRealtime <= anchor.key.realtime));
    if (isPassed) return;
    const reason = file.isDamaged ? 'damaged' : 'vacuumed';
    this.#lose({ reason, since: headRealtime, until: tailRealtime, entries: entryCount });
  }

  /** Entries of an erased file may still be at hand, but not their fields. */
  #leaveErased(direction: Direction): void {
    const position = this.#last?.position;
    if (position?.isInside && position.file.settled && position.hasMore(direction) && position.file.lookErased()) {
      position.giveUp(direction);
    }
  }

  #lose(gap: Gap): void {
    const { period } = this.#wanted;
    if (period !== undefined && (gap.until < period.since || gap.since > period.until)) return;
    this.#gaps.add(gap);
  }

  #forget(file: LogFile): void {
    if (this.#last?.position.file === file) this.#last = undefined;
    this.#positions.get(file)?.leave();
    this.#positions.delete(file);
    this.#files.release(file);
  }
}
