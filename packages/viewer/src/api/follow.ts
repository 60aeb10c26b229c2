import { session } from '../session/session.ts';
import type { EndEvent, LogEvent, Problem } from './entry.ts';
import { readEventStream } from './event-stream.ts';
import { ApiError, request } from './request.ts';

/** How far a follow is. */
export type FollowState =
  | { readonly state: 'catching-up' }
  | { readonly state: 'live' }
  | { readonly state: 'reconnecting'; readonly why: string; readonly attempt: number }
  | { readonly state: 'ended'; readonly why: string };

export interface FollowOptions {
  readonly parameters: URLSearchParams;
  /** Cursor to go on after. */
  readonly after?: string | undefined;
  /** Entries before the end to start with, where there is no cursor. */
  readonly tail: number;
  /**
   * Takes the entries of a chunk, as JSON texts.
   *
   * @returns realtime of the newest one, µs, if it was looked at
   */
  readonly onEntries: (texts: readonly string[]) => number | undefined;
  readonly onEvent: (event: Exclude<LogEvent, EndEvent | { event: 'error' | 'checkpoint' }>) => void;
  readonly onState: (state: FollowState) => void;
}

/** The API sends something at least every 15 s. */
const longestSilence = 20_000;
const watchPeriod = 2_500;
/** An entry as old as that, in ms, is new. */
const freshness = 5_000;
const [shortestWait, longestWait] = [500, 30_000];
/** Refusals that a repetition does not change. */
const final = new Set([400, 403, 404, 406, 409, 414, 431]);

/**
 * `GET /v3/follow`, for as long as it is wanted: cut off, it goes on behind the last id, so that nothing is lost or repeated.
 */
export class Follow {
  readonly #options: FollowOptions;
  readonly #closed = new AbortController();
  #connection = new AbortController();
  #after: string | undefined;
  #heardAt = 0;
  #answered = false;
  #retry = shortestWait;
  #clockOffset = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#after = options.after;
  }

  start(): void {
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
    this.#connection.abort();
  }

  async #run(): Promise<void> {
    const { onState } = this.#options;
    const watch = setInterval(() => this.#watch(), watchPeriod);
    const wake = () => this.#watch();
    globalThis.addEventListener?.('online', wake);
    let attempt = 0;
    try {
      while (!this.#closed.signal.aborted) {
        let why: string;
        this.#answered = false;
        try {
          const ended = await this.#connect(attempt);
          if (ended === 'for good') return;
          why = ended;
        } catch (error) {
          if (this.#closed.signal.aborted) return;
          if (error instanceof ApiError && this.#giveUp(error.problem)) return;
          why =
            error instanceof ApiError ? error.message : this.#silent() ? 'nothing was heard' : 'the connection was cut';
        }
        if (this.#closed.signal.aborted) return;
        attempt = this.#answered ? 1 : attempt + 1;
        onState({ state: 'reconnecting', why, attempt });
        await this.#pause(attempt);
      }
    } finally {
      clearInterval(watch);
      globalThis.removeEventListener?.('online', wake);
    }
  }

  async #connect(attempt: number): Promise<string> {
    const { onState, parameters, tail } = this.#options;
    this.#connection = new AbortController();
    this.#heardAt = Date.now();
    if (this.#closed.signal.aborted) this.#connection.abort();
    if (attempt === 0) onState({ state: 'catching-up' });
    const asked = new URLSearchParams(parameters);
    if (this.#after === undefined) asked.set('tail', String(tail));
    const response = await request('follow', asked, {
      accept: 'text/event-stream',
      signal: this.#connection.signal,
      ...(this.#after === undefined ? {} : { headers: { 'last-event-id': this.#after } }),
    });
    this.#heardAt = Date.now();
    this.#answered = true;
    const date = Date.parse(response.headers.get('date') ?? '');
    this.#clockOffset = Number.isNaN(date) ? 0 : date - Date.now();
    if (attempt > 0) onState({ state: 'catching-up' });
    return await this.#read(response);
  }

  async #read(response: Response): Promise<string> {
    const { onEntries, onEvent, onState } = this.#options;
    let live = false;
    const nowLive = () => {
      if (!live) onState({ state: 'live' });
      live = true;
    };
    const options = {
      onBytes: () => {
        this.#heardAt = Date.now();
      },
      onRetry: (milliseconds: number) => {
        this.#retry = milliseconds;
      },
    };
    for await (const messages of readEventStream(response, options)) {
      if (this.#closed.signal.aborted) return 'for good';
      let entries: string[] = [];
      let newest: number | undefined;
      const give = () => {
        if (entries.length > 0) newest = onEntries(entries) ?? newest;
        entries = [];
      };
      for (const { id, event, data } of messages) {
        if (event === undefined || event === 'message') {
          entries.push(data);
        } else {
          give();
          const said = JSON.parse(data) as LogEvent;
          if (said.event === 'error') throw new ApiError(said);
          if (said.event === 'end') return said.reason === 'shutdown' ? 'the gateway stops' : 'the answer has ended';
          if (said.event === 'checkpoint') nowLive();
          else onEvent(said);
        }
        if (id !== undefined) this.#after = id;
      }
      give();
      if (newest !== undefined && newest / 1_000 > Date.now() + this.#clockOffset - freshness) nowLive();
    }
    return 'the connection was cut';
  }

  /** @returns whether nothing can come any more */
  #giveUp({ code, status, title, detail }: Problem): boolean {
    const { onEvent, onState } = this.#options;
    if (code === 'bad-cluster-cursor' && this.#after !== undefined) {
      this.#after = undefined;
      onEvent({ event: 'gap', reason: 'position-unknown', possible: true });
      return false;
    }
    if (!final.has(status)) return false;
    onState({ state: 'ended', why: detail ?? title });
    return true;
  }

  #watch(): void {
    // While nobody is signed in nothing is to be heard.
    if (this.#heardAt > 0 && this.#silent() && session.peek().state === 'signed-in') this.#connection.abort();
  }

  #silent(): boolean {
    return Date.now() - this.#heardAt > longestSilence;
  }

  /** Longer each time, and never the same for everybody. Cut short when the network is back or the page is looked at again. */
  #pause(attempt: number): Promise<void> {
    const most = attempt === 1 ? this.#retry : Math.min(longestWait, shortestWait * 2 ** attempt);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        globalThis.removeEventListener?.('online', done);
        globalThis.document?.removeEventListener('visibilitychange', done);
        resolve();
      };
      const timer = setTimeout(done, most * (0.5 + Math.random() / 2));
      globalThis.addEventListener?.('online', done);
      globalThis.document?.addEventListener('visibilitychange', done);
      this.#closed.signal.addEventListener('abort', done, { once: true });
    });
  }
}
