import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClusterContext } from '../cluster/cluster-context.ts';
import type { ClusterScope } from '../cluster/cluster-scope.ts';

/** Aborted when the caller goes away before his answer has ended. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/**
 * Takes a place among the answers that are put together from many nodes, until the answer has ended.
 *
 * @throws CodedError 429 or 503
 */
export function takePlace({ places }: ClusterContext, request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('close', places.take(request.caller.uid));
}

/** Says in the audit line what was granted. */
export function auditGranted(request: FastifyRequest, scope: ClusterScope): void {
  request.audit.target = scope.description;
  request.audit.decision = 'granted';
}

/** Says in a header which agents something is missing of: some formats have no other place for it. */
export function tellMissing(reply: FastifyReply, agents: ReadonlySet<string>): void {
  if (agents.size === 0) return;
  reply.header('clusterlog-missing-agents', [...agents].map(encodeURIComponent).join(', '));
}
