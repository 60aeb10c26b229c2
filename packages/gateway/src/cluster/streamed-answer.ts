import type { CodedError, Problem } from '@clusterlog/shared';
import type { Dispatcher } from 'undici';
import { upstreamError } from '../proxy/upstream-error.ts';

/** An agent's own problem details; `error` is what to tell a caller of it. */
export interface ProblemAnswer {
  readonly kind: 'problem';
  readonly problem: Problem;
  readonly error: CodedError;
}

/** Holds an answer up, or gives it up. */
export interface AnswerFlow {
  pause(): void;
  /** More may come at once. */
  resume(): void;
  abort(): void;
}

/** What takes an answer part by part. */
export interface AnswerReceiver {
  /** It was asked; nothing was answered yet. */
  onAsked(flow: AnswerFlow): void;
  /** The agent answers. */
  onOpen(): void;
  /** @param chunk is not needed any more once this returns */
  onChunk(chunk: Buffer): void;
  /** Once, at last; undefined when the answer came to its end. */
  onEnd(ended: ProblemAnswer | { readonly kind: 'cut'; readonly error: Error } | undefined): void;
}

/** Longest problem details that are read, in bytes. */
export const longestProblem = 64 * 1024;

type ToProblem = (status: number, date: string | string[] | undefined, text: string | undefined) => ProblemAnswer;

/**
 * An answer handed on as undici takes it off the socket. A stream of it would hold up to two more chunks while it waits, of each
 * of a hundred agents.
 */
export class StreamedAnswer implements Dispatcher.DispatchHandler {
  readonly #agentId: string;
  readonly #receiver: AnswerReceiver;
  readonly #toProblem: ToProblem;
  #status = 0;
  #date: string | string[] | undefined;
  /** Of an answer that is none. */
  #text = '';

  /** @param toProblem throws when an answer that is none has no problem details */
  constructor(agentId: string, receiver: AnswerReceiver, toProblem: ToProblem) {
    this.#agentId = agentId;
    this.#receiver = receiver;
    this.#toProblem = toProblem;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#receiver.onAsked({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => controller.abort(new Error('nobody reads the answer any more')),
    });
  }

  onResponseStart(_controller: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    this.#date = headers.date;
    if (status === 200) this.#receiver.onOpen();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#status === 200) {
      this.#receiver.onChunk(chunk);
      return;
    }
    this.#text += chunk.toString('utf8');
    if (this.#text.length > longestProblem) controller.abort(new Error('the answer is too long for problem details'));
  }

  onResponseEnd(): void {
    this.#receiver.onEnd(this.#status === 200 ? undefined : this.#problem(this.#text));
  }

  onResponseError(_controller: unknown, error: Error): void {
    const cut = this.#status === 0 ? { kind: 'cut' as const, error: upstreamError(error, this.#agentId) } : undefined;
    this.#receiver.onEnd(cut ?? (this.#status === 200 ? { kind: 'cut', error } : this.#problem(undefined)));
  }

  #problem(text: string | undefined): ProblemAnswer | { readonly kind: 'cut'; readonly error: Error } {
    try {
      return this.#toProblem(this.#status, this.#date, text);
    } catch (error) {
      return { kind: 'cut', error: error as Error };
    }
  }
}
