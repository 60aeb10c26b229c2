import type { AddressInfo } from 'node:net';
import { type Scope, wholeNode } from '@clusterlog/shared';
import { createLogger, Metrics, type Server } from '@clusterlog/shared/server';
import { createAgent } from '../../src/app.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { JournalSource } from '../../src/journal/source.ts';
import { GatewayKeys } from '../../src/token/gateway-keys.ts';
import { GatewaySigner } from '../token/gateway-signer.ts';

const silent = { info() {}, warn() {} };

/** What a question carries besides its path. */
export interface Question {
  readonly scope?: Scope;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A node agent that wants gateway tokens, and someone who has them. */
export class V3Agent {
  readonly app: Server;
  readonly journal: JournalSource;
  readonly #signer: GatewaySigner;
  readonly #keys: GatewayKeys;

  private constructor(app: Server, journal: JournalSource, signer: GatewaySigner, keys: GatewayKeys) {
    this.app = app;
    this.journal = journal;
    this.#signer = signer;
    this.#keys = keys;
  }

  static async start(directory: string): Promise<V3Agent> {
    const signer = await GatewaySigner.create('g');
    const load = async () => ({ keys: [signer.publicJwk as { kty: string }] });
    const keys = new GatewayKeys([{ name: 'test', load, mayHaveChanged: () => true }], silent);
    await keys.load();
    const journal = await openJournal({ directories: [directory] });
    const app = createAgent({
      server: { log: createLogger('test', 'silent'), accessLog: false, metrics: new Metrics() },
      journal,
      keys,
      agentId: () => 'S0',
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new V3Agent(app, journal, signer, keys);
  }

  async ask(path: string, { scope = wholeNode, headers = {}, signal }: Question = {}): Promise<Response> {
    const [route = ''] = path.split('?');
    const token = await this.#signer.sign({ path: route, scope });
    const { port } = this.app.server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson', ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async text(path: string, question?: Question): Promise<string> {
    return (await this.ask(path, question)).text();
  }

  /** The objects of an answer in NDJSON. */
  async objects(path: string, question?: Question): Promise<V3Object[]> {
    const text = await this.text(path, question);
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as V3Object]));
  }

  /** The messages of an answer in NDJSON. */
  async messages(path: string, question?: Question): Promise<(string | undefined)[]> {
    const objects = await this.objects(path, question);
    return objects.filter(({ event }) => event === undefined).map(({ fields }) => fields?.MESSAGE);
  }

  async close(): Promise<void> {
    await this.app.close();
    this.#keys.close();
    await this.journal.close();
  }
}

/** An entry or an event. */
export interface V3Object {
  readonly event?: string;
  readonly reason?: string;
  readonly cursor: string;
  readonly source?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
}

/** The path of the next page; undefined on the last. */
export function nextOf(response: Response): string | undefined {
  return /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
}

/** What an answer sends, piece by piece; to be read while it is open. */
export class OpenAnswer {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #abort: AbortController;
  #text = '';

  private constructor(response: Response, abort: AbortController) {
    if (response.body === null) throw new Error('an answer without a body');
    this.response = response;
    this.#reader = response.body.getReader();
    this.#abort = abort;
  }

  static async open(agent: V3Agent, path: string, question: Question = {}): Promise<OpenAnswer> {
    const abort = new AbortController();
    return new OpenAnswer(await agent.ask(path, { ...question, signal: abort.signal }), abort);
  }

  /** The next piece that ends with `separator`, without it. */
  async next(separator = '\n'): Promise<string> {
    while (!this.#text.includes(separator)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the answer ended, after ${JSON.stringify(this.#text)}`);
      this.#text += Buffer.from(value).toString('utf8');
    }
    const end = this.#text.indexOf(separator);
    const piece = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + separator.length);
    return piece;
  }

  /** The first piece to come that `is` is true of. */
  async until(is: (piece: string) => boolean, separator = '\n'): Promise<string> {
    while (true) {
      const piece = await this.next(separator);
      if (is(piece)) return piece;
    }
  }

  cut(): void {
    this.#abort.abort();
  }
}
