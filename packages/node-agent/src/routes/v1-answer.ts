import { mediaTypes, type Scope } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type EntryEncoder, type EntryFace, encoderFor, formatAccepted } from '../encode/encoder.ts';
import type { EntryWalk } from '../journal/source.ts';
import type { GapSink } from '../read/entry-batch.ts';
import type { ContainerPath } from '../read/filter.ts';
import { planV1, type V1Parameters, type V1Plan } from '../read/v1-plan.ts';
import { startReading } from './entry-answer.ts';
import type { RouteContext } from './v1-context.ts';

/** A v1 request understood and ready to be read: the walk stands where reading starts. */
export interface V1Reading {
  readonly walk: EntryWalk;
  readonly plan: V1Plan;
  readonly encoder: EntryEncoder;
  readonly gaps: GapSink;
}

interface V1FastifyRequest extends FastifyRequest {
  readonly scope: Scope;
}

/** Understands a v1 request, moves a walk to its start and sets the headers that dcos-log sends with every answer. */
export async function prepareV1(
  context: RouteContext,
  request: V1FastifyRequest,
  reply: FastifyReply,
  face: EntryFace,
  path: ContainerPath | undefined,
): Promise<V1Reading> {
  const lastEventId = request.headers['last-event-id'];
  const plan = planV1(request.query as V1Parameters, {
    stream: face === 'stream',
    scope: request.scope,
    ...(path === undefined ? {} : { path }),
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
  });
  const format = encoderFor(formatAccepted(request.headers.accept), face, {
    withheld: plan.withheld,
    cache: context.cache,
  });
  const { walk, encoder, start, gaps } = await startReading(context, request, reply, plan, format);
  reply.headers({ 'x-journal-skip-next': start.skippedNext, 'x-journal-skip-prev': start.skippedPrev });
  return { walk, plan, encoder, gaps };
}

/** dcos-log's answer to a range without a byte. */
export function sendNothing(reply: FastifyReply): FastifyReply {
  return reply.code(204).header('content-type', `${mediaTypes.text}; charset=utf-8`).send();
}
