import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type Dispatcher, request } from 'undici';

export interface FollowOptions {
  readonly url: string;
  readonly token: string;
  /** Cursor of the last entry seen. */
  readonly lastEventId?: string | undefined;
  /** Connections to use; default: undici's own. */
  readonly dispatcher?: Dispatcher;
  /** More headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The object that a v1 event carries. */
export interface FollowedEntry {
  readonly fields: Readonly<Record<string, string>>;
  readonly cursor: string;
  /** Of merged entries. */
  readonly source?: Readonly<Record<string, string>>;
  readonly late?: boolean;
  readonly realtime_timestamp?: number | string;
}

/** The object of an event that is no entry. */
export interface FollowedEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** A client of an event stream, as an aggregator writes one: it remembers the last id and goes on from there. */
export class Follower {
  readonly entries: FollowedEntry[] = [];
  /** What was told beside entries: checkpoints, gaps and the like. */
  readonly events: FollowedEvent[] = [];
  readonly #ended = new AbortController();
  readonly #waiting = new Set<() => void>();
  #lastEventId: string | undefined;
  /** How the stream was cut: undefined while it is open, `clean` when the server finished it. */
  end: string | undefined;

  /** Resolves when the server has answered with its headers. */
  static async open(options: FollowOptions): Promise<Follower> {
    const follower = new Follower();
    await follower.#open(options);
    return follower;
  }

  /** The last id that came, of an entry or another event. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  get messages(): string[] {
    return this.entries.map(({ fields }) => fields.MESSAGE ?? '');
  }

  /** Resolves when `done` holds; rejects after 20 s with what was seen. */
  async until(done: (follower: this) => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(20_000);
    while (!done(this)) {
      await new Promise<void>((resolve, reject) => {
        const fail = () =>
          reject(
            new Error(
              `waited 20 s in vain; ${this.entries.length} entries, the last ${this.messages.slice(-3).join(', ')}; stream ${this.end ?? 'open'}`,
            ),
          );
        deadline.addEventListener('abort', fail, { once: true });
        this.#waiting.add(() => {
          deadline.removeEventListener('abort', fail);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.#ended.abort();
  }

  async #open({ url, token, lastEventId, dispatcher, headers: more }: FollowOptions): Promise<void> {
    const headers = { accept: 'text/event-stream', authorization: `token=${token}`, ...more };
    const { statusCode, body } = await request(url, {
      headers: lastEventId === undefined ? headers : { ...headers, 'last-event-id': lastEventId },
      signal: this.#ended.signal,
      bodyTimeout: 0,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${await body.text()}`);
    const parser = createParser({ onEvent: (event) => this.#take(event) });
    const text = new TextDecoder();
    body.on('data', (chunk: Buffer) => parser.feed(text.decode(chunk, { stream: true })));
    body.once('end', () => this.#finish('clean'));
    body.once('error', (error) => this.#finish(error.message));
  }

  #take(event: EventSourceMessage): void {
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (event.event !== undefined) {
      this.events.push(JSON.parse(event.data) as FollowedEvent);
      this.#wake();
      return;
    }
    const entry = JSON.parse(event.data) as FollowedEntry;
    if (event.id !== entry.cursor) throw new Error(`expected the cursor as event id, found ${event.id}`);
    this.entries.push(entry);
    this.#wake();
  }

  #finish(how: string): void {
    this.end = how;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
