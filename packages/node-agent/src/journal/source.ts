import type { Cursor, NodeGapReason } from '@clusterlog/shared';
import type { CountOptions, Histogram, HistogramRange, ValueCounts } from './counts.ts';
import type { Entry } from './entry.ts';
import type { Match } from './match.ts';

/**
 * One journal: every entry of a set of directories as one ordered log. Two implementations keep this contract: the native
 * reader of journal files, and `journalctl` over a pipe (for formats the native reader does not know, and as the oracle
 * in tests).
 */
export interface JournalSource {
  /** `native` or `journalctl`; shown in logs, metrics and health. */
  readonly kind: 'native' | 'journalctl';

  /** Opens a walk over the entries that match, standing before the first one. Cheap; reads nothing yet. */
  walk(match: Match): EntryWalk;

  /**
   * The distinct values of `field` among the entries that match, in no particular order, each once.
   *
   * @param field a legal journal field name
   */
  distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncIterable<Buffer>;

  /**
   * The distinct values of `field` among the entries that match, with how many of them have each. An entry with several
   * values counts for each; one stored twice counts once.
   */
  valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts>;

  /**
   * How many of the entries that match lie in each step of time, by priority.
   *
   * @throws RangeError (as a rejection) when the range is none, or has too many steps
   */
  histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram>;

  /** What the source can say of itself; fresh at each call. */
  status(): JournalStatus;

  close(): Promise<void>;
}

/** The state of one journal directory given by configuration. */
export interface DirectoryStatus {
  readonly path: string;
  /**
   * `readable`; `missing` (not created yet, watched for); `denied` (no permission, or no descriptor left: answers are 503,
   * never an empty 200);
   * `incompatible` (a format flag nobody here knows).
   */
  readonly state: 'readable' | 'missing' | 'denied' | 'incompatible';
  /** What stands in the way, in one sentence for an operator. */
  readonly reason?: string;
}

export interface JournalStatus {
  readonly kind: 'native' | 'journalctl';
  readonly directories: readonly DirectoryStatus[];
  readonly files: number;
  /** Objects found damaged since the source was opened, by kind. */
  readonly damage: { readonly data: number; readonly entries: number; readonly arrays: number; readonly files: number };
}

export type Direction = 'forward' | 'backward';

/** A stretch of the log that a walk had before it and can no longer deliver. */
export interface Gap {
  /** `vacuumed`: the file was deleted before it was read to its end. `damaged`: what is stored there is no entry. */
  readonly reason: Extract<NodeGapReason, 'vacuumed' | 'damaged'>;
  /** Between these realtimes, both included, lie the missing entries; in µs since 1970, and no nearer than is known. */
  readonly since: number;
  readonly until: number;
  /** Entries missing, ones that do not match counted too; undefined when nobody can tell. */
  readonly entries?: number;
}

/** A place up to which everything that matches has been delivered. */
export interface Reached {
  /** Of the last entry looked at, or the next one to be delivered; µs since 1970. */
  readonly realtime: number;
  /** The last entry looked at, whether it matches or not, until the next read; undefined when it is the next one that is known. */
  readonly entry: Entry | undefined;
}

/**
 * A position between two entries, and the way on from it. `read` forward delivers the entry after the position and moves
 * past it; `read` backward the entry before it. So reading forward and then backward delivers the same entry twice.
 *
 * One call at a time; calls on different walks interleave freely.
 */
export interface EntryWalk {
  /** Before the first entry. */
  seekHead(): Promise<void>;
  /** After the last entry there is now. */
  seekTail(): Promise<void>;
  /** Before the first entry whose realtime is at or after `microseconds`. */
  seekRealtime(microseconds: number): Promise<void>;
  /**
   * To the entry a cursor names, by the cursor rule: (seqnum id, seqnum) if boot, monotonic, realtime and xor hash agree;
   * else the entry of that boot with equal monotonic, realtime and xor hash; else before the first entry after (boot,
   * monotonic); else after the realtime. The entry need not match the walk's match.
   *
   * @param side where to stand when the very entry is found: before or after it. Otherwise always before the nearest
   *   later entry.
   */
  seekCursor(cursor: Cursor, side: 'before' | 'after'): Promise<'exact' | 'nearest'>;

  /** Steps over matching entries, forward when positive, backward when negative; resolves to how many there were. */
  skip(count: number): Promise<number>;

  /**
   * Delivers matching entries to `visit`, in order, until it returns false (that entry counts as delivered), or there are
   * no more, or a time slice is used up.
   *
   * @returns `stopped`: visit said so. `end`: nothing more now; `wait` tells when that changes. `slice`: call again, the
   *   event loop had no turn meanwhile and may be given one first, or {@link takeGaps} has something to tell.
   */
  read(direction: Direction, visit: (entry: Entry) => boolean): Promise<'stopped' | 'end' | 'slice'>;

  /**
   * How far the last reading in this direction has looked, for whoever waits for an entry that matches. Undefined when that
   * is not known.
   */
  reached(direction: Direction): Reached | undefined;

  /**
   * What was lost on the way: each gap once, those of before the last seek left out. A read that comes upon a gap ends
   * with `slice` before it delivers an entry that lies behind it, so that whoever asks after each read can tell of the gap
   * in its place. Files lost before the walk knew of them show only as holes in the seqnums.
   */
  takeGaps(): readonly Gap[];

  /**
   * Resolves when entries may have come that were not there at the last `end`. Spurious wake-ups are allowed, lost ones
   * are not. Rejects with the signal's reason when aborted.
   */
  wait(signal: AbortSignal): Promise<void>;

  close(): void;
}

/** The source cannot be read at all: permission, or a format nobody knows. Answered as 503, never as an empty log. */
export class JournalUnavailableError extends Error {
  override readonly name = 'JournalUnavailableError';
  readonly directories: readonly DirectoryStatus[];

  constructor(directories: readonly DirectoryStatus[]) {
    super(directories.map((directory) => directory.reason ?? `${directory.path} is ${directory.state}`).join('; '));
    this.directories = directories;
  }
}
