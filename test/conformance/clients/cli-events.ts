import { setTimeout as delay } from 'node:timers/promises';
import { Changes } from '../changes.ts';
import type { RawExchange } from '../raw-exchange.ts';
import type { ReadEntry } from '../reading.ts';
import type { AskOptions, SetUp } from '../set-ups.ts';
import { scannerLimit, unmarshal } from './line-scanner.ts';

/** The first pause before a new connection, milliseconds; each further one is half as long again. */
const firstBackoff = 500;

/**
 * How `dcos … log --follow` reads events (r3labs/sse), weaknesses included: an empty `id:` or `data:` is a panic, several
 * data lines come in reverse order, an event of 64 KiB makes it connect again with the same id, a status that is not 200
 * makes it try again without a word, and a clean end makes it wait for ever. Redirects are followed, each time anew.
 */
export class CliEvents {
  readonly entries: ReadEntry[] = [];
  lastEventId = '';
  connections = 0;
  /** Set when it will never show anything again. */
  stuck: 'clean end' | 'event too long' | undefined;
  /** What it panicked or gave up with. */
  problem: unknown;
  readonly #setUp: SetUp;
  readonly #path: string;
  readonly #changes = new Changes();
  #exchange: RawExchange | undefined;
  #closed = false;

  constructor(setUp: SetUp, path: string) {
    this.#setUp = setUp;
    this.#path = path;
    this.#run().catch((error: unknown) => {
      this.problem = error;
      this.#changes.wake();
    });
  }

  get messages(): (string | undefined)[] {
    return this.entries.map(({ fields }) => fields.MESSAGE);
  }

  /** Resolves when `done` holds. @throws Error when it never will, for the client has panicked or is stuck */
  async until(done: (client: this) => boolean): Promise<void> {
    const isDone = () => {
      if (done(this)) return true;
      if (this.problem !== undefined) throw this.problem;
      if (this.stuck !== undefined) throw new Error(`the CLI is stuck: ${this.stuck}`);
      return false;
    };
    await this.#changes.until(isDone, () => `${this.connections} connections, ${this.messages.slice(-3).join(', ')}`);
  }

  close(): void {
    this.#closed = true;
    this.#exchange?.close();
  }

  async #run(): Promise<void> {
    for (let backoff = firstBackoff; !this.#closed; backoff *= 1.5) {
      this.connections += 1;
      const before = this.entries.length;
      if ((await this.#connect()) === 'whole') {
        this.stuck = 'clean end';
        this.#changes.wake();
        return;
      }
      if (this.entries.length > before) backoff = firstBackoff;
      await delay(backoff);
    }
  }

  async #connect(): Promise<'whole' | 'cut'> {
    const resume = this.lastEventId === '' ? [] : [`Last-Event-Id: ${this.lastEventId}`];
    const headers = ['Accept: text/event-stream', 'Accept-Encoding: gzip', 'Cache-Control: no-cache', ...resume];
    const options = { headers: [...headers, 'Connection: keep-alive'] };
    const exchange = await this.#open(this.#path, options).catch(() => undefined);
    if (exchange === undefined) return 'cut';
    this.#exchange = exchange;
    if (exchange.status !== 200) {
      exchange.close();
      return 'cut';
    }
    let read = 0;
    for (;;) {
      read = this.#scan(exchange.body, read);
      if (exchange.end !== undefined) return exchange.end;
      await exchange.change();
    }
  }

  async #open(path: string, options: AskOptions): Promise<RawExchange> {
    const exchange = await this.#setUp.openAt(path, options);
    if (exchange.status !== 303) return exchange;
    exchange.close();
    return await this.#setUp.openAt(exchange.header('location') ?? '', options);
  }

  /** Takes the events from `start` on; returns where the next begins. */
  #scan(body: Buffer, start: number): number {
    for (;;) {
      const end = body.indexOf('\n\n', start);
      if ((end === -1 ? body.length : end) - start >= scannerLimit) {
        this.stuck = 'event too long';
        this.close();
        this.#changes.wake();
        return start;
      }
      if (end === -1) return start;
      this.#take(body.subarray(start, end).toString());
      start = end + 2;
    }
  }

  #take(event: string): void {
    let data = '';
    for (const line of event.split('\n')) {
      const [, name, value] = /^(id|data): ?(.*)$/.exec(line) ?? [];
      if (value === '') throw new Error(`the CLI panics at a line without a value: ${line}`);
      if (name === 'id' && value !== undefined) this.lastEventId = value;
      if (name === 'data' && value !== undefined) data = data === '' ? value : `${value}\n${data}`;
    }
    if (data !== '') this.entries.push(unmarshal(data));
    this.#changes.wake();
  }
}
