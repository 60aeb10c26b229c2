import type { FileEntry } from '../file/file-entry.ts';
import type { Match } from '../match.ts';
import { isAlways, type Period, periodOf } from '../period.ts';
import type { Direction, Gap } from '../source.ts';
import type { Barren } from './barren-files.ts';
import type { LogFile, OpenedWalk } from './log-file.ts';

/** So many new entries are tested sooner than looked up. */
const testedOneByOne = 16;
/** So many where the first is known to match, and others may not come at all. */
const testedAfterFirst = 512;

/** What a walk looks for in each file. */
export class Wanted {
  readonly match: Match;
  /** Outside of it nothing matches; undefined when that rules nothing out. */
  readonly period: Period | undefined;
  readonly barren: Barren;
  /** Told of what is lost on the way. */
  readonly lost: (gap: Gap) => void;

  /** Told of a file that the walk has stepped out of. */
  readonly left: (file: LogFile) => void;

  constructor(match: Match, barren: Barren, lost: (gap: Gap) => void, left: (file: LogFile) => void) {
    const period = periodOf(match);
    this.match = match;
    this.period = isAlways(period) ? undefined : period;
    this.barren = barren;
    this.lost = lost;
    this.left = left;
  }
}

/**
 * Where one walk stands in one file. Costs two numbers while the walk is before or behind the file, and a walk over the
 * file's matching entries while it is inside.
 */
export class FilePosition {
  readonly file: LogFile;
  readonly #wanted: Wanted;
  /** Boundary in the main entry array; counts while there is no {@link #walk}. */
  #index: number;
  #walk: OpenedWalk | undefined;
  /** Entries the file had when the walk last found no more of them ahead. */
  #endedForwardAt = -1;
  /** Entries after it did not match either: the walk stands before them. */
  #hasPassed = false;
  #endedBackward = false;
  /** The way the walk went through the file from its very end, while nothing has been found. */
  #emptySoFar: Direction | undefined;
  /** Realtime and seqnum of the entry peeked last, and seqnum of the one advanced over last. */
  #realtime: number | undefined;
  #seqnum = 0;
  #readTo = 0;
  #unreadable = 0;

  constructor(file: LogFile, wanted: Wanted, index: number) {
    this.file = file;
    this.#wanted = wanted;
    this.#index = index;
  }

  /** True while the walk stands in the file, so that it must stay open. */
  get isInside(): boolean {
    return this.#walk !== undefined;
  }

  /** False when nothing can lie ahead in the file; true when something may. */
  hasMore(direction: Direction): boolean {
    if (this.#walk === undefined) {
      const isAhead = direction === 'forward' ? this.#index < this.file.entryCount : this.#index > 0;
      return isAhead && !this.#wanted.barren.has(this.file);
    }
    return direction === 'forward' ? this.#endedForwardAt !== this.file.entryCount : !this.#endedBackward;
  }

  /** True when the file can still get entries ahead of the position. */
  mayGrow(direction: Direction): boolean {
    return direction === 'forward' && !this.file.settled && !this.file.gone;
  }

  /** The next matching entry, which stays next until {@link advance}. */
  peek(direction: Direction): FileEntry | 'pending' | 'end' {
    const walk = this.#walk ?? this.#enter(direction);
    if (walk === undefined) {
      this.#index = direction === 'forward' ? this.file.entryCount : 0;
      return 'end';
    }
    if (direction === 'forward' && this.#endedForwardAt >= 0) this.#goOn(walk);
    const next = walk.peek(direction);
    const isBroken = walk.unreadable !== this.#unreadable || (next === 'end' && this.file.isDamaged);
    if (isBroken && this.file.lookErased()) {
      this.giveUp(direction);
      return 'end';
    }
    if (walk.unreadable !== this.#unreadable) this.#loseEntries(walk, next, direction);
    if (next === 'end') this.#end(direction);
    else if (next !== 'pending') {
      this.#emptySoFar = undefined;
      this.#realtime = next.realtime;
      this.#seqnum = next.seqnum;
    }
    return next;
  }

  /** The file cannot be read on: tells of what lies ahead in it. */
  lose(direction: Direction): void {
    if (!this.hasMore(direction)) return;
    const { headRealtime, tailRealtime, entryCount } = this.file;
    const since = (direction === 'forward' ? this.#realtime : undefined) ?? headRealtime;
    const until = (direction === 'backward' ? this.#realtime : undefined) ?? tailRealtime;
    const entries = direction === 'forward' ? entryCount - this.#index : this.#index;
    const reason = this.file.isDamaged ? 'damaged' : 'vacuumed';
    this.#wanted.lost({ reason, since, until, ...(this.#walk === undefined ? { entries } : {}) });
  }

  /** Goes past what is left of the file, which cannot be read, and tells of it. */
  giveUp(direction: Direction): void {
    this.lose(direction);
    this.#index = direction === 'forward' ? this.file.entryCount : 0;
    this.leave();
  }

  /** Whether the entry at `index` of the main entry array lies behind the position, going forward. */
  isPast(index: number, seqnum: number): boolean {
    if (this.#walk === undefined) return index < this.#index;
    if (this.#endedForwardAt >= 0) return index < this.#endedForwardAt;
    return index < this.#index || seqnum <= this.#readTo;
  }

  /** Entries before `index` are known not to match, if the position is at the end of what there was. */
  pass(index: number): void {
    if (this.#endedForwardAt < 0 || index <= this.#endedForwardAt) return;
    this.#endedForwardAt = index;
    this.#hasPassed = true;
  }

  advance(direction: Direction): void {
    this.#walk?.advance(direction);
    this.#readTo = this.#seqnum;
    if (direction === 'forward') this.#endedBackward = false;
    else this.#endedForwardAt = -1;
  }

  /**
   * How far the walk has looked: the entry it went over last, or the one that comes next. Undefined when that is not known,
   * or the file has not been entered.
   */
  looked(direction: Direction): { readonly entry: FileEntry; readonly isPassed: boolean } | undefined {
    const walk = this.#walk;
    if (walk === undefined) return undefined;
    const passed = walk.passed(direction);
    if (passed !== undefined) return { entry: passed, isPassed: true };
    const next = walk.peek(direction);
    return typeof next === 'string' ? undefined : { entry: next, isPassed: false };
  }

  fill(): Promise<void> {
    return this.#walk?.fill() ?? Promise.resolve();
  }

  /** Steps out of the file; the position no longer counts. */
  leave(): void {
    if (this.#walk === undefined) return;
    this.#walk.close();
    this.#walk = undefined;
    this.file.readers--;
    this.#wanted.left(this.file);
  }

  /** Undefined when the file is gone, or is not worth entering. */
  #enter(direction: Direction): OpenedWalk | undefined {
    const { match, period, barren } = this.#wanted;
    if (period !== undefined && this.file.liesOutside(period)) barren.add(this.file);
    const opened = barren.has(this.file) ? undefined : this.file.use();
    if (opened === undefined) {
      this.lose(direction);
      return undefined;
    }
    const isAtEnd = this.#index === (direction === 'forward' ? 0 : this.file.entryCount);
    this.#emptySoFar = isAtEnd ? direction : undefined;
    this.#walk = opened.walk(match);
    this.#walk.seekIndex(this.#index);
    this.#endedForwardAt = -1;
    this.#endedBackward = false;
    this.#unreadable = 0;
    this.file.readers++;
    return this.#walk;
  }

  #loseEntries(walk: OpenedWalk, next: FileEntry | 'pending' | 'end', direction: Direction): void {
    // Whether the next entry is damaged, too, shows only when there is one.
    if (next === 'pending') return;
    const entries = walk.unreadable - this.#unreadable;
    this.#unreadable = walk.unreadable;
    const ahead = next === 'end' ? undefined : next.realtime;
    const [since, until] = direction === 'forward' ? [this.#realtime, ahead] : [ahead, this.#realtime];
    const { headRealtime, tailRealtime } = this.file;
    this.#wanted.lost({ reason: 'damaged', since: since ?? headRealtime, until: until ?? tailRealtime, entries });
  }

  /** Goes on where the file ended. A walk tests the entries it finds new one by one; set anew, it looks in the index. */
  #goOn(walk: OpenedWalk): void {
    const untested = this.file.entryCount - this.#endedForwardAt;
    if (untested > (this.#hasPassed ? testedAfterFirst : testedOneByOne)) walk.seekIndex(this.#endedForwardAt);
    else if (this.#hasPassed) walk.passTo(this.#endedForwardAt);
    this.#hasPassed = false;
    this.#endedForwardAt = -1;
  }

  #end(direction: Direction): void {
    if (this.mayGrow(direction)) {
      this.#endedForwardAt = this.file.entryCount;
      return;
    }
    if (this.#emptySoFar === direction && this.file.settled && !this.file.isDamaged) {
      this.#wanted.barren.add(this.file);
    }
    this.#index = direction === 'forward' ? this.file.entryCount : 0;
    this.leave();
  }
}
