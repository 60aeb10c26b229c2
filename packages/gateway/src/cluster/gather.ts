import type { Readable } from 'node:stream';
import { CodedError } from '@clusterlog/shared';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import type { LaneTarget } from './cluster-scope.ts';

/** Requests of one gathering that are under way at once. */
const atOnce = 64;
/** Largest answer of one agent, in bytes. */
const largestAnswer = 32 * 1024 * 1024;
/** What an agent gets beyond its own budget to answer, in ms. */
const graceMilliseconds = 500;

export interface Gathered<Answer> {
  readonly answers: readonly { readonly target: LaneTarget; readonly answer: Answer }[];
  /** Targets that did not answer in time, or with something else. */
  readonly missing: readonly LaneTarget[];
}

/** What an answer has to be: nodes are not trusted with those of others. */
export interface AnswerShape<Answer> {
  Check(answer: unknown): answer is Answer;
}

/**
 * Asks every target the same question, and takes what is answered within the budget.
 *
 * @param question what one is asked; the same for all but who is asked
 * @param budget in ms
 * @throws CodedError when the agents refuse the question, and none has answered it
 */
export async function gather<Answer>(
  calls: AgentCalls,
  targets: readonly LaneTarget[],
  question: Pick<AgentQuestion, 'path' | 'query'>,
  shape: AnswerShape<Answer>,
  budget: number,
  signal: AbortSignal,
): Promise<Gathered<Answer>> {
  const allowed = budget + graceMilliseconds;
  const within = AbortSignal.any([signal, AbortSignal.timeout(allowed)]);
  const answers: { target: LaneTarget; answer: Answer }[] = [];
  const missing: LaneTarget[] = [];
  let refusal: CodedError | undefined;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let target = targets[next++]; target !== undefined; target = targets[next++]) {
      const answer = await askOne(calls, target, question, allowed, within);
      if (answer instanceof CodedError) refusal ??= answer;
      if (shape.Check(answer)) answers.push({ target, answer });
      else missing.push(target);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, targets.length) }, work));
  signal.throwIfAborted();
  if (refusal !== undefined && answers.length === 0) throw refusal;
  return { answers, missing };
}

/** @returns the answer, whatever it is; why the question is refused; undefined when there is no answer */
async function askOne(
  calls: AgentCalls,
  { agent, scope }: LaneTarget,
  question: Pick<AgentQuestion, 'path' | 'query'>,
  silence: number,
  signal: AbortSignal,
): Promise<unknown> {
  if (agent === undefined || signal.aborted) return undefined;
  try {
    const answer = await calls.ask({ ...question, agent, scope, silence }, 'application/json', signal);
    if (answer.kind === 'body') return await jsonOf(answer.body);
    if (answer.problem.status === 400) return new CodedError('bad-parameter', { problem: answer.problem.detail });
    return undefined;
  } catch {
    return undefined;
  }
}

async function jsonOf(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestAnswer) throw new Error(`an agent answered more than ${largestAnswer} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
