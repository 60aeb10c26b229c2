import { CodedError, ComponentParams, ComponentQuery, RangeAnswers, StreamHeaders } from '@clusterlog/shared';
import type { Server } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { encoderFor, formatAccepted } from '../encode/encoder.ts';
import { follow } from '../read/follow.ts';
import { readRange } from '../read/read-range.ts';
import { planV2, type V2Parameters } from '../read/v2-plan.ts';
import { clientGone } from './client-gone.ts';
import { startReading } from './entry-answer.ts';
import { sendNothing } from './v1-answer.ts';
import type { RouteContext } from './v1-context.ts';
import { readingError } from './v1-errors.ts';

const config = { face: 'dcos-log-v2' } as const;
const NoParams = Type.Object({});

/**
 * The DC/OS CLI reads lines and events into a buffer of 64 KiB. At a longer line it stops without a word; at a longer event
 * it connects again and again, for ever.
 */
const longestLine = 65_535;

/** dcos-log's API v2 for journals (docs/api.md): the log of this node, or of one unit on it. Accept chooses range or follow. */
export async function v2ComponentRoutes(app: Server, context: RouteContext): Promise<void> {
  app.setErrorHandler((error) => {
    throw readingError(error);
  });

  const read = async (request: FastifyRequest, reply: FastifyReply, component?: string) => {
    const lastEventId = request.headers['last-event-id'];
    const plan = planV2(request.query as V2Parameters, {
      scope: request.scope,
      ...(component === undefined ? {} : { component }),
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    });
    const format = formatAccepted(request.headers.accept);
    const { withheld, limit } = plan;
    const lines = encoderFor(format, 'stream', { withheld, cache: context.cache, longestLine });
    const { walk, encoder, gaps } = await startReading(context, request, reply, plan, lines);
    const signal = clientGone(reply);
    if (format === 'sse') {
      reply.header('x-accel-buffering', 'no');
      // After a clean end the CLI waits for ever; cut off, it would come back and get as many entries again. So the stream
      // stays, and the pings tell all between us and the client that it is alive.
      return reply.send(
        follow(walk, encoder, { limit, atLimit: 'stay', gaps, onNews: context.onNews, signal }).toReadable(),
      );
    }
    const bytes = readRange(walk, encoder, { limit, gaps, signal });
    return (await bytes.peek()).done ? sendNothing(reply) : reply.send(bytes.toReadable());
  };

  const schema = { querystring: ComponentQuery, headers: StreamHeaders, response: RangeAnswers };
  app.get('/v2/component', { config, schema: { ...schema, params: NoParams } }, (request, reply) =>
    read(request, reply),
  );
  app.get('/v2/component/:name', { config, schema: { ...schema, params: ComponentParams } }, (request, reply) =>
    read(request, reply, componentName(request, request.params.name)),
  );
}

/** dcos-log's routes match neither an empty name nor one with a slash, so there is nothing at such a path. */
function componentName(request: FastifyRequest, name: string): string {
  if (name === '' || name.includes('/')) {
    throw new CodedError('not-found', { method: request.method, path: request.url.replace(/\?.*/s, '') });
  }
  return name;
}
