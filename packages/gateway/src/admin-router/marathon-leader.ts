import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';

/** Who leads, as far as the last answer tells. */
export type MarathonLeadership =
  /** No Marathon has ever answered. */
  | { readonly state: 'never-reached' }
  /** Marathon answers that it has no leader. */
  | { readonly state: 'no-leader' }
  /** `host` of the `host:port` that Marathon tells. */
  | { readonly state: 'leader'; readonly host: string };

export interface MarathonLeaderOptions {
  /** Any Marathon of the group: each of them knows who leads. The first that answers counts. */
  readonly urls: readonly string[];
  readonly dispatcher: Dispatcher;
  /** Told once of each new reason why no Marathon answers. */
  readonly onProblem: (reason: string) => void;
  /** Milliseconds between questions; default 5,000. */
  readonly interval?: number;
}

/** Time for one answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Asks Marathon again and again who leads (`GET /v2/leader`), so that no request ever waits for it. */
export class MarathonLeader {
  readonly #options: MarathonLeaderOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #leadership: MarathonLeadership = { state: 'never-reached' };
  #problem: string | undefined;

  constructor(options: MarathonLeaderOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** What was told last; a Marathon that does not answer any more leaves it in force. */
  get leadership(): MarathonLeadership {
    return this.#leadership;
  }

  /** Stops asking; resolves when no question is open. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closed'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#ask();
      await delay(this.#options.interval ?? 5_000, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #ask(): Promise<void> {
    const reasons: string[] = [];
    for (const url of this.#options.urls) {
      try {
        this.#leadership = await this.#askOne(url);
        this.#problem = undefined;
        return;
      } catch (error) {
        reasons.push(`${url}: ${(error as Error).message}`);
      }
    }
    const problem = reasons.join('; ');
    if (this.#closing.signal.aborted || problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }

  async #askOne(url: string): Promise<MarathonLeadership> {
    const { statusCode, body } = await request(`${url.replace(/\/+$/, '')}/v2/leader`, {
      headers: { accept: 'application/json' },
      dispatcher: this.#options.dispatcher,
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (statusCode === 404) {
      await body.dump();
      return { state: 'no-leader' };
    }
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`expected 200 or 404 from /v2/leader, found ${statusCode}`);
    }
    const host = hostOf(await startOf(body));
    if (host === undefined) throw new Error('expected {"leader": "host:port"} from /v2/leader, found something else');
    return { state: 'leader', host };
  }
}

/** An answer is some 40 bytes; what is longer than this is none. */
const MAX_ANSWER_BYTES = 16 * 1024;

async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const part of body as AsyncIterable<Buffer>) {
    text += part.toString('latin1');
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return text;
}

/** Host of `{"leader": "10.0.0.5:8080"}`; an IPv6 address without its brackets. */
function hostOf(answer: string): string | undefined {
  try {
    const { leader } = JSON.parse(answer) as { leader?: unknown };
    const match = typeof leader === 'string' ? /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/.exec(leader) : null;
    return match?.[1] ?? match?.[2];
  } catch {
    return undefined;
  }
}
