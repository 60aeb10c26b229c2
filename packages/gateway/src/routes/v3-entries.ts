import { CodedError, defaultLimit, maximumLimit, maximumPageBytes } from '@clusterlog/shared';
import { codedErrorOf } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AgentCalls } from '../cluster/agent-calls.ts';
import { agentCalls, type ClusterContext } from '../cluster/cluster-context.ts';
import { ClusterRequest } from '../cluster/cluster-request.ts';
import { EntrySources } from '../cluster/entry-source.ts';
import { errorEvent } from '../cluster/follow-lifetime.ts';
import { MergedLog } from '../cluster/merged-log.ts';
import { deliverNewest, newestEntries } from '../cluster/newest-entries.ts';
import { PageSink } from '../cluster/page-sink.ts';
import { StreamSink } from '../cluster/stream-sink.ts';
import { auditGranted, clientGone, takePlace, tellMissing } from './v3-request.ts';

interface EntriesQuery {
  readonly order?: 'asc' | 'desc';
  readonly limit?: string;
  readonly tail?: number;
}

/** `GET /v3/entries` over all nodes: a page with a link to the next one, or a stream of everything. */
export async function answerEntries(context: ClusterContext, request: FastifyRequest, reply: FastifyReply) {
  const { order = 'asc', limit, tail } = request.query as EntriesQuery;
  takePlace(context, request, reply);
  const signal = clientGone(reply);
  const calls = agentCalls(context, request);
  const asked = await ClusterRequest.open(context.scope, calls, request, order, signal);
  auditGranted(request, asked.scope);
  const most = limitOf(limit);
  reply.type(asked.writer.contentType);
  const fromEnd =
    order === 'asc' &&
    asked.cursor === undefined &&
    (tail !== undefined || (asked.period.since === undefined && Number.isFinite(most)));
  if (fromEnd)
    return answerNewest(context, request, reply, { asked, calls, most: Math.min(most, tail ?? most), signal });
  const log = mergedRange(context, asked, calls, !Number.isFinite(most));
  try {
    await log.open(signal);
  } catch (error) {
    log.close();
    throw error;
  }
  return Number.isFinite(most)
    ? answerPage(context, request, reply, { asked, log, most, signal })
    : answerAll(context, request, reply, { asked, log, signal });
}

interface Asked {
  readonly asked: ClusterRequest;
  readonly signal: AbortSignal;
}

function mergedRange(context: ClusterContext, asked: ClusterRequest, calls: AgentCalls, tells: boolean): MergedLog {
  return new MergedLog({
    ...context.mergeOptions,
    calls,
    scope: asked.scope,
    targets: asked.targets,
    plan: asked.plan({ from: undefined }, [...context.scope.index.goneAgents()]),
    order: asked.order,
    live: false,
    tells,
    cursor: asked.cursorParts,
    question: asked.question(asked.order),
  });
}

async function answerPage(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { asked, log, most, signal }: Asked & { readonly log: MergedLog; readonly most: number },
) {
  try {
    const sink = new PageSink(asked.writer, new EntrySources(context.containers), context.sent, maximumPageBytes);
    const ended = await log.run(sink, most, signal);
    const more = ended !== 'end' && (await log.hasMore(signal));
    const cursor = log.cursorText();
    if (more) reply.header('link', `<${nextPage(request, cursor)}>; rel="next"`);
    return sendPage(request, reply, sink, asked.format === 'sse' ? cursor : undefined, more);
  } finally {
    log.close();
  }
}

async function answerNewest(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { asked, calls, most, signal }: Asked & { readonly calls: AgentCalls; readonly most: number },
) {
  const count = Math.min(most, maximumLimit);
  const newest = await newestEntries(context, calls, asked, { count }, signal);
  const sink = new PageSink(asked.writer, new EntrySources(context.containers), context.sent, Number.POSITIVE_INFINITY);
  const cursor = deliverNewest(asked, newest, sink);
  return sendPage(request, reply, sink, asked.format === 'sse' ? cursor : undefined, false);
}

/** @param cursor for formats whose readers must be told that there is no more */
function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  sink: PageSink,
  cursor: string | undefined,
  more: boolean,
): FastifyReply {
  if (cursor !== undefined) sink.event({ event: 'end', reason: more ? 'limit' : 'end', cursor }, cursor);
  // Some formats have no place for gaps: the header has.
  tellMissing(reply, sink.missing);
  request.audit.entries = sink.entries;
  return reply.send(sink.body());
}

function answerAll(
  context: ClusterContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { asked, log, signal }: Asked & { readonly log: MergedLog },
): FastifyReply {
  const sink = new StreamSink(asked.writer, new EntrySources(context.containers), context.sent);
  request.endEarly = (error) => log.stop(errorEvent(error, request));
  // A hit, or how far the search has got, is not to wait in a proxy for more.
  if (asked.format === 'sse') reply.header('x-accel-buffering', 'no');
  log
    .run(sink, Number.POSITIVE_INFINITY, signal)
    .then(
      (why) => {
        // That it was stopped has been said.
        if (why === 'stopped') return;
        const cursor = log.cursorText();
        sink.event({ event: 'end', reason: 'end', cursor }, cursor);
      },
      (error: Error) => {
        if (!signal.aborted) sink.event(errorEvent(codedErrorOf(error), request));
      },
    )
    .finally(() => {
      request.audit.entries = sink.entries;
      log.close();
      sink.end();
    });
  return reply.send(sink.stream);
}

/** @throws CodedError */
function limitOf(text: string | undefined): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const limit = text === undefined ? defaultLimit : Number(text);
  if (limit >= 1 && limit <= maximumLimit) return limit;
  throw new CodedError('bad-parameter', {
    problem: `Parameter limit: expected a number from 1 to ${maximumLimit}, or all, found ${text}.`,
  });
}

/** The request's own path and query, going on after the cursor; its times as they were resolved stand in the cursor. */
function nextPage(request: FastifyRequest, cursor: string): string {
  const [path = '', query = ''] = (request.raw.url ?? '').split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.delete('tail');
  parameters.delete('at');
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}
