import type { ServerResponse } from 'node:http';
import type { Audit } from '@clusterlog/shared/server';

/** Longest delay a timer takes, in milliseconds. */
const longestDelay = 2 ** 31 - 1;

/** How often it is looked whether the policy has changed while follows are open, in milliseconds. */
const policyInterval = 1_000;

export interface OpenFollowsOptions {
  /** Greatest age of a follow, in seconds. */
  readonly greatestAge: number;
  /** Changes when decisions of the policy may have changed. */
  readonly policyVersion: () => number;
}

export interface Follow {
  /** When the caller's token ends, in seconds since 1970. */
  readonly expiresAt: number | undefined;
  /** Whether the policy still grants just what the follow reads. */
  readonly stillGranted: () => boolean;
  /** Of its request: gets why the follow was cut, as a code of an error, or `shutdown`. */
  readonly audit: Audit;
}

/**
 * The follows open now. They end when the caller's token does, at their greatest age, when a changed policy takes away what
 * they read, and when the server closes: always by cutting the connection without the last chunk. DC/OS' clients resume after
 * a cut and wait for ever after a clean end.
 */
export class OpenFollows {
  readonly #open = new Map<ServerResponse, Follow>();
  readonly #greatestAge: number;
  readonly #policyVersion: () => number;
  #judgedBy: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor({ greatestAge, policyVersion }: OpenFollowsOptions) {
    this.#greatestAge = greatestAge;
    this.#policyVersion = policyVersion;
    this.#judgedBy = policyVersion();
  }

  get count(): number {
    return this.#open.size;
  }

  add(response: ServerResponse, follow: Follow): void {
    // Either may have happened while the answer was awaited.
    if (this.#isClosing) cut(response, follow, 'shutdown');
    else if (!follow.stillGranted()) cut(response, follow, 'forbidden');
    const { expiresAt } = follow;
    const untilExpiry = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1000 - Date.now();
    const delay = Math.min(this.#greatestAge * 1000, untilExpiry, longestDelay);
    const timer = setTimeout(
      () => cut(response, follow, delay === untilExpiry ? 'token-expired' : 'max-age'),
      Math.max(0, delay),
    ).unref();
    this.#open.set(response, follow);
    this.#timer ??= setInterval(() => this.#judge(), policyInterval).unref();
    response.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(response);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  cutAll(): void {
    this.#isClosing = true;
    for (const [response, follow] of this.#open) cut(response, follow, 'shutdown');
  }

  #judge(): void {
    const version = this.#policyVersion();
    if (version === this.#judgedBy) return;
    this.#judgedBy = version;
    for (const [response, follow] of this.#open) {
      if (!follow.stillGranted()) cut(response, follow, 'forbidden');
    }
  }
}

function cut(response: ServerResponse, { audit }: Follow, why: string): void {
  audit.cut = why;
  response.destroy();
}
