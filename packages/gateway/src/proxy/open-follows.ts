import type { ServerResponse } from 'node:http';

/** Longest delay a timer takes, in milliseconds. */
const longestDelay = 2 ** 31 - 1;

/**
 * The follows open now. They end when the caller's token does, at their greatest age, and when the server closes: always by
 * cutting the connection without the last chunk. DC/OS' clients resume after a cut and wait for ever after a clean end.
 */
export class OpenFollows {
  readonly #open = new Set<ServerResponse>();
  readonly #greatestAge: number;

  /** @param greatestAge in seconds */
  constructor(greatestAge: number) {
    this.#greatestAge = greatestAge;
  }

  get count(): number {
    return this.#open.size;
  }

  /** @param expiresAt when the caller's token ends, in seconds since 1970 */
  add(response: ServerResponse, expiresAt: number | undefined): void {
    const untilExpiry = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1000 - Date.now();
    const delay = Math.min(this.#greatestAge * 1000, untilExpiry, longestDelay);
    const timer = setTimeout(() => response.destroy(), Math.max(0, delay)).unref();
    this.#open.add(response);
    response.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(response);
    });
  }

  cutAll(): void {
    for (const response of this.#open) response.destroy();
  }
}
