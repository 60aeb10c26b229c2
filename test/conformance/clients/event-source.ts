import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { RawExchange } from '../raw-exchange.ts';
import type { SetUp } from '../set-ups.ts';

/** What a browser sends with an EventSource of the page's own origin: the login's cookie, and no Authorization. */
function browserHeaders(setUp: SetUp, lastEventId: string): string[] {
  return [
    'Accept: text/event-stream',
    'Accept-Encoding: gzip, deflate, br',
    'Accept-Language: en',
    'Cache-Control: no-cache',
    `Cookie: dcos-acs-auth-cookie=${setUp.token}; dcos-acs-info-cookie=eyJ1aWQiOiJkZW1vIn0=`,
    `Referer: ${setUp.origin}/`,
    'Sec-Fetch-Dest: empty',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Site: same-origin',
    'User-Agent: Mozilla/5.0',
    ...(lastEventId === '' ? [] : [`Last-Event-ID: ${lastEventId}`]),
  ];
}

/**
 * The browser's EventSource (HTML Standard, section 9.2), as far as the DC/OS UI meets it: any end of the answer is an
 * `error` event, after which it connects again with the last id, unless it was closed by then. An answer that is not 200
 * or no event stream is an `error`, too, and final.
 */
export class EventSource {
  readonly messages: EventSourceMessage[] = [];
  lastEventId = '';
  /** Times that an answer ended or failed. */
  errors = 0;
  /** What the page could not read. */
  problem: unknown;
  onmessage: (event: EventSourceMessage) => void = () => {};
  onerror: () => void = () => {};
  readonly #setUp: SetUp;
  readonly #path: string;
  readonly #pause: () => Promise<void>;
  #exchange: RawExchange | undefined;
  #closed = false;

  /** @param pause before it connects again: browsers wait some seconds, a test until what it stopped is back */
  constructor(setUp: SetUp, path: string, pause = () => Promise.resolve()) {
    this.#setUp = setUp;
    this.#path = path;
    this.#pause = pause;
    this.#run().catch((error: unknown) => {
      this.problem = error;
      this.onerror();
    });
  }

  close(): void {
    this.#closed = true;
    this.#exchange?.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const final = await this.#connect();
      if (this.#closed) return;
      this.errors += 1;
      if (final) this.#closed = true;
      this.onerror();
      await this.#pause();
    }
  }

  /** Reads one answer to its end; true when there must not be another. */
  async #connect(): Promise<boolean> {
    const headers = browserHeaders(this.#setUp, this.lastEventId);
    const exchange = await this.#setUp.openAt(this.#path, { credentials: [], headers }).catch(() => undefined);
    if (exchange === undefined) return false;
    this.#exchange = exchange;
    if (exchange.status !== 200 || exchange.header('content-type') !== 'text/event-stream') return true;
    const parser = createParser({ onEvent: (event) => this.#take(event) });
    const text = new TextDecoder();
    let read = 0;
    while (!this.#closed) {
      parser.feed(text.decode(exchange.body.subarray(read), { stream: true }));
      read = exchange.body.length;
      if (exchange.end !== undefined) break;
      await exchange.change();
    }
    return false;
  }

  #take(event: EventSourceMessage): void {
    if (this.#closed) return;
    if (event.event !== undefined) throw new Error(`the UI listens to message events only, found ${event.event}`);
    this.lastEventId = event.id ?? this.lastEventId;
    this.messages.push(event);
    this.onmessage(event);
  }
}
