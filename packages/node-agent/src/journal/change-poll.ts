/** How often files are looked at while somebody waits, in ms. journald's own inotify signal comes up to 250 ms late. */
export const pollInterval = 10;

interface Waiter {
  readonly seen: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One poll for all who wait for new entries; none while nobody waits. */
export class ChangePoll {
  readonly #look: () => number;
  readonly #idle: () => void;
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param look looks at the files and tells their version, which changes when there may be more to read
   * @param idle called when nobody waits any more
   */
  constructor(look: () => number, idle: () => void = () => {}) {
    this.#look = look;
    this.#idle = idle;
  }

  /**
   * Resolves when the version is another than `seen`, at once if it already is.
   *
   * @throws the signal's reason when aborted
   */
  async changed(seen: number | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (seen === undefined || this.#look() !== seen) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { seen, resolve, reject };
    const abort = (): void => reject(signal.reason);
    this.#waiters.add(waiter);
    signal.addEventListener('abort', abort, { once: true });
    this.#timer ??= setTimeout(this.#poll, pollInterval);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#waiters.delete(waiter);
    }
  }

  /** Ends every wait with `reason`. */
  stop(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
    clearTimeout(this.#timer);
  }

  readonly #poll = (): void => {
    this.#timer = undefined;
    if (this.#waiters.size === 0) {
      this.#idle();
      return;
    }
    try {
      const now = this.#look();
      for (const waiter of this.#waiters) if (waiter.seen !== now) waiter.resolve();
    } catch (error) {
      for (const waiter of this.#waiters) waiter.reject(error);
    }
    this.#timer = setTimeout(this.#poll, pollInterval);
  };
}
