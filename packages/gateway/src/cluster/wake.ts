/** Lets one loop sleep until something happens. */
export class Wake {
  #happened = false;
  #resolve: (() => void) | undefined;

  /** Something has happened: a sleeper wakes, or the next one does not fall asleep. */
  set(): void {
    this.#happened = true;
    this.#resolve?.();
  }

  /** Sleeps until `set`, at most so many ms. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#happened) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        timer = setTimeout(resolve, Math.max(1, milliseconds));
      });
      clearTimeout(timer);
    }
    this.#happened = false;
    this.#resolve = undefined;
  }
}
