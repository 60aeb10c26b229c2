/** Tells who waits for something that it may have come. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Resolves at the next wake. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves when `done` holds. @throws Error after 25 s, with what `summary` says; what `done` throws */
  async until(done: () => boolean, summary: () => string): Promise<void> {
    const deadline = AbortSignal.timeout(25_000);
    while (!done()) {
      await new Promise<void>((resolve, reject) => {
        const fail = () => reject(new Error(`waited 25 s in vain: ${summary()}`));
        deadline.addEventListener('abort', fail, { once: true });
        this.#waiting.add(() => {
          deadline.removeEventListener('abort', fail);
          resolve();
        });
      });
    }
  }
}
