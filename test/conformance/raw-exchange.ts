import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Changes } from './changes.ts';

export interface RawRequest {
  /** As in `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** PEM of the CA that an https origin is checked by. */
  readonly ca?: string | undefined;
  /** The first line and the header lines, sent as they stand; `Host` too, where the server is to get one. */
  readonly lines: readonly string[];
  /** Default: none. */
  readonly body?: Uint8Array | undefined;
  /** Default: no interim answer (such as 100 Continue) is expected, and one fails the exchange. */
  readonly interim?: 'skip';
}

/** Where requests come from: an address on loopback that no proxy of the tests has. */
export const callerAddress = '127.0.0.9';

/** How an answer ended: with its length or last chunk, or with a connection that was cut. */
export type End = 'whole' | 'cut';

/**
 * One request and its answer over a socket of its own, with nothing between the test and the bytes: request lines that no
 * HTTP library would send, headers in their order and number, and whether an answer was finished or cut.
 */
export class RawExchange {
  status = 0;
  /** In the order received, names in lower case. */
  readonly headers: (readonly [string, string])[] = [];
  /** What has come of the body, without its framing. */
  body = Buffer.alloc(0);
  /** What came behind the end of the answer, which should be nothing. */
  surplus = 0;
  end: End | undefined;
  /** When anything came, by `performance.now()`. */
  readonly arrivals: number[] = [];
  readonly #socket: Socket;
  /** A HEAD is answered as a GET is, without the body that the headers tell of. */
  readonly #isHead: boolean;
  readonly #skipsInterim: boolean;
  readonly #changes = new Changes();
  #input = Buffer.alloc(0);
  #framing: 'chunked' | 'close' | number | undefined;
  #problem = '';

  private constructor(socket: Socket, { lines, interim }: RawRequest) {
    this.#socket = socket;
    this.#isHead = lines[0]?.startsWith('HEAD ') ?? false;
    this.#skipsInterim = interim === 'skip';
    socket.on('data', (chunk: Buffer) => {
      this.arrivals.push(performance.now());
      try {
        this.#take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.once('close', () => this.#finish(this.#framing === 'close' ? 'whole' : 'cut'));
    socket.on('error', (error) => {
      this.#problem = error.message;
    });
  }

  /** Sends a request; resolves when the head of its answer is there. */
  static async open(request: RawRequest): Promise<RawExchange> {
    const { origin, ca, lines, body = new Uint8Array() } = request;
    const { protocol, hostname, port } = new URL(origin);
    const to = { host: hostname, port: Number(port), localAddress: callerAddress };
    const exchange = new RawExchange(protocol === 'https:' ? connectTls({ ...to, ca }) : connect(to), request);
    exchange.#socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]));
    try {
      await exchange.until(() => exchange.#framing !== undefined, 'the head of an answer');
    } catch (error) {
      exchange.close();
      throw error;
    }
    return exchange;
  }

  /** Sends a request; resolves when its answer has ended. */
  static async ask(request: RawRequest): Promise<RawExchange> {
    const exchange = await RawExchange.open(request);
    try {
      await exchange.until(() => exchange.end !== undefined, 'the end of an answer');
    } finally {
      exchange.close();
    }
    return exchange;
  }

  /** The value of a header; undefined without one. @throws Error when it came more than once */
  header(name: string): string | undefined {
    const values = this.headers.filter(([one]) => one === name).map(([, value]) => value);
    if (values.length > 1) throw new Error(`expected at most one ${name}, found ${values.join(' | ')}`);
    return values[0];
  }

  /** The longest silence after the first byte so far, in seconds. */
  get longestSilence(): number {
    const pauses = this.arrivals.slice(1).map((at, index) => at - (this.arrivals[index] ?? at));
    return Math.max(0, ...pauses) / 1000;
  }

  get text(): string {
    return this.body.toString();
  }

  /** Resolves when `done` holds; rejects after 25 s, or when the answer ends without it. */
  async until(done: (exchange: this) => boolean, what = 'what the test waits for'): Promise<void> {
    const isDone = () => {
      if (done(this)) return true;
      if (this.end !== undefined) throw new Error(`the answer ended (${this.end}) without ${what}: ${this.#summary()}`);
      return false;
    };
    await this.#changes.until(isDone, () => `${what}: ${this.#summary()}`);
  }

  /** Resolves when more has come, or the answer has ended. */
  change(): Promise<void> {
    return this.#changes.next();
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.end !== undefined) this.surplus += chunk.length;
    this.#input = Buffer.concat([this.#input, chunk]);
    if (this.#framing === undefined) this.#readHead();
    if (this.#framing === 'chunked') this.#readChunks();
    else if (this.#framing !== undefined) this.#readPlain(this.#framing);
    this.#changes.wake();
  }

  #readHead(): void {
    const end = this.#input.indexOf('\r\n\r\n');
    if (end === -1) return;
    const [first = '', ...lines] = this.#input.subarray(0, end).toString('latin1').split('\r\n');
    this.#input = this.#input.subarray(end + 4);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
    if (status === undefined) throw new Error(`expected a status line of HTTP/1.1, found ${first}`);
    if (Number(status) < 200 && this.#skipsInterim) {
      this.#readHead();
      return;
    }
    this.status = Number(status);
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      this.headers.push([name.toLowerCase(), value]);
    }
    const length = this.header('content-length');
    if (this.status === 204 || this.#isHead) this.#framing = 0;
    else if (this.header('transfer-encoding') === 'chunked') this.#framing = 'chunked';
    else this.#framing = length === undefined ? 'close' : Number(length);
  }

  #readPlain(length: 'close' | number): void {
    if (this.end !== undefined) return;
    const taken = length === 'close' ? this.#input.length : Math.min(this.#input.length, length - this.body.length);
    this.body = Buffer.concat([this.body, this.#input.subarray(0, taken)]);
    this.#input = this.#input.subarray(taken);
    if (this.body.length === length) this.#finish('whole');
  }

  #readChunks(): void {
    while (this.end === undefined) {
      const line = this.#input.indexOf('\r\n');
      if (line === -1) return;
      const size = Number.parseInt(this.#input.subarray(0, line).toString('latin1'), 16);
      if (Number.isNaN(size)) throw new Error(`expected the size of a chunk, found ${this.#input.subarray(0, line)}`);
      const next = line + 2 + size + 2;
      if (this.#input.length < next) return;
      this.body = Buffer.concat([this.body, this.#input.subarray(line + 2, line + 2 + size)]);
      this.#input = this.#input.subarray(next);
      if (size === 0) {
        this.#finish('whole');
      }
    }
  }

  #finish(how: End): void {
    if (this.end === undefined && how === 'whole') this.surplus = this.#input.length;
    this.end ??= how;
    this.#changes.wake();
  }

  #summary(): string {
    const { status, body, text } = this;
    return `status ${status}, ${body.length} bytes, ending in ${JSON.stringify(text.slice(-300))} ${this.#problem}`;
  }
}
