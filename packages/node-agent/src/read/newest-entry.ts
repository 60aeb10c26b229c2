import { type Cursor, formatCursor } from '@clusterlog/shared';
import { everything } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { lookAt } from './single-entry.ts';
import { cursorOfEntry } from './v3-progress.ts';

/** A look serves all who ask within this time, in ms. */
const freshness = 10;
/** Entries remembered. With a look each 10 ms a few are enough; at the start of many follows there are more looks. */
const mostMet = 1024;

export interface SettledEntry {
  readonly cursor: Cursor | undefined;
  /** True when there is a newest entry, but not for long enough. */
  readonly isYoung: boolean;
}

/**
 * Up to where the journal goes, whatever anybody may read of it: a follower who has looked at everything until now resumes
 * there, though nothing of it was for him.
 */
export class NewestEntry {
  readonly #journal: JournalSource;
  #asked = Number.NEGATIVE_INFINITY;
  #answer: Promise<Cursor | undefined> | undefined;
  /** The newest entries there were, oldest first, and when each was met. */
  #met: { readonly cursor: Cursor; readonly at: number }[] = [];

  constructor(journal: JournalSource) {
    this.#journal = journal;
  }

  /** The newest entry now; undefined where there is none, and where journalctl would have to be started for each look. */
  now(): Promise<Cursor | undefined> {
    if (this.#journal.kind === 'journalctl') return Promise.resolve(undefined);
    this.#asked = performance.now();
    this.#answer = this.#look();
    return this.#answer;
  }

  /**
   * The newest entry that has been there for `delay`: of two journald at once, one may still be writing an entry that comes
   * before the other's newest. Clocks may be set meanwhile: an entry has been there that long by its own time, or because
   * it was met that long ago.
   *
   * @param delay µs; the same for all who ask
   */
  async settled(delay: number): Promise<SettledEntry> {
    const isFresh = performance.now() - this.#asked <= freshness;
    const newest = await (isFresh && this.#answer !== undefined ? this.#answer : this.now());
    if (newest === undefined) return { cursor: undefined, isYoung: false };
    if (Number(newest.realtime) <= Date.now() * 1000 - delay) return { cursor: newest, isYoung: false };
    const before = performance.now() - delay / 1000;
    const index = this.#met.findLastIndex(({ at }) => at <= before);
    if (index > 0) this.#met = this.#met.slice(index);
    return index === -1 ? { cursor: undefined, isYoung: true } : { cursor: this.#met[0]?.cursor, isYoung: false };
  }

  async #look(): Promise<Cursor | undefined> {
    const newest = await lookAt(this.#journal, everything, 'newest', cursorOfEntry, new AbortController().signal);
    const last = this.#met.at(-1);
    if (newest !== undefined && (last === undefined || formatCursor(last.cursor) !== formatCursor(newest))) {
      this.#met.push({ cursor: newest, at: performance.now() });
      if (this.#met.length > mostMet) this.#met = this.#met.filter((_, index) => index % 2 === 1);
    }
    return newest;
  }
}
