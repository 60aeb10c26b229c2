import { setTimeout as delay } from 'node:timers/promises';
import type { Authorization } from '@clusterlog/shared/server';
import { Agent, type Dispatcher } from 'undici';
import type { ClusterIndex } from './cluster-index.ts';
import { KnownMasters } from './known-masters.ts';
import { announcedLeader, getState, MasterAnswer, type MasterRequester, NotTheLeader } from './master-request.ts';
import { parseState } from './state.ts';
import { messageOf, subscribe } from './subscription.ts';

/** The part of a pino logger the client uses. */
export interface MasterClientLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface MasterClientOptions {
  /** URLs given by `--mesos-master`, at least one. Any of them may be a follower. */
  readonly masters: readonly string[];
  readonly index: ClusterIndex;
  /** Connections to the masters; default: an own undici `Agent`. Never closed here when given. */
  readonly dispatcher?: Dispatcher;
  /** What the masters want as `Authorization`, sent to known masters only. */
  readonly credential?: Authorization | undefined;
  readonly log: MasterClientLog;
  /** Milliseconds between polls of `/master/state` where SUBSCRIBE is missing. Default 2,000; more when answers are slow. */
  readonly pollInterval?: number;
  /** Milliseconds after which SUBSCRIBE is tried again while polling. Default 60,000. */
  readonly resubscribeInterval?: number;
  /** Milliseconds between the lists of agents asked for while subscribed. Default 30,000. */
  readonly agentsInterval?: number;
  /** Least and greatest pause before another attempt, in milliseconds. Default 250 and 10,000. */
  readonly backoff?: { readonly least: number; readonly greatest: number };
}

export interface MasterClient {
  /** Stops at once; resolves when no request is open any more. */
  close(): Promise<void>;
}

/** Answers that mean "not this API, or not for you", where `/master/state` may still work. */
const SUBSCRIBE_MISSING: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 415, 501]);
const MAX_REDIRECTS = 3;

/**
 * Keeps `index` in step with the leading master until closed. Returns at once; whatever the masters do shows only in
 * `index.status()` and the log.
 * @throws Error when a master's URL is not one
 */
export function startMasterClient(options: MasterClientOptions): MasterClient {
  const closing = new AbortController();
  const ownAgent = options.dispatcher === undefined ? new Agent({ connect: { timeout: 5_000 } }) : undefined;
  const via: MasterRequester = {
    dispatcher: options.dispatcher ?? (ownAgent as Agent),
    credential: options.credential,
    signal: closing.signal,
  };
  const running = new MasterFollower(options, via).run();
  return {
    async close() {
      closing.abort(new Error('closed'));
      await running;
      await ownAgent?.destroy();
    },
  };
}

/** One attempt after the other: find the leader, subscribe or poll, and when that ends, begin anew. */
class MasterFollower {
  readonly #options: MasterClientOptions;
  readonly #via: MasterRequester;
  readonly #masters: KnownMasters;
  readonly #least: number;
  readonly #greatest: number;
  #failures = 0;
  /** Said once and not at every attempt. */
  #lastLogged = '';

  constructor(options: MasterClientOptions, via: MasterRequester) {
    this.#options = options;
    this.#via = via;
    this.#masters = new KnownMasters(options.masters);
    this.#least = options.backoff?.least ?? 250;
    this.#greatest = options.backoff?.greatest ?? 10_000;
  }

  async run(): Promise<void> {
    while (!this.#via.signal.aborted) {
      const lost = await this.#attempt();
      if (this.#via.signal.aborted) return;
      if (lost === undefined) continue;
      this.#options.index.markStale(lost);
      this.#warn(lost);
      await this.#pause();
    }
  }

  /** Returns why the master is lost; undefined when it is only time to try SUBSCRIBE again. */
  async #attempt(): Promise<string | undefined> {
    const reasons: string[] = [];
    const asked = new Set<string>();
    for (const candidate of this.#masters.candidates()) {
      let base = candidate;
      for (let redirects = 0; redirects <= MAX_REDIRECTS && !asked.has(base); redirects++) {
        asked.add(base);
        try {
          return await this.#follow(base);
        } catch (error) {
          if (this.#via.signal.aborted) return 'closed';
          reasons.push(`${base}: ${messageOf(error)}`);
          if (!(error instanceof NotTheLeader)) break;
          if (!(await this.#mayAsk(error.leader, base))) {
            reasons.push(`${base}: its redirect to ${error.leader} is not followed, it announces no such leader`);
            break;
          }
          base = error.leader;
        }
      }
    }
    return reasons.join('; ');
  }

  /** Whether a redirect's target is a master: a given one, or the leader that the redirecting master announces. */
  async #mayAsk(leader: string, by: string): Promise<boolean> {
    if (this.#masters.isKnown(leader)) return true;
    try {
      if ((await announcedLeader(by, this.#via)) !== leader) return false;
    } catch {
      return false;
    }
    this.#masters.announce(leader);
    return true;
  }

  async #follow(base: string): Promise<string | undefined> {
    try {
      const reason = await subscribe({
        base,
        via: this.#via,
        index: this.#options.index,
        agentsInterval: this.#options.agentsInterval ?? 30_000,
        onSubscribed: () => this.#found(base, 'subscribe'),
      });
      return `${base}: ${reason}`;
    } catch (error) {
      if (!(error instanceof MasterAnswer) || !SUBSCRIBE_MISSING.has(error.status)) throw error;
    }
    return await this.#poll(base);
  }

  /** Polls until a poll fails or it is time to try SUBSCRIBE again; throws when the first poll fails. */
  async #poll(base: string): Promise<string | undefined> {
    const { index, pollInterval = 2_000, resubscribeInterval = 60_000 } = this.#options;
    const until = performance.now() + resubscribeInterval;
    for (let polls = 0; ; polls++) {
      const began = performance.now();
      try {
        const snapshot = parseState(await getState(base, this.#via));
        if (snapshot.agents.length + snapshot.recoveredAgentIds.length + snapshot.frameworks.length === 0) {
          // So says a master before it has recovered, with 200: it must not empty the index, nor pass for a state.
          throw new Error('the master lists neither agents nor frameworks: it has not finished recovery');
        }
        index.applySnapshot(snapshot, base, 'poll');
      } catch (error) {
        if (polls === 0) throw error;
        return `${base}: ${messageOf(error)}`;
      }
      this.#found(base, 'poll');
      const now = performance.now();
      if (now >= until) return undefined;
      // A large state costs the master and us: at most a tenth of the time goes into it.
      await this.#sleep(Math.max(pollInterval, 10 * (now - began)));
      if (this.#via.signal.aborted) return undefined;
    }
  }

  #found(base: string, by: 'subscribe' | 'poll'): void {
    this.#masters.leads(base);
    this.#failures = 0;
    const message = `following the Mesos master ${base} (${by})`;
    if (this.#lastLogged === message) return;
    this.#lastLogged = message;
    this.#options.log.info(this.#options.index.counts(), message);
  }

  #warn(reason: string): void {
    if (this.#lastLogged === reason) return;
    this.#lastLogged = reason;
    this.#options.log.warn({ reason }, 'the Mesos master is lost; the index stays as it is');
  }

  async #pause(): Promise<void> {
    const longest = Math.min(this.#greatest, this.#least * 2 ** this.#failures);
    this.#failures++;
    // Jitter keeps many gateways from knocking at a restarted master all at once.
    await this.#sleep(longest * (0.5 + Math.random() / 2));
  }

  async #sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#via.signal }).catch(() => undefined);
  }
}
