import type { Cursor } from '@clusterlog/shared';
import { until } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { lookAt } from './single-entry.ts';
import { cursorOfEntry } from './v3-progress.ts';

/** An answer serves all who ask within this time, in ms. */
const freshness = 10;

/**
 * Up to where the journal goes, whatever anybody may read of it: a follower who has looked at everything until now resumes
 * there, though nothing of it was for him.
 */
export class NewestEntry {
  readonly #journal: JournalSource;
  #asked = Number.NEGATIVE_INFINITY;
  #answer: Promise<Cursor | undefined> | undefined;

  constructor(journal: JournalSource) {
    this.#journal = journal;
  }

  /**
   * The newest entry that is older than `delay`: of two journald at once, one may still be writing an entry that comes
   * before the other's newest.
   *
   * @param delay µs
   * @returns undefined where there is none, and where journalctl would have to be started for each look
   */
  async olderThan(delay: number): Promise<Cursor | undefined> {
    if (this.#journal.kind === 'journalctl') return undefined;
    const now = performance.now();
    if (this.#answer === undefined || now - this.#asked > freshness) {
      this.#asked = now;
      this.#answer = this.#look(Date.now() * 1000 - delay);
    }
    return this.#answer;
  }

  #look(latest: number): Promise<Cursor | undefined> {
    return lookAt(this.#journal, until(latest), 'newest', cursorOfEntry, new AbortController().signal);
  }
}
