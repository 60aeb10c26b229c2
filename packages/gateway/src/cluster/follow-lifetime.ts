import { CodedError, problemOf, type V3Event } from '@clusterlog/shared';
import type { FastifyRequest } from 'fastify';

/** Longest delay a timer takes, in milliseconds. */
const longestDelay = 2 ** 31 - 1;
/** How often it is looked whether the policy has changed, in milliseconds. */
const policyInterval = 1_000;

export interface FollowLifetimeOptions {
  /** Greatest age of a follow, in seconds. */
  readonly greatestAge: number;
  /** Changes when decisions of the policy may have changed. */
  readonly policyVersion: () => number;
}

/** A merged follow, as its lifetime knows it. */
export interface LimitedFollow {
  readonly request: FastifyRequest;
  /** Whether the policy still grants what it reads. */
  readonly stillGranted: () => boolean;
  stop(event: V3Event): void;
}

/**
 * The merged follows open now. Each ends when its caller's token does, at its greatest age, or when a changed policy takes away
 * what it reads: with an `error` event that says which; when the server closes, with an `end` event.
 */
export class FollowLifetime {
  readonly #options: FollowLifetimeOptions;
  readonly #open = new Set<LimitedFollow>();
  #judgedBy: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: FollowLifetimeOptions) {
    this.#options = options;
    this.#judgedBy = options.policyVersion();
  }

  get count(): number {
    return this.#open.size;
  }

  /** @returns to be called when the follow has ended */
  add(follow: LimitedFollow): () => void {
    const { expiresAt } = follow.request.caller;
    const timers: NodeJS.Timeout[] = [];
    const stopAfter = (milliseconds: number, error: CodedError): void => {
      const delay = Math.min(Math.max(0, milliseconds), longestDelay);
      timers.push(setTimeout(() => stop(follow, error), delay).unref());
    };
    stopAfter(this.#options.greatestAge * 1_000, new CodedError('max-age', {}));
    if (expiresAt !== undefined) stopAfter(expiresAt * 1_000 - Date.now(), new CodedError('token-expired', {}));
    this.#open.add(follow);
    // Either may have happened while the agents' answers were awaited.
    if (this.#isClosing) stopForShutdown(follow);
    else if (!follow.stillGranted()) stop(follow, nothingGranted());
    this.#timer ??= setInterval(() => this.#judge(), policyInterval).unref();
    return () => {
      for (const timer of timers) clearTimeout(timer);
      this.#open.delete(follow);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  stopAll(): void {
    this.#isClosing = true;
    for (const follow of this.#open) stopForShutdown(follow);
  }

  #judge(): void {
    const version = this.#options.policyVersion();
    if (version === this.#judgedBy) return;
    this.#judgedBy = version;
    for (const follow of this.#open) {
      if (!follow.stillGranted()) stop(follow, nothingGranted());
    }
  }
}

function nothingGranted(): CodedError {
  return new CodedError('forbidden', { target: 'any more what this follow reads' });
}

function stopForShutdown(follow: LimitedFollow): void {
  follow.request.audit.cut = 'shutdown';
  follow.stop({ event: 'end', reason: 'shutdown' });
}

function stop(follow: LimitedFollow, error: CodedError): void {
  follow.request.audit.cut = error.code;
  follow.stop(errorEvent(error, follow.request));
}

/** An error that comes after the answer has begun, as an event. */
export function errorEvent(error: CodedError, request: FastifyRequest): V3Event {
  return { event: 'error', ...problemOf(error, request.id) };
}
