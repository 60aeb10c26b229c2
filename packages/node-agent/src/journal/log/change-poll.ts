import type { Match } from '../match.ts';
import type { LogFile } from './log-file.ts';

/** How often files are looked at while somebody waits, in ms. journald's own inotify signal comes up to 250 ms late. */
export const pollInterval = 10;

/** In each file the index of the first new entry that may concern who waits; the entry count where there is none. */
export type BeginOfNews = (file: LogFile) => number;

/** One who waits for entries. */
export interface Waiter {
  readonly match: Match;
  /** Told, just before it is woken, where its entries begin: those before that are not its. */
  readonly tell?: (begin: BeginOfNews) => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What is polled. */
export interface Polled {
  /** Looks at the files; returns their version, which changes when there may be more to read. */
  look(): number;
  /** The version as of the last look of anybody; spares who begins to wait a look of his own. */
  version?(): number;
  /** Told who begins and who stops waiting. */
  add?(waiter: Waiter): void;
  delete?(waiter: Waiter): void;
  /** Called when there is one waiting again, and all there is now is known to him. */
  begin?(): void;
  /** Called when nobody waits any more. */
  end?(): void;
  /** Whom the change since the last call concerns. Default: everybody. */
  concerned?(): Iterable<Waiter> | 'all';
}

/** One poll for all who wait for new entries; none while nobody waits. */
export class ChangePoll {
  readonly #polled: Polled;
  readonly #waiters = new Set<Waiter>();
  /** The version up to which those who wait have been woken. */
  #version: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(polled: Polled) {
    this.#polled = polled;
  }

  /**
   * Resolves when the version is another than `seen`, at once if it already is, and the change may concern `match`.
   *
   * @param tell called before, if it is known which entries may concern `match`
   * @throws the signal's reason when aborted
   */
  async changed(
    seen: number | undefined,
    match: Match,
    signal: AbortSignal,
    tell?: (begin: BeginOfNews) => void,
  ): Promise<void> {
    signal.throwIfAborted();
    if (seen === undefined || (this.#polled.version?.() ?? this.#look()) !== seen) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { match, resolve, reject, ...(tell === undefined ? {} : { tell }) };
    const abort = (): void => reject(signal.reason);
    this.#waiters.add(waiter);
    this.#polled.add?.(waiter);
    if (this.#waiters.size === 1) this.#begin(seen);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#polled.delete?.(waiter);
      this.#waiters.delete(waiter);
    }
  }

  /** Ends every wait with `reason`. */
  stop(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
    clearTimeout(this.#timer);
  }

  #begin(version: number): void {
    this.#version = version;
    this.#polled.begin?.();
    this.#timer ??= setTimeout(this.#poll, pollInterval);
  }

  /** Looks, and wakes whom it concerns. */
  #look(): number {
    const now = this.#polled.look();
    if (this.#waiters.size === 0 || now === this.#version) return now;
    this.#version = now;
    const concerned = this.#polled.concerned?.() ?? 'all';
    for (const waiter of concerned === 'all' ? this.#waiters : concerned) waiter.resolve();
    return now;
  }

  readonly #poll = (): void => {
    this.#timer = undefined;
    if (this.#waiters.size === 0) {
      this.#polled.end?.();
      return;
    }
    try {
      this.#look();
    } catch (error) {
      for (const waiter of this.#waiters) waiter.reject(error);
    }
    this.#timer = setTimeout(this.#poll, pollInterval);
  };
}
