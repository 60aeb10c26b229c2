import type { CodedError } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClusterContext } from '../cluster/cluster-context.ts';

/** When to try again after a refusal, in seconds. */
const retryAfter = 5;

/** Aborted when the caller goes away before his answer has ended. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/**
 * Takes a place among the answers that are put together from many nodes, until the answer has ended.
 *
 * @throws CodedError 429 or 503, with `Retry-After`
 */
export function takePlace({ places }: ClusterContext, request: FastifyRequest, reply: FastifyReply): void {
  try {
    const giveBack = places.take(request.caller.uid);
    reply.raw.once('close', giveBack);
  } catch (error) {
    reply.header('retry-after', String(retryAfter));
    throw error as CodedError;
  }
  request.audit.decision = 'granted';
}
