import type { Cursor } from '@clusterlog/shared';
import { type EntryKey, isSameEntry } from '../log/entry-order.ts';
import type { Match } from '../match.ts';
import type { Direction, Gap } from '../source.ts';
import { JournalctlEntry } from './journalctl-entry.ts';
import { matchArguments, matchesFields } from './journalctl-match.ts';
import { JournalctlProcess } from './journalctl-process.ts';

/** A position in one directory's log: at an end, or beside an entry. */
export type StrandPlace =
  | { readonly kind: 'head' }
  | {
      readonly kind: 'beside';
      readonly entry: JournalctlEntry;
      readonly side: 'before' | 'after';
      /** True when the entry was delivered, so that it matches and journalctl prints it as long as it is there. */
      readonly delivered?: boolean;
    };

/** A journalctl that is printing. */
interface Printing {
  readonly direction: Direction;
  /** The round it was started in: what was written later it may not show. */
  readonly round: number;
  readonly process: JournalctlProcess;
  readonly entries: AsyncGenerator<JournalctlEntry>;
  /** The newest entry known of when it was started. */
  readonly newest: Cursor | undefined;
  /** True until it has printed something, if that must be the entry delivered last. */
  isToBegin: boolean;
}

/** The entries that journalctl prints; lines that are none, as the last one of a process that was killed, are left out. */
export async function* printedEntries(process: JournalctlProcess): AsyncGenerator<JournalctlEntry> {
  for await (const line of process.lines()) {
    const entry = entryIn(line);
    if (entry !== undefined) yield entry;
  }
}

function entryIn(line: string): JournalctlEntry | undefined {
  try {
    return new JournalctlEntry(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * One directory, read by journalctl: a position, and a process that prints from there on. The position is told to
 * journalctl as `--cursor`, which is inclusive, and the entry itself left out here: `--after-cursor` of 252 leaves out one
 * more where that entry does not match.
 */
export class JournalctlStrand {
  readonly directory: string;
  readonly #match: Match;
  readonly #newest: () => Cursor | undefined;
  readonly #lost: (gap: Gap) => void;
  #place: StrandPlace = { kind: 'head' };
  #printing: Printing | undefined;
  #peeked: JournalctlEntry | undefined;
  /** Where journalctl found no more. */
  #end: { readonly direction: Direction; readonly round: number; readonly startedIn: number } | undefined;
  /** An entry that has been read or passed as not matching, and so have those before it. */
  #readUntil: Cursor | undefined;
  #isClosed = false;

  /**
   * @param newest gives the newest entry of the directory that is known of
   * @param lost told of what is lost on the way
   */
  constructor(directory: string, match: Match, newest: () => Cursor | undefined, lost: (gap: Gap) => void) {
    this.directory = directory;
    this.#match = match;
    this.#newest = newest;
    this.#lost = lost;
  }

  async moveTo(place: StrandPlace): Promise<void> {
    await this.#stop();
    this.#end = undefined;
    this.#readUntil = undefined;
    this.#place = place;
  }

  /** The round whose beginning the last end is true of. */
  get endKnownIn(): number {
    return this.#end?.startedIn ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * The next matching entry; undefined when there is none now.
   *
   * @param round a number that grows: in one round journalctl is asked only once whether there is more
   */
  async peek(direction: Direction, round: number): Promise<JournalctlEntry | undefined> {
    if (this.#printing?.direction !== direction) await this.#stop();
    if (this.#peeked !== undefined) return this.#peeked;
    if (this.#isClosed || (this.#end?.round === round && this.#end.direction === direction)) return undefined;
    this.#printing ??= this.#start(direction, round);
    if (this.#printing === undefined) {
      this.#end = { direction, round, startedIn: round };
      return undefined;
    }
    const { round: startedIn, newest } = this.#printing;
    for (;;) {
      const { done, value } = await this.#printing.entries.next();
      if (this.#printing?.isToBegin === true) {
        this.#printing.isToBegin = false;
        if (done || !this.#isPassed(value, direction)) await this.#findGap();
      }
      if (done) break;
      if (this.#isPassed(value, direction)) continue;
      if (!matchesFields(this.#match, value.fields, value.realtime)) continue;
      this.#peeked = value;
      return value;
    }
    await this.#stop();
    this.#end = { direction, round, startedIn };
    if (direction === 'forward') this.#readUntil = newest;
    return undefined;
  }

  advance(direction: Direction): void {
    if (this.#peeked === undefined) return;
    const side = direction === 'forward' ? 'after' : 'before';
    this.#place = { kind: 'beside', entry: this.#peeked, side, delivered: true };
    this.#peeked = undefined;
  }

  /** The first entry, in this direction, of what journalctl prints with `args`, that is wanted. Leaves the position alone. */
  async find(
    args: readonly string[],
    isWanted: (entry: JournalctlEntry) => boolean = () => true,
  ): Promise<JournalctlEntry | undefined> {
    for await (const entry of this.list(args)) if (isWanted(entry)) return entry;
    return undefined;
  }

  /** What journalctl prints with `args`. Leaves the position alone. */
  async *list(args: readonly string[]): AsyncGenerator<JournalctlEntry> {
    const process = new JournalctlProcess([`--directory=${this.directory}`, ...args]);
    try {
      yield* printedEntries(process);
    } finally {
      await process.stop();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stop();
  }

  #start(direction: Direction, round: number): Printing | undefined {
    const args = [`--directory=${this.directory}`];
    const isToBegin =
      this.#place.kind === 'beside' &&
      this.#place.delivered === true &&
      direction === 'forward' &&
      this.#place.side === 'after';
    if (this.#place.kind === 'beside') args.push(`--cursor=${this.#place.entry.cursor}`);
    else if (direction === 'backward') return undefined;
    if (direction === 'backward') args.push('--reverse');
    const process = new JournalctlProcess([...args, ...matchArguments(this.#match)]);
    return {
      direction,
      round,
      process,
      entries: printedEntries(process),
      newest: this.#newest(),
      isToBegin,
    };
  }

  /**
   * The entry delivered last is gone. journald deletes the oldest files first: if what there is now begins after all that
   * has been read, something may have lain between.
   */
  async #findGap(): Promise<void> {
    if (this.#place.kind !== 'beside') return;
    const read = this.#readUntil;
    const since = Math.max(this.#place.entry.realtime, Number(read?.realtime ?? 0n));
    const first = await this.find([]);
    if (first === undefined && read !== undefined) return;
    const follows = first !== undefined && first.seqnumId === read?.seqnumId && first.seqnum <= Number(read.seqnum) + 1;
    const until = first?.realtime ?? Date.now() * 1000;
    if (until > since && !follows) this.#lost({ reason: 'vacuumed', since, until });
  }

  #isPassed(entry: EntryKey, direction: Direction): boolean {
    if (this.#place.kind !== 'beside') return false;
    return (this.#place.side === 'after') === (direction === 'forward') && isSameEntry(entry, this.#place.entry);
  }

  async #stop(): Promise<void> {
    const printing = this.#printing;
    this.#printing = undefined;
    this.#peeked = undefined;
    await printing?.process.stop();
  }
}
