import { type EntryLine, type Line, LineFormatError, type Problem, parseLine, v3MediaTypes } from '@clusterlog/shared';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import { EntryLines, isEntryLine } from './entry-lines.ts';
import { LineReader } from './line-reader.ts';
import { SpentMemory } from './spent-memory.ts';
import type { AnswerFlow, ProblemAnswer } from './streamed-answer.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** How a line stream came to its end. */
export type StreamEnd =
  /** An `X` line: everything was sent. */
  | { readonly kind: 'complete' }
  /** The agent refused the question itself, as every agent of its version would. */
  | { readonly kind: 'bad-question'; readonly problem: Problem }
  /** The connection broke, or could not be made. */
  | { readonly kind: 'cut'; readonly error: Error };

export interface AgentStreamEvents {
  /** The agent answers. */
  onOpen(): void;
  onEntry(entry: WaitingEntry): void;
  onLine(line: Exclude<Line, EntryLine>): void;
  /** Once, and nothing comes after it. Not called after `close`. */
  onEnd(end: StreamEnd): void;
}

/** One agent's line stream. While it is paused the agent is not read from, and so stops reading its journal. */
export class AgentStream {
  readonly #events: AgentStreamEvents;
  readonly #entries = new EntryLines();
  readonly #spent = new SpentMemory();
  readonly #lines: LineReader;
  #flow: AnswerFlow | undefined;
  #paused = false;
  #over = false;

  constructor(calls: AgentCalls, question: AgentQuestion, events: AgentStreamEvents) {
    this.#events = events;
    this.#lines = new LineReader({
      onLine: (line, bytes, start) => this.#take(line, bytes, start),
      onError: (error) => this.#cut(error),
    });
    const receiver = {
      onAsked: (flow: AnswerFlow) => {
        this.#flow = flow;
        if (this.#over) flow.abort();
      },
      onOpen: () => {
        if (this.#over) return;
        events.onOpen();
        if (this.#paused) this.#flow?.pause();
      },
      onChunk: (chunk: Buffer) => {
        this.#spent.next(chunk);
        if (!this.#over) this.#lines.write(chunk);
      },
      onEnd: (ended: ProblemAnswer | { readonly kind: 'cut'; readonly error: Error } | undefined) =>
        this.#end(endOf(ended)),
    };
    calls.stream(question, v3MediaTypes.lines, receiver).catch((error: Error) => this.#end({ kind: 'cut', error }));
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
    this.#flow?.pause();
  }

  /** Lines may come at once. */
  resume(): void {
    this.#paused = false;
    this.#flow?.resume();
  }

  /** Ends it; nothing more is told of it. */
  close(): void {
    this.#over = true;
    this.#flow?.abort();
  }

  #take(line: string, bytes: Buffer, start: number): void {
    if (this.#over) return;
    try {
      if (isEntryLine(line)) this.#events.onEntry(this.#entries.entry(line, bytes, start));
      else this.#takeNotice(parseLine(bytes.toString('utf8', start, start + line.length)));
    } catch (error) {
      if (!(error instanceof LineFormatError)) throw error;
      this.#cut(error);
    }
  }

  #takeNotice(line: Line): void {
    if (line.kind === 'entry') return;
    if (line.kind === 'error') {
      this.#cut(new Error(line.problem.detail));
      return;
    }
    this.#events.onLine(line);
    if (line.kind === 'end') this.#end({ kind: 'complete' });
  }

  #cut(error: Error): void {
    this.#end({ kind: 'cut', error });
    this.#flow?.abort();
  }

  #end(end: StreamEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.onEnd(end);
  }
}

function endOf(ended: ProblemAnswer | { readonly kind: 'cut'; readonly error: Error } | undefined): StreamEnd {
  if (ended === undefined) {
    return { kind: 'cut', error: new Error('the agent ended its answer without saying that it is whole') };
  }
  if (ended.kind === 'cut') return ended;
  if (ended.problem.status === 400) return { kind: 'bad-question', problem: ended.problem };
  return { kind: 'cut', error: ended.error };
}
