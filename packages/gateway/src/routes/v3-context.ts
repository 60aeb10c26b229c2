import { CodedError } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { agentHash } from '../cluster/agent-set.ts';
import { agentCalls, type ClusterContext } from '../cluster/cluster-context.ts';
import { ClusterRequest } from '../cluster/cluster-request.ts';
import { EntrySources } from '../cluster/entry-source.ts';
import { MergedLog } from '../cluster/merged-log.ts';
import { deliverNewest, newestEntries } from '../cluster/newest-entries.ts';
import { PageSink } from '../cluster/page-sink.ts';
import type { LanePlan } from '../cluster/resume-plan.ts';
import { auditGranted, clientGone, takePlace, tellMissing } from './v3-request.ts';

const usualCount = 10;

/** `GET /v3/context`: the entries of all nodes before and after one, and that one. */
export async function answerContext(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const { before = usualCount, after = usualCount } = request.query as { before?: number; after?: number };
  takePlace(context, request, reply);
  const signal = clientGone(reply);
  const calls = agentCalls(context, request);
  const asked = await ClusterRequest.open(context.scope, calls, request, 'asc', signal, 'any');
  auditGranted(request, asked.scope);
  const { cursor } = asked;
  if (cursor?.frontier === undefined) {
    throw new CodedError('bad-cluster-cursor', { problem: 'Parameter cursor: expected the cursor of an entry.' });
  }
  const { realtime, agent } = cursor.frontier;
  const own = asked.targets.find(({ id }) => agentHash(id) === agent)?.id;
  const lanes = asked.targets.map(({ id }): LanePlan => {
    const isBefore = own === undefined || id <= own;
    return { agentId: id, resume: { from: isBefore ? realtime : realtime - 1 } };
  });
  const older = await newestEntries(context, calls, asked, { count: before + 1, lanes }, signal);
  const sink = new PageSink(asked.writer, new EntrySources(context.containers), context.sent, Number.POSITIVE_INFINITY);
  deliverNewest(asked, older, sink);
  if (after > 0) {
    const log = new MergedLog({
      ...context.mergeOptions,
      calls,
      scope: asked.scope,
      targets: asked.targets,
      plan: asked.plan({ from: undefined }, [...context.scope.index.goneAgents()]),
      order: 'asc',
      live: false,
      cursor: asked.cursorParts,
      question: asked.question('asc'),
    });
    try {
      await log.open(signal);
      await log.run(sink, after, signal);
    } finally {
      log.close();
    }
  }
  tellMissing(reply, sink.missing);
  request.audit.entries = sink.entries;
  return reply.type(asked.writer.contentType).send(sink.body());
}
