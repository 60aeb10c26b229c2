import { defaultTail } from '@clusterlog/shared';
import { codedErrorOf } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { agentCalls, type ClusterContext } from '../cluster/cluster-context.ts';
import { ClusterRequest } from '../cluster/cluster-request.ts';
import { EntrySources } from '../cluster/entry-source.ts';
import { errorEvent } from '../cluster/follow-lifetime.ts';
import { MergedLog, type MergedLogOptions } from '../cluster/merged-log.ts';
import { newestEntries } from '../cluster/newest-entries.ts';
import { StreamSink } from '../cluster/stream-sink.ts';
import { timedSink } from '../cluster/timed-sink.ts';
import { auditGranted, clientGone, takePlace } from './v3-request.ts';

/** When a browser comes back, in ms; not all of them at once after a restart. */
const leastRetry = 1_000;
const retryJitter = 4_000;
/** How long an agent may search for its newest entries before the follow starts without them, in ms. */
const startPatience = 2_000;

/** `GET /v3/follow` over all nodes: what there is from the start on, and then what comes. */
export async function answerFollow(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const { tail } = request.query as { readonly tail?: number };
  takePlace(context, request, reply);
  const signal = clientGone(reply);
  const calls = agentCalls(context, request);
  const asked = await ClusterRequest.open(context.scope, calls, request, 'asc', signal);
  auditGranted(request, asked.scope);
  const base: Omit<MergedLogOptions, 'plan'> = {
    ...context.mergeOptions,
    calls,
    scope: asked.scope,
    targets: asked.targets,
    order: 'asc',
    live: true,
    cursor: asked.cursorParts,
    question: asked.question('asc'),
  };
  const count = tail ?? (asked.period.since === undefined ? defaultTail : undefined);
  let log: MergedLog;
  if (asked.cursor === undefined && count !== undefined) {
    const newest = await newestEntries(context, calls, asked, { count, patience: startPatience }, signal);
    log = new MergedLog({ ...base, plan: newest.plan, given: newest.byLane, events: newest.events });
  } else {
    log = new MergedLog({ ...base, plan: asked.plan({ from: asked.start }, [...context.scope.index.goneAgents()]) });
  }
  try {
    await log.open(signal);
  } catch (error) {
    log.close();
    throw error;
  }
  return answerStream(context, request, reply, { asked, log, signal });
}

function answerStream(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { asked, log, signal }: { readonly asked: ClusterRequest; readonly log: MergedLog; readonly signal: AbortSignal },
): FastifyReply {
  const retry = leastRetry + Math.floor(Math.random() * retryJitter);
  const sink = new StreamSink(
    asked.writer,
    new EntrySources(context.containers),
    context.sent,
    asked.format === 'sse' ? `retry: ${retry}\n\n` : '',
  );
  const ended = context.lifetime.add({
    request,
    stillGranted: () => log.targets().every((target) => asked.scope.stillGranted(target)),
    stop: (event) => log.stop(event),
  });
  log
    .run(timedSink(sink, context), Number.POSITIVE_INFINITY, signal)
    .then((why) => {
      if (why !== 'end') return;
      const cursor = log.cursorText();
      sink.event({ event: 'end', reason: 'end', cursor }, cursor);
    })
    .catch((error: Error) => {
      if (signal.aborted) return;
      request.log.warn({ err: error }, 'a merged follow has failed');
      sink.event(errorEvent(codedErrorOf(error), request));
    })
    .finally(() => {
      request.audit.entries = sink.entries;
      ended();
      log.close();
      sink.end();
    });
  return reply
    .type(asked.writer.contentType)
    .header('x-accel-buffering', 'no')
    .header('cache-control', 'no-store')
    .send(sink.stream);
}
