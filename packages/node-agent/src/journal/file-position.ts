import type { FileEntry } from './file-entry.ts';
import type { LogFile, OpenedWalk } from './log-file.ts';
import type { Match } from './match.ts';
import type { Direction } from './source.ts';

/** So many new entries are tested sooner than looked up. */
const testedOneByOne = 16;

/**
 * Where one walk stands in one file. Costs two numbers while the walk is before or behind the file, and a walk over the
 * file's matching entries while it is inside.
 */
export class FilePosition {
  readonly file: LogFile;
  readonly #match: Match;
  /** Boundary in the main entry array; counts while there is no {@link #walk}. */
  #index: number;
  #walk: OpenedWalk | undefined;
  /** Entries the file had when the walk last found no more of them ahead. */
  #endedForwardAt = -1;
  #endedBackward = false;

  constructor(file: LogFile, match: Match, index: number) {
    this.file = file;
    this.#match = match;
    this.#index = index;
  }

  /** True while the walk stands in the file, so that it must stay open. */
  get isInside(): boolean {
    return this.#walk !== undefined;
  }

  /** False when nothing can lie ahead in the file; true when something may. */
  hasMore(direction: Direction): boolean {
    if (this.#walk === undefined) return direction === 'forward' ? this.#index < this.file.entryCount : this.#index > 0;
    return direction === 'forward' ? this.#endedForwardAt !== this.file.entryCount : !this.#endedBackward;
  }

  /** True when the file can still get entries ahead of the position. */
  mayGrow(direction: Direction): boolean {
    return direction === 'forward' && !this.file.settled && !this.file.gone;
  }

  /** The next matching entry, which stays next until {@link advance}. */
  peek(direction: Direction): FileEntry | 'pending' | 'end' {
    const walk = this.#walk ?? this.#enter();
    if (walk === undefined) {
      this.#index = direction === 'forward' ? this.file.entryCount : 0;
      return 'end';
    }
    if (direction === 'forward' && this.#endedForwardAt >= 0) this.#goOn(walk);
    const next = walk.peek(direction);
    if (next === 'end') this.#end(direction);
    return next;
  }

  advance(direction: Direction): void {
    this.#walk?.advance(direction);
    if (direction === 'forward') this.#endedBackward = false;
    else this.#endedForwardAt = -1;
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
  }

  #enter(): OpenedWalk | undefined {
    const opened = this.file.use();
    if (opened === undefined) return undefined;
    this.#walk = opened.walk(this.#match);
    this.#walk.seekIndex(this.#index);
    this.#endedForwardAt = -1;
    this.#endedBackward = false;
    this.file.readers++;
    return this.#walk;
  }

  /** Goes on where the file ended. A walk tests the entries it finds new one by one; set anew, it looks in the index. */
  #goOn(walk: OpenedWalk): void {
    if (this.file.entryCount - this.#endedForwardAt > testedOneByOne) walk.seekIndex(this.#endedForwardAt);
    this.#endedForwardAt = -1;
  }

  #end(direction: Direction): void {
    if (this.mayGrow(direction)) {
      this.#endedForwardAt = this.file.entryCount;
      return;
    }
    this.#index = direction === 'forward' ? this.file.entryCount : 0;
    this.leave();
  }
}
