import {
  NodeBootsQuery,
  NodeContextQuery,
  NodeEntriesQuery,
  NodeFieldQuery,
  NodeFollowQuery,
  NodeHistogramQuery,
} from '@clusterlog/shared';
import type { Server } from '@clusterlog/shared/server';
import { readingError } from './v1-errors.ts';
import { answerContext } from './v3-around.ts';
import type { V3Context } from './v3-context.ts';
import { answerBoots, answerField, answerHistogram } from './v3-counts.ts';
import { answerEntries } from './v3-entries.ts';
import { answerFollow } from './v3-follow.ts';
import {
  BootsResponse,
  EntriesResponse,
  FieldParams,
  FieldResponse,
  HistogramResponse,
  NoHeaders,
  NoParams,
  V3Headers,
} from './v3-schemas.ts';

const config = { face: 'problem' } as const;

/** The v3 API (docs/api.md) of one node. */
export async function v3Routes(app: Server, context: V3Context): Promise<void> {
  app.setErrorHandler((error) => {
    throw readingError(error);
  });

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  });

  const entries = { params: NoParams, headers: V3Headers, response: EntriesResponse };
  app.get('/v3/entries', { config, schema: { ...entries, querystring: NodeEntriesQuery } }, (request, reply) =>
    answerEntries(context, request, reply),
  );
  app.get('/v3/follow', { config, schema: { ...entries, querystring: NodeFollowQuery } }, (request, reply) =>
    answerFollow(context, request, reply),
  );
  app.get('/v3/context', { config, schema: { ...entries, querystring: NodeContextQuery } }, (request, reply) =>
    answerContext(context, request, reply),
  );

  const counts = { headers: NoHeaders };
  app.get(
    '/v3/fields/:field',
    { config, schema: { ...counts, params: FieldParams, querystring: NodeFieldQuery, response: FieldResponse } },
    (request, reply) => answerField(context, request, reply, request.params.field),
  );
  app.get(
    '/v3/histogram',
    { config, schema: { ...counts, params: NoParams, querystring: NodeHistogramQuery, response: HistogramResponse } },
    (request, reply) => answerHistogram(context, request, reply),
  );
  app.get(
    '/v3/boots',
    { config, schema: { ...counts, params: NoParams, querystring: NodeBootsQuery, response: BootsResponse } },
    (request, reply) => answerBoots(context, request, reply),
  );
}
