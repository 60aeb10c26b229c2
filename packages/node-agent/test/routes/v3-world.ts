import type { Server } from '@clusterlog/shared/server';
import type { JournalSource } from '../../src/journal/source.ts';
import { type Question, TestAgent } from './test-agent.ts';

/** A node agent that is asked for API v3, in NDJSON unless the question says otherwise. */
export class V3Agent {
  readonly #agent: TestAgent;

  private constructor(agent: TestAgent) {
    this.#agent = agent;
  }

  static async start(directory: string): Promise<V3Agent> {
    return new V3Agent(await TestAgent.start({ directory }));
  }

  get app(): Server {
    return this.#agent.app;
  }

  get journal(): JournalSource {
    return this.#agent.journal;
  }

  ask(path: string, question: Question = {}): Promise<Response> {
    return this.#agent.ask(path, { ...question, headers: { accept: 'application/x-ndjson', ...question.headers } });
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

  close(): Promise<void> {
    return this.#agent.close();
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
