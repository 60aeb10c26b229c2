/** The first wait, and the longest, in ms; half of each is chance, so that not everybody comes back at once. */
const firstDelay = 200;
const longestDelay = 5_000;
const fewTimes = 2;

/** When to try a connection again: at once nearly, then at longer and longer intervals. */
export class Reconnect {
  readonly #connect: () => void;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(connect: () => void) {
    this.#connect = connect;
  }

  /** It will be tried again. */
  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Tries again after a while, however often it has failed. */
  later(): true {
    const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(this.#failures++, 10));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#connect();
      },
      delay / 2 + (Math.random() * delay) / 2,
    ).unref();
    return true;
  }

  /** The same, unless it has failed too often. */
  aFewTimes(): boolean {
    return this.#failures < fewTimes && this.later();
  }

  succeeded(): void {
    this.#failures = 0;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
