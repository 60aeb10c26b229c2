/** The text of a time that changes only with the second, as bytes. The last one is kept. */
export class SecondText {
  readonly #format: (second: number) => string;
  #second = Number.NaN;
  #bytes = Buffer.alloc(0);

  /** @param format of seconds since 1970, in ASCII */
  constructor(format: (second: number) => string) {
    this.#format = format;
  }

  /** @param realtime µs since 1970 */
  at(realtime: number): Buffer {
    const second = Math.floor(realtime / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#bytes = Buffer.from(this.#format(second), 'latin1');
    }
    return this.#bytes;
  }
}
