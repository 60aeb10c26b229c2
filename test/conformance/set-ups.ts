import { RawExchange } from './raw-exchange.ts';

/** Where a client of DC/OS' logging API may stand: before an agent itself, before a gateway, before nginx and a gateway. */
export const setUpNames = ['agent', 'gateway', 'nginx'] as const;
export type SetUpName = (typeof setUpNames)[number];

export interface SetUpOptions {
  readonly name: SetUpName;
  readonly origin: string;
  readonly ca?: string;
  /** What stands before `/v1/…` and `/v2/…` in the log of the conformance world's node. */
  readonly logs: string;
  /** A caller's token that is valid here. */
  readonly token: string;
}

export interface AskOptions {
  readonly method?: string;
  /** As in `Accept: text/event-stream`. */
  readonly headers?: readonly string[];
  /** Default: `Authorization: token=<jwt>`. */
  readonly credentials?: readonly string[];
  readonly body?: Uint8Array;
}

/** One way in, and requests by it. */
export class SetUp {
  readonly name: SetUpName;
  readonly origin: string;
  readonly logs: string;
  readonly token: string;
  readonly #ca: string | undefined;

  constructor({ name, origin, ca, logs, token }: SetUpOptions) {
    this.name = name;
    this.origin = origin;
    this.logs = logs;
    this.token = token;
    this.#ca = ca;
  }

  /** Asks for a path below {@link logs}, such as `/v1/range/?limit=1`, sent as it stands; resolves when the answer has ended. */
  async ask(path: string, options: AskOptions = {}): Promise<RawExchange> {
    return RawExchange.ask(this.#request(`${this.logs}${path}`, options));
  }

  /** The same; resolves when the head of the answer is there. The caller closes it. */
  async open(path: string, options: AskOptions = {}): Promise<RawExchange> {
    return RawExchange.open(this.#request(`${this.logs}${path}`, options));
  }

  /** Asks for a whole path. */
  async askAt(path: string, options: AskOptions = {}): Promise<RawExchange> {
    return RawExchange.ask(this.#request(path, options));
  }

  async openAt(path: string, options: AskOptions = {}): Promise<RawExchange> {
    return RawExchange.open(this.#request(path, options));
  }

  #request(path: string, options: AskOptions) {
    const { method = 'GET', headers = [], credentials = [`Authorization: token=${this.token}`] } = options;
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${new URL(this.origin).host}`, ...credentials, ...headers];
    if (options.body !== undefined) lines.push(`Content-Length: ${options.body.length}`);
    return { origin: this.origin, ca: this.#ca, lines, body: options.body };
  }
}

export const asJson: AskOptions = { headers: ['Accept: application/json'] };
export const asEvents: AskOptions = { headers: ['Accept: text/event-stream'] };
export const asText: AskOptions = { headers: ['Accept: text/plain'] };
