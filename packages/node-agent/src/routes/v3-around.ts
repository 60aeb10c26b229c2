import type { NodeContextQuery } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasCursorParts } from '../read/cursor-parts.ts';
import { QueryError } from '../read/query-error.ts';
import { readV3Page } from '../read/v3-page.ts';
import { selectV3 } from '../read/v3-selection.ts';
import { v3Cursor } from '../read/v3-start.ts';
import { clientGone } from './client-gone.ts';
import type { V3Context } from './v3-context.ts';
import { formatOf, openReading } from './v3-reading.ts';

const defaultCount = 10;
const maximumBytes = 4 * 1024 * 1024;

/** `GET /v3/context`: what stands around an entry, and the entry itself if it was selected. */
export async function answerContext(context: V3Context, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as NodeContextQuery;
  const format = formatOf(request, query);
  const signal = clientGone(reply);
  const cursor = v3Cursor(query.cursor);
  if (cursor === undefined) throw new QueryError('cursor-missing', 'Parameter cursor: expected a cursor, found none.');
  const { before = defaultCount, after = defaultCount } = query;
  const selection = await selectV3(context.journal, query, request.scope, signal);
  const start = { direction: 'forward', cursor } as const;
  const reading = await openReading(context, request, reply, { selection, start, format, show: query, signal });
  const { walk } = reading;
  // The walk stands behind the entry: one step back is the entry itself, if it was selected.
  let isSelected = false;
  let outcome: 'stopped' | 'end' | 'slice';
  do {
    outcome = await walk.read('backward', (entry) => {
      isSelected = hasCursorParts(entry, cursor);
      return false;
    });
    await new Promise(setImmediate);
  } while (outcome === 'slice' && !signal.aborted);
  if (outcome === 'stopped' && !isSelected) await walk.skip(1);
  const stepped = before === 0 ? 0 : await walk.skip(-before);
  const limit = stepped + (isSelected ? 1 : 0) + after;
  const page = await readV3Page(reading, { limit, maximumBytes, saysEnd: format === 'sse', signal });
  return reply.send(page.body);
}
