import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';
import type { Match } from './match.ts';
import { WaitingMatches } from './waiting-matches.ts';

/** More new entries than this are not looked at one by one: whoever waits looks for himself, through the index. */
const maximumTested = 512;

/** Looks at each new entry once, for all who wait, and tells whom it may concern. */
export class EntryTail<Waiter> {
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

  delete(waiter: Waiter, match: Match): void {
    this.#matches.delete(waiter, match);
  }

  /** Takes all entries there are for looked at. */
  reset(): void {
    this.#shape = this.#files.shape;
    this.#tested = new Map([...this.#files.all].map((file) => [file, file.entryCount]));
  }

  /**
   * Looks at the entries that came since the last time.
   *
   * @returns whom they may concern; `all` when files came or went, or entries are too many
   */
  test(): ReadonlySet<Waiter> | 'all' {
    const grown = [...this.#files.all].filter((file) => file.entryCount !== this.#tested.get(file));
    const added = grown.reduce((sum, file) => sum + file.entryCount - (this.#tested.get(file) ?? 0), 0);
    if (this.#shape !== this.#files.shape || added > maximumTested || added < 0) {
      this.reset();
      return 'all';
    }
    const woken = new Set<Waiter>();
    for (const file of grown) {
      const opened = file.use();
      for (let index = this.#tested.get(file) ?? 0; index < file.entryCount; index++) {
        const entry = opened?.entryAt(index);
        if (entry !== undefined) this.#matches.concern(entry, (waiter) => woken.add(waiter));
      }
      this.#tested.set(file, file.entryCount);
    }
    return woken;
  }
}
