import { type EntryKey, isSameEntry } from './entry-order.ts';
import { JournalctlEntry } from './journalctl-entry.ts';
import { matchArguments, matchesFields } from './journalctl-match.ts';
import { JournalctlProcess } from './journalctl-process.ts';
import type { Match } from './match.ts';
import type { Direction } from './source.ts';

/** A position in one directory's log: at an end, or beside an entry. */
export type StrandPlace =
  | { readonly kind: 'head' }
  | { readonly kind: 'beside'; readonly entry: JournalctlEntry; readonly side: 'before' | 'after' };

/** A journalctl that is printing, and the entry read from it last. */
interface Printing {
  readonly direction: Direction;
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

  constructor(directory: string, match: Match) {
    this.directory = directory;
    this.#match = match;
  }

  async moveTo(place: StrandPlace): Promise<void> {
    await this.#stop();
    this.#place = place;
  }

  /** The next matching entry; undefined when there is none now. */
  async peek(direction: Direction): Promise<JournalctlEntry | undefined> {
    if (this.#printing?.direction !== direction) await this.#stop();
    if (this.#peeked !== undefined) return this.#peeked;
    this.#printing ??= this.#start(direction);
    if (this.#printing === undefined) return undefined;
    for (;;) {
      const { done, value } = await this.#printing.entries.next();
      if (done) break;
      if (this.#isPassed(value, direction) || !matchesFields(this.#match, value.fields)) continue;
      this.#peeked = value;
      return value;
    }
    await this.#stop();
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
    await this.#stop();
  }

  #start(direction: Direction): Printing | undefined {
    const args = [`--directory=${this.directory}`];
    if (this.#place.kind === 'beside') args.push(`--cursor=${this.#place.entry.cursor}`);
    else if (direction === 'backward') return undefined;
    if (direction === 'backward') args.push('--reverse');
    const process = new JournalctlProcess([...args, ...matchArguments(this.#match)]);
    return { direction, process, entries: printedEntries(process) };
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
