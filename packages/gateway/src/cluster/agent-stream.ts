import { type CodedError, type Line, LineFormatError, type Problem, parseLine, v3MediaTypes } from '@clusterlog/shared';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import { LineReader } from './line-reader.ts';

/** How a line stream came to its end. */
export type StreamEnd =
  /** An `X` line: everything was sent. */
  | { readonly kind: 'complete' }
  /** The agent refused the question itself, as every agent would. */
  | { readonly kind: 'bad-question'; readonly problem: Problem }
  /** The connection broke, or could not be made. */
  | { readonly kind: 'cut'; readonly error: Error };

export interface AgentStreamEvents {
  /** The agent answers. */
  onOpen(): void;
  onLine(line: Line, size: number): void;
  /** Once, and nothing comes after it. Not called after `close`. */
  onEnd(end: StreamEnd): void;
}

/** One agent's line stream. While it is paused the agent is not read from, and so stops reading its journal. */
export class AgentStream {
  readonly #events: AgentStreamEvents;
  readonly #closed = new AbortController();
  #lines: LineReader | undefined;
  #paused = false;
  #over = false;

  constructor(calls: AgentCalls, question: AgentQuestion, events: AgentStreamEvents) {
    this.#events = events;
    this.#open(calls, question).catch((error: Error) => this.#end({ kind: 'cut', error }));
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#lines?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#lines?.resume();
  }

  /** Ends it; nothing more is told of it. */
  close(): void {
    this.#over = true;
    this.#closed.abort();
  }

  async #open(calls: AgentCalls, question: AgentQuestion): Promise<void> {
    const answer = await calls.ask(question, v3MediaTypes.lines, this.#closed.signal);
    if (this.#over) return;
    if (answer.kind === 'problem') {
      this.#end(
        answer.problem.status === 400
          ? { kind: 'bad-question', problem: answer.problem }
          : { kind: 'cut', error: answer.error satisfies CodedError },
      );
      return;
    }
    this.#events.onOpen();
    this.#lines = new LineReader(answer.body, {
      onLine: (line) => this.#take(line),
      onEnd: (error) => {
        this.#end({
          kind: 'cut',
          error: error ?? new Error('the agent ended its answer without saying that it is whole'),
        });
      },
    });
    if (this.#paused) this.#lines.pause();
  }

  #take(text: string): void {
    if (this.#over) return;
    let line: Line;
    try {
      line = parseLine(text);
    } catch (error) {
      if (!(error instanceof LineFormatError)) throw error;
      this.#end({ kind: 'cut', error });
      this.#closed.abort();
      return;
    }
    if (line.kind === 'error') {
      this.#end({ kind: 'cut', error: new Error(line.problem.detail) });
      this.#closed.abort();
      return;
    }
    this.#events.onLine(line, text.length);
    if (line.kind === 'end') this.#end({ kind: 'complete' });
  }

  #end(end: StreamEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.onEnd(end);
  }
}
