import {
  CodedError,
  ContainerParams,
  DownloadAnswers,
  FieldsAnswers,
  mediaTypes,
  RangeAnswers,
  RangeHeaders,
  StreamAnswers,
  StreamHeaders,
  V1DownloadQuery,
  V1FieldParams,
  V1Query,
} from '@clusterlog/shared';
import type { Server } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { distinctValues, planV1Field } from '../read/distinct-values.ts';
import type { ContainerPath } from '../read/filter.ts';
import { follow } from '../read/follow.ts';
import { readRange } from '../read/read-range.ts';
import { journalShown } from '../read/redacted-journal.ts';
import { clientGone } from './client-gone.ts';
import { prepareV1, sendNothing } from './v1-answer.ts';
import type { RouteContext } from './v1-context.ts';
import { downloadName, sendDownload } from './v1-download.ts';
import { readingError } from './v1-errors.ts';

const container = 'framework/:framework/executor/:executor/container/:container';
const config = { face: 'dcos-log-v1' } as const;
const NoParams = Type.Object({});

/** dcos-log's API v1 (docs/api.md): ranges, streams and field values of this node's journal. */
export async function v1Routes(app: Server, context: RouteContext): Promise<void> {
  app.setErrorHandler((error) => {
    throw readingError(error);
  });

  const readAll = async (request: FastifyRequest, reply: FastifyReply, path?: ContainerPath) => {
    const { walk, plan, encoder, gaps } = await prepareV1(context, request, reply, 'range', path);
    const { direction } = plan.position;
    const bytes = readRange(walk, encoder, { direction, limit: plan.limit, gaps, signal: clientGone(reply) });
    return (await bytes.peek()).done ? undefined : bytes.toReadable();
  };
  const range = async (request: FastifyRequest, reply: FastifyReply, path?: ContainerPath) => {
    const entries = await readAll(request, reply, path);
    return entries === undefined ? sendNothing(reply) : reply.send(entries);
  };
  const download = async (request: FastifyRequest, reply: FastifyReply, postfix?: string, path?: ContainerPath) => {
    const entries = await readAll(request, reply, path);
    return entries === undefined ? sendNothing(reply) : sendDownload(reply, entries, downloadName(path, postfix));
  };
  const stream = async (request: FastifyRequest, reply: FastifyReply, path?: ContainerPath) => {
    const { walk, encoder, gaps } = await prepareV1(context, request, reply, 'stream', path);
    reply.header('x-accel-buffering', 'no');
    return reply.send(follow(walk, encoder, { gaps, onNews: context.onNews, signal: clientGone(reply) }).toReadable());
  };

  const fields = async (request: FastifyRequest, reply: FastifyReply, field: string) => {
    const bytes = distinctValues(
      journalShown(context.journal, request.scope),
      planV1Field(field, request.scope),
      clientGone(reply),
    );
    const first = await bytes.peek();
    reply.header('access-control-allow-origin', '*');
    return first.done ? sendNothing(reply) : reply.header('content-type', mediaTypes.json).send(bytes.toReadable());
  };

  const rangeSchema = { querystring: V1Query, headers: RangeHeaders, response: RangeAnswers };
  app.get('/v1/range/', { config, schema: { ...rangeSchema, params: NoParams } }, (request, reply) =>
    range(request, reply),
  );
  app.get(`/v1/range/${container}`, { config, schema: { ...rangeSchema, params: ContainerParams } }, (request, reply) =>
    range(request, reply, containerPath(request, request.params)),
  );

  const downloadSchema = { querystring: V1DownloadQuery, headers: RangeHeaders, response: DownloadAnswers };
  app.get('/v1/range/download', { config, schema: { ...downloadSchema, params: NoParams } }, (request, reply) =>
    download(request, reply, request.query.postfix?.[0]),
  );
  app.get(
    `/v1/range/${container}/download`,
    { config, schema: { ...downloadSchema, params: ContainerParams } },
    (request, reply) => download(request, reply, request.query.postfix?.[0], containerPath(request, request.params)),
  );

  const streamSchema = { querystring: V1Query, headers: StreamHeaders, response: StreamAnswers };
  app.get('/v1/stream/', { config, schema: { ...streamSchema, params: NoParams } }, (request, reply) =>
    stream(request, reply),
  );
  app.get(
    `/v1/stream/${container}`,
    { config, schema: { ...streamSchema, params: ContainerParams } },
    (request, reply) => stream(request, reply, containerPath(request, request.params)),
  );

  app.get(
    '/v1/fields/:field',
    {
      config,
      schema: {
        params: V1FieldParams,
        querystring: Type.Object({}),
        headers: Type.Object({}),
        response: FieldsAnswers,
      },
    },
    (request, reply) => fields(request, reply, request.params.field),
  );
}

/** An id with a slash cannot be matched by dcos-log's routes, so there is nothing at such a path. */
function containerPath(request: FastifyRequest, path: ContainerPath): ContainerPath {
  if ([path.framework, path.executor, path.container].some((id) => id.includes('/'))) {
    throw new CodedError('not-found', { method: request.method, path: request.url.replace(/\?.*/s, '') });
  }
  return path;
}
