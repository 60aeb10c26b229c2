import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cursor } from '@clusterlog/shared';
import type { Entry } from '../entry.ts';
import { isSameEntry } from '../log/entry-order.ts';
import { Gaps } from '../log/gaps.ts';
import type { Match } from '../match.ts';
import type { Direction, EntryWalk, Gap } from '../source.ts';
import { TimeSlice } from '../time-slice.ts';
import type { JournalctlEntry } from './journalctl-entry.ts';
import { compareKeys, placeAtCursor, placeAtRealtime, tailOf } from './journalctl-seek.ts';
import { JournalctlStrand } from './journalctl-strand.ts';

/** What a walk needs of its source. */
export interface JournalctlPlaces {
  /** The directories to be read, each by a journalctl of its own. Rejects with JournalUnavailableError. */
  directories(): Promise<readonly string[]>;
  /** Changes whenever entries may have come. */
  version(): number;
  /** The newest entry of a directory that is known of. */
  newest(directory: string): Cursor | undefined;
  changed(seen: number | undefined, signal: AbortSignal): Promise<void>;
  /** Called when the walk is closed. */
  closed(): void;
}

/** A walk over what journalctl prints: one strand a directory, merged entry by entry. */
export class JournalctlWalk implements EntryWalk {
  readonly #places: JournalctlPlaces;
  readonly #match: Match;
  readonly #strands = new Map<string, JournalctlStrand>();
  readonly #gaps = new Gaps();
  #versionAtEnd: number | undefined;
  /** Calls of read, and the version each began with, as far back as a journalctl may still be printing for it. */
  #round = 0;
  readonly #versions = new Map<number, number>();
  #isClosed = false;

  constructor(places: JournalctlPlaces, match: Match) {
    this.#places = places;
    this.#match = match;
  }

  async seekHead(): Promise<void> {
    this.#gaps.take();
    for (const strand of await this.#look()) await strand.moveTo({ kind: 'head' });
  }

  async seekTail(): Promise<void> {
    this.#gaps.take();
    for (const strand of await this.#look()) await strand.moveTo(await tailOf(strand));
  }

  async seekRealtime(microseconds: number): Promise<void> {
    this.#gaps.take();
    for (const strand of await this.#look()) await strand.moveTo(await placeAtRealtime(strand, microseconds));
  }

  async seekCursor(cursor: Cursor, side: 'before' | 'after'): Promise<'exact' | 'nearest'> {
    this.#gaps.take();
    return await placeAtCursor(await this.#look(), cursor, side);
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
    const round = ++this.#round;
    this.#versions.set(round, this.#places.version());
    const strands = await this.#look();
    const gaps = this.#gaps.met;
    const slice = new TimeSlice();
    for (;;) {
      if (this.#isClosed) return 'end';
      const next = await least(strands, direction, round);
      if (this.#gaps.met !== gaps) return 'slice';
      if (next === undefined) {
        this.#rememberEnd(strands, round);
        return 'end';
      }
      for (const strand of strands) {
        const other = await strand.peek(direction, round);
        if (other !== undefined && isSameEntry(other, next)) strand.advance(direction);
      }
      if (!visit(next)) return 'stopped';
      if (slice.isOver) return 'slice';
    }
  }

  /** journalctl does not tell of what it looks through. */
  reached(): undefined {
    return undefined;
  }

  takeGaps(): readonly Gap[] {
    return this.#gaps.take();
  }

  async wait(signal: AbortSignal): Promise<void> {
    await this.#places.changed(this.#versionAtEnd, signal);
  }

  close(): void {
    void this.end();
  }

  /** Closes the walk; resolves when its processes have ended. */
  async end(): Promise<void> {
    this.#isClosed = true;
    this.#places.closed();
    await Promise.all([...this.#strands.values()].map((strand) => strand.close()));
  }

  /** What came after the first of the processes that now ended was started may be missing. */
  #rememberEnd(strands: readonly JournalctlStrand[], round: number): void {
    const oldest = strands.reduce((known, strand) => Math.min(known, strand.endKnownIn), round);
    this.#versionAtEnd = this.#versions.get(oldest);
    for (const past of this.#versions.keys()) if (past < oldest) this.#versions.delete(past);
  }

  async #look(): Promise<JournalctlStrand[]> {
    const directories = await this.#places.directories();
    return directories.map((directory) => {
      let strand = this.#strands.get(directory);
      // A directory that appears later is read from its head.
      strand ??= new JournalctlStrand(
        directory,
        this.#match,
        () => this.#places.newest(directory),
        (gap) => this.#gaps.add(gap),
      );
      this.#strands.set(directory, strand);
      return strand;
    });
  }
}

async function least(
  strands: readonly JournalctlStrand[],
  direction: Direction,
  round: number,
): Promise<JournalctlEntry | undefined> {
  let least: JournalctlEntry | undefined;
  for (const strand of strands) {
    const entry = await strand.peek(direction, round);
    if (entry === undefined) continue;
    const order = least === undefined ? -1 : compareKeys(entry, least);
    if (direction === 'forward' ? order < 0 : least === undefined || order > 0) least = entry;
  }
  return least;
}
