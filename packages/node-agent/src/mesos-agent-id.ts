import { request } from 'undici';

interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** How soon a Mesos agent that did not answer is asked again, in milliseconds. */
const retryMilliseconds = 2000;
/** How often a known id is asked for again, in milliseconds: an agent that restarts may come back with another. */
const refreshMilliseconds = 30_000;
const answerMilliseconds = 5000;
/** Longest state read, in bytes. */
const maximumStateBytes = 64 * 1024 * 1024;

/** The id of this node's Mesos agent, asked from it and asked again: it changes when the agent registers anew. */
export class MesosAgentId {
  #id: string | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #url: string;
  readonly #authorization: string | undefined;
  readonly #log: Log;

  /** @param mesosAgent its URL without a path */
  constructor(mesosAgent: string, authorization: string | undefined, log: Log) {
    this.#url = `${mesosAgent.replace(/\/$/, '')}/state`;
    this.#authorization = authorization;
    this.#log = log;
  }

  /** Undefined until the Mesos agent has answered once; afterwards the last known one. */
  get current(): string | undefined {
    return this.#id;
  }

  /** Why it is not known, or not sure any more. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Asks once and goes on asking; resolves after the first answer or failure. */
  async start(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const id = await this.#ask();
      if (id !== this.#id) this.#log.info({ agentId: id, before: this.#id ?? null }, 'the Mesos agent told its id');
      this.#id = id;
      this.#problem = undefined;
    } catch (error) {
      const problem = `${this.#url}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
      if (problem !== this.#problem) this.#log.warn({ problem }, 'the Mesos agent does not tell its id');
      this.#problem = problem;
    }
    const wait = this.#problem === undefined ? refreshMilliseconds : retryMilliseconds;
    this.#timer = setTimeout(() => void this.start(), wait).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<string> {
    const { statusCode, body } = await request(this.#url, {
      signal: AbortSignal.timeout(answerMilliseconds),
      headers: {
        accept: 'application/json',
        ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
      },
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > maximumStateBytes) throw new Error(`expected a state of at most ${maximumStateBytes} bytes`);
    }
    if (statusCode !== 200) throw new Error(`expected status 200, found ${statusCode}`);
    const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown };
    if (typeof id !== 'string' || id === '') throw new Error('expected an id in the state, found none');
    return id;
  }
}
