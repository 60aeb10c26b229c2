import type { Match } from '../match.ts';
import type { BeginOfNews } from './change-poll.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';
import { WaitingMatches } from './waiting-matches.ts';

/** More new entries than this are not looked at one by one: whoever waits looks for himself, through the index. */
const maximumTested = 512;

/** Looks at each new entry once, for all who wait, and tells whom it may concern. */
export class EntryTail<Waiter extends { readonly tell?: (begin: BeginOfNews) => void }> {
  readonly #files: JournalFiles;
  readonly #matches = new WaitingMatches<Waiter>();
  /** Entries of each file that have been looked at. */
  #tested = new Map<LogFile, number>();
  #shape = -1;

  constructor(files: JournalFiles) {
    this.#files = files;
  }

  add(waiter: Waiter, match: Match): void {
    this.#matches.add(waiter, match);
  }

  delete(waiter: Waiter): void {
    this.#matches.delete(waiter);
  }

  /** Takes all entries there are for looked at. */
  reset(): void {
    this.#shape = this.#files.shape;
    this.#tested = new Map([...this.#files.held].map((file) => [file, file.entryCount]));
  }

  /**
   * Looks at the entries that came since the last time, and tells those whom they may concern where theirs begin.
   *
   * @returns whom they may concern; `all` when files came or went, entries are too many or one cannot be read
   */
  test(): Iterable<Waiter> | 'all' {
    const grown = [...this.#files.held].filter((file) => file.entryCount !== this.#tested.get(file));
    const added = grown.reduce((sum, file) => sum + file.entryCount - (this.#tested.get(file) ?? 0), 0);
    if (this.#shape !== this.#files.shape || added > maximumTested || added < 0) {
      this.reset();
      return 'all';
    }
    const news = new Map<Waiter, Map<LogFile, number>>();
    for (const file of grown) {
      const opened = file.use();
      for (let index = this.#tested.get(file) ?? 0; index < file.entryCount; index++) {
        const entry = opened?.entryAt(index);
        const note = (waiter: Waiter): void => {
          const begins = news.get(waiter) ?? new Map<LogFile, number>();
          news.set(waiter, begins);
          if (!begins.has(file)) begins.set(file, index);
        };
        if (entry !== undefined && this.#matches.concern(entry, note)) continue;
        // What cannot be read now may be read by those who look for themselves.
        this.reset();
        return 'all';
      }
      this.#tested.set(file, file.entryCount);
    }
    for (const [waiter, begins] of news) waiter.tell?.((file) => begins.get(file) ?? file.entryCount);
    return news.keys();
  }
}
