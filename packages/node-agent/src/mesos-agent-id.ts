import { type AskOptions, askMesosAgent } from './files/mesos-agent-state.ts';

interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** How soon a Mesos agent that did not answer is asked again, in milliseconds. */
const retryMilliseconds = 2000;
/** How often a known id is asked for again, in milliseconds: an agent that restarts may come back with another. */
const refreshMilliseconds = 30_000;

/** The id of this node's Mesos agent, asked from it and asked again: it changes when the agent registers anew. */
export class MesosAgentId {
  #id: string | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #mesosAgent: string;
  readonly #asking: AskOptions;
  readonly #log: Log;

  /** @param mesosAgent its URL without a path */
  constructor(mesosAgent: string, asking: AskOptions, log: Log) {
    this.#mesosAgent = mesosAgent.replace(/\/$/, '');
    this.#asking = asking;
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
      const { id } = await askMesosAgent(this.#mesosAgent, this.#asking);
      if (id !== this.#id) this.#log.info({ agentId: id, before: this.#id ?? null }, 'the Mesos agent told its id');
      this.#id = id;
      this.#problem = undefined;
    } catch (error) {
      const problem = `${this.#mesosAgent}/state: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
      if (problem !== this.#problem) this.#log.warn({ problem }, 'the Mesos agent does not tell its id');
      this.#problem = problem;
    }
    const wait = this.#problem === undefined ? refreshMilliseconds : retryMilliseconds;
    this.#timer = setTimeout(() => void this.start(), wait).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
