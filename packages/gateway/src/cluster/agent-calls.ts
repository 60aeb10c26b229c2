import type { Readable } from 'node:stream';
import { CodedError, type Problem, type Scope } from '@clusterlog/shared';
import { requestIdHeader, traceparentHeader } from '@clusterlog/shared/server';
import type { FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { refusedByAgent, secondsAhead } from '../proxy/refused-by-agent.ts';
import { signGatewayToken } from '../proxy/sign-gateway-token.ts';
import { upstreamError } from '../proxy/upstream-error.ts';
import type { AgentAddress } from '../routes/resolve.ts';
import type { AgentClocks } from './agent-clocks.ts';

/** One question to one node agent. */
export interface AgentQuestion {
  readonly agent: AgentAddress;
  /** As written by `upstreamPath`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly scope: Scope;
  /** Between two parts of the answer, and before its first, in ms; 0 for ever. */
  readonly silence: number;
}

export type AgentAnswer =
  | { readonly kind: 'body'; readonly body: Readable }
  /** An agent's own problem details; `error` is what to tell a caller of it. */
  | { readonly kind: 'problem'; readonly problem: Problem; readonly error: CodedError };

/** Longest problem details that are read, in bytes. */
const longestProblem = 64 * 1024;

/** Asks node agents in the name of one request: each with a gateway token of its own. */
export class AgentCalls {
  readonly #dispatcher: Dispatcher;
  readonly #keys: SigningKeys;
  readonly #clocks: AgentClocks;
  readonly #uid: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(dispatcher: Dispatcher, keys: SigningKeys, clocks: AgentClocks, request: FastifyRequest) {
    this.#dispatcher = dispatcher;
    this.#keys = keys;
    this.#clocks = clocks;
    this.#uid = request.caller.uid;
    this.#headers = { [requestIdHeader]: request.id, traceparent: traceparentHeader(request.trace) };
  }

  /** @throws CodedError when the agent cannot be reached, or answers with something that is no answer */
  async ask(question: AgentQuestion, accept: string, signal: AbortSignal): Promise<AgentAnswer> {
    const { agent, path, query, scope, silence } = question;
    const asked = { agentId: agent.id, uid: this.#uid, method: 'GET', path, scope };
    const token = await signGatewayToken(asked, this.#keys.current);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#dispatcher.request({
        origin: agent.origin,
        path: `${path}?${query}`,
        method: 'GET',
        headers: { ...this.#headers, accept, authorization: `Bearer ${token}` },
        headersTimeout: silence,
        bodyTimeout: silence,
        signal,
      });
    } catch (error) {
      throw upstreamError(error as Error, agent.id);
    }
    const { statusCode, headers, body } = answer;
    if (statusCode === 200) return { kind: 'body', body };
    const problem = await problemOf(body);
    const error = statusCode === 401 ? this.#refused(agent.id, headers.date) : unreachable(agent.id);
    if (problem === undefined) throw error;
    return { kind: 'problem', problem, error };
  }

  #refused(agentId: string, date: string | string[] | undefined): CodedError {
    const ahead = secondsAhead(date);
    if (ahead !== undefined) this.#clocks.told(agentId, ahead * 1e6);
    return refusedByAgent(agentId, date);
  }
}

function unreachable(agent: string): CodedError {
  return new CodedError('agent-unreachable', { agent });
}

async function problemOf(body: Readable): Promise<Problem | undefined> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > longestProblem) return undefined;
  }
  try {
    const problem = JSON.parse(text) as Problem;
    return typeof problem?.detail === 'string' && typeof problem.status === 'number' ? problem : undefined;
  } catch {
    return undefined;
  }
}
