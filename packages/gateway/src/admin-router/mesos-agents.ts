import { CodedError } from '@clusterlog/shared';
import { type Authorization, authorized } from '@clusterlog/shared/server';
import type { FastifyReply } from 'fastify';
import type { Dispatcher } from 'undici';
import type { MesosAgent } from '../mesos/model.ts';
import { callerGone, whileCallerWaits } from './caller-gone.ts';

export interface MesosAgentsOptions {
  readonly scheme: 'http' | 'https';
  /** Connections to them, closed with this. */
  readonly dispatcher: Dispatcher;
  /** What they want as `Authorization`; sent to Mesos agents only. */
  readonly credential?: Authorization | undefined;
}

const tooLate: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** The Mesos agents, at the addresses in their `pid`, as the master tells them. */
export class MesosAgents {
  readonly #options: MesosAgentsOptions;

  constructor(options: MesosAgentsOptions) {
    this.#options = options;
  }

  /**
   * Asks an agent, for as long as somebody waits for the answer.
   *
   * @param path with its query, written by us from what was understood of a request
   * @throws CodedError 502 or 504
   */
  async get(agent: MesosAgent, path: string, reply: FastifyReply): Promise<Dispatcher.ResponseData> {
    const { scheme, dispatcher, credential } = this.#options;
    const { id, host, port } = agent;
    const signal = whileCallerWaits(reply);
    let answer: Dispatcher.ResponseData;
    try {
      const origin = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
      answer = await authorized(credential, (headers) =>
        dispatcher.request({
          origin,
          path,
          method: 'GET',
          headers,
          signal,
          headersTimeout: 15_000,
          bodyTimeout: 60_000,
        }),
      );
    } catch (error) {
      if (signal.aborted) throw callerGone(error);
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new CodedError(
        tooLate.has(code) ? 'mesos-agent-timeout' : 'mesos-agent-unreachable',
        { agent: id },
        { cause: error },
      );
    }
    const { statusCode, body } = answer;
    if (statusCode === 200 || (statusCode > 401 && statusCode < 500) || statusCode === 400) return answer;
    await body.dump();
    throw new CodedError(statusCode === 401 ? 'mesos-agent-refused' : 'mesos-agent-unreachable', { agent: id });
  }

  async close(): Promise<void> {
    await this.#options.dispatcher.destroy();
  }
}

/**
 * An answer of at most `limit` bytes, whole.
 *
 * @throws Error for a longer one
 */
export async function wholeBody(body: Dispatcher.ResponseData['body'], limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new Error(`expected at most ${limit} bytes from the Mesos agent, found more`);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}
