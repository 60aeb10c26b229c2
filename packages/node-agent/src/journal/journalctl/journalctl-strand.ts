import { type EntryKey, isSameEntry } from '../log/entry-order.ts';
import type { Match } from '../match.ts';
import type { Direction } from '../source.ts';
import { JournalctlEntry } from './journalctl-entry.ts';
import { matchArguments, matchesFields } from './journalctl-match.ts';
import { JournalctlProcess } from './journalctl-process.ts';

/** A position in one directory's log: at an end, or beside an entry. */
export type StrandPlace =
  | { readonly kind: 'head' }
  | { readonly kind: 'beside'; readonly entry: JournalctlEntry; readonly side: 'before' | 'after' };

/** A journalctl that is printing. */
interface Printing {
  readonly direction: Direction;
  /** The round it was started in: what was written later it may not show. */
  readonly round: number;
  readonly process: JournalctlProcess;
  readonly entries: AsyncGenerator<JournalctlEntry>;
}

/** Reads entries that journalctl prints with `args` of one directory; those it cannot make out are left out. */
export async function* printedEntries(process: JournalctlProcess): AsyncGenerator<JournalctlEntry> {
  for await (const line of process.lines()) yield new JournalctlEntry(line);
}

/**
 * One directory, read by journalctl: a position, and a process that prints from there on. The position is told to
 * journalctl as `--cursor`, which is inclusive, and the entry itself left out here: `--after-cursor` of 252 leaves out one
 * more where that entry does not match.
 */
export class JournalctlStrand {
  readonly directory: string;
  readonly #match: Match;
  #place: StrandPlace = { kind: 'head' };
  #printing: Printing | undefined;
  #peeked: JournalctlEntry | undefined;
  /** Where journalctl found no more. */
  #end: { readonly direction: Direction; readonly round: number; readonly startedIn: number } | undefined;
  #isClosed = false;

  constructor(directory: string, match: Match) {
    this.directory = directory;
    this.#match = match;
  }

  async moveTo(place: StrandPlace): Promise<void> {
    await this.#stop();
    this.#end = undefined;
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
    const { round: startedIn } = this.#printing;
    for (;;) {
      const { done, value } = await this.#printing.entries.next();
      if (done) break;
      if (this.#isPassed(value, direction)) continue;
      if (!matchesFields(this.#match, value.fields, value.realtime)) continue;
      this.#peeked = value;
      return value;
    }
    await this.#stop();
    this.#end = { direction, round, startedIn };
    return undefined;
  }

  advance(direction: Direction): void {
    if (this.#peeked === undefined) return;
    this.#place = { kind: 'beside', entry: this.#peeked, side: direction === 'forward' ? 'after' : 'before' };
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
    if (this.#place.kind === 'beside') args.push(`--cursor=${this.#place.entry.cursor}`);
    else if (direction === 'backward') return undefined;
    if (direction === 'backward') args.push('--reverse');
    const process = new JournalctlProcess([...args, ...matchArguments(this.#match)]);
    return { direction, round, process, entries: printedEntries(process) };
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
