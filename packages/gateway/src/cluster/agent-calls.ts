import type { Readable } from 'node:stream';
import { CodedError, type Problem, type Scope } from '@clusterlog/shared';
import { requestIdHeader, traceparentHeader } from '@clusterlog/shared/server';
import type { FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { GatewayTokens } from '../proxy/gateway-tokens.ts';
import { refusedByAgent, secondsAhead } from '../proxy/refused-by-agent.ts';
import { upstreamError } from '../proxy/upstream-error.ts';
import type { AgentAddress } from '../routes/resolve.ts';
import type { AgentClocks } from './agent-clocks.ts';
import type { ClusterContext } from './cluster-context.ts';
import { type AnswerReceiver, longestProblem, type ProblemAnswer, StreamedAnswer } from './streamed-answer.ts';

/** One question to one node agent. */
export interface AgentQuestion {
  readonly agent: AgentAddress;
  /** As written by `upstreamPath`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly scope: Scope;
  /** Between two parts of the answer, and before its first, in ms; 0 for ever. */
  readonly silence: number;
  /** Before its first, where that is less. */
  readonly firstSilence?: number;
}

export type AgentAnswer = { readonly kind: 'body'; readonly body: Readable } | ProblemAnswer;

/** Asks node agents in the name of one request: each with a gateway token of its own. */
export class AgentCalls {
  readonly #dispatcher: Dispatcher;
  readonly #tokens: GatewayTokens;
  readonly #clocks: AgentClocks;
  readonly #onRefused: ClusterContext['onRefused'];
  readonly #uid: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    { dispatcher, tokens, clocks, onRefused }: Pick<ClusterContext, 'dispatcher' | 'tokens' | 'clocks' | 'onRefused'>,
    request: FastifyRequest,
  ) {
    this.#dispatcher = dispatcher;
    this.#tokens = tokens;
    this.#clocks = clocks;
    this.#onRefused = onRefused;
    this.#uid = request.caller.uid;
    this.#headers = { [requestIdHeader]: request.id, traceparent: traceparentHeader(request.trace) };
  }

  /** @throws CodedError when the agent cannot be reached, or answers with something that is no answer */
  async ask(question: AgentQuestion, accept: string, signal: AbortSignal): Promise<AgentAnswer> {
    const { agent } = question;
    const asked = await this.#request(question, accept);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#dispatcher.request({ ...asked, signal });
    } catch (error) {
      throw upstreamError(error as Error, agent.id);
    }
    const { statusCode, headers, body } = answer;
    if (statusCode === 200) return { kind: 'body', body };
    return this.#problem(agent.id, statusCode, headers.date, await textOf(body));
  }

  /** Asks for an answer that is taken part by part; what becomes of it is told to `receiver` alone. */
  async stream(question: AgentQuestion, accept: string, receiver: AnswerReceiver): Promise<void> {
    const { agent } = question;
    const asked = await this.#request(question, accept);
    const toProblem = (status: number, date: string | string[] | undefined, text: string | undefined): ProblemAnswer =>
      this.#problem(agent.id, status, date, text);
    this.#dispatcher.dispatch(asked, new StreamedAnswer(agent.id, receiver, toProblem));
  }

  async #request({ agent, path, query, scope, silence, firstSilence = silence }: AgentQuestion, accept: string) {
    const asked = { agentId: agent.id, uid: this.#uid, method: 'GET', path, scope };
    const token = await this.#tokens.of(asked);
    return {
      origin: agent.origin,
      path: `${path}?${query}`,
      method: 'GET' as const,
      headers: { ...this.#headers, accept, authorization: `Bearer ${token}` },
      headersTimeout: firstSilence,
      bodyTimeout: silence,
    };
  }

  /** @throws CodedError when the answer is none of an agent */
  #problem(
    agentId: string,
    status: number,
    date: string | string[] | undefined,
    text: string | undefined,
  ): ProblemAnswer {
    const error = status === 401 ? this.#refused(agentId, date) : unreachable(agentId);
    const problem = text === undefined ? undefined : problemOf(text);
    if (problem === undefined) throw error;
    return { kind: 'problem', problem, error };
  }

  #refused(agentId: string, date: string | string[] | undefined): CodedError {
    const ahead = secondsAhead(date);
    if (ahead !== undefined) this.#clocks.told(agentId, ahead * 1e6);
    const refused = refusedByAgent(agentId, date);
    this.#onRefused(refused.code);
    return refused;
  }
}

function unreachable(agent: string): CodedError {
  return new CodedError('agent-unreachable', { agent });
}

/** Undefined of a text too long to be problem details. */
async function textOf(body: Readable): Promise<string | undefined> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > longestProblem) return undefined;
  }
  return text;
}

function problemOf(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Problem;
    return typeof problem?.detail === 'string' && typeof problem.status === 'number' ? problem : undefined;
  } catch {
    return undefined;
  }
}
