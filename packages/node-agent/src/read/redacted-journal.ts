import type { Scope } from '@clusterlog/shared';
import type { CountOptions, Histogram, HistogramRange, ValueCounts } from '../journal/counts.ts';
import { countByTime, countValues } from '../journal/log/count-entries.ts';
import type { Match } from '../journal/match.ts';
import type { EntryWalk, JournalSource, JournalStatus } from '../journal/source.ts';
import { RedactedWalk } from './redacted-walk.ts';
import { type Redaction, redactionOf } from './redaction.ts';

/**
 * The journal as a scope's redaction shows it: of what is read, counted and listed only what is not withheld, cursors
 * included. The journal itself where nothing is withheld.
 *
 * Matches are asked of the entries as they were written: what a query asks goes through `redactedMatch`, what a scope grants
 * does not. Fields that are hidden altogether are left out by the encoders.
 */
export function journalShown(journal: JournalSource, scope: Scope): JournalSource {
  const redaction = redactionOf(scope);
  return redaction === undefined ? journal : new RedactedJournal(journal, redaction);
}

class RedactedJournal implements JournalSource {
  readonly kind: JournalSource['kind'];
  readonly #journal: JournalSource;
  readonly #redaction: Redaction;

  constructor(journal: JournalSource, redaction: Redaction) {
    this.kind = journal.kind;
    this.#journal = journal;
    this.#redaction = redaction;
  }

  walk(match: Match): EntryWalk {
    return new RedactedWalk(this.#journal, this.#journal.walk(match), this.#redaction);
  }

  async *distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const redaction = this.#redaction;
    const values = this.#journal.distinctValues(field, match, signal);
    if (!redaction.concerns(field)) {
      yield* values;
      return;
    }
    // Values are bytes: one character a byte keeps them apart.
    const delivered = new Set<string>();
    for await (const value of values) {
      const shown = redaction.shownValue(field, value);
      const key = shown.toString('latin1');
      if (delivered.has(key)) continue;
      delivered.add(key);
      yield shown;
    }
  }

  valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts> {
    if (!this.#redaction.concerns(field)) return this.#journal.valueCounts(field, match, options);
    return countValues((within) => this.walk(within), field, match, options);
  }

  histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram> {
    if (!this.#redaction.concerns('PRIORITY')) return this.#journal.histogram(match, range, options);
    return countByTime((within) => this.walk(within), match, range, options);
  }

  status(): JournalStatus {
    return this.#journal.status();
  }

  /** The journal under it is closed by whoever opened it. */
  async close(): Promise<void> {}
}
