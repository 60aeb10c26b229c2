import type { Cursor, NodeContextQuery } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntryWalk } from '../journal/source.ts';
import { hasCursorParts } from '../read/cursor-parts.ts';
import { QueryError } from '../read/query-error.ts';
import { cursorShown } from '../read/redacted-newest.ts';
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
  const limit = (await stepBack(reading.walk, cursorShown(cursor, request.scope), before)) + after;
  const page = await readV3Page(reading, { limit, maximumBytes, saysEnd: format === 'sse', signal });
  return reply.send(page.body);
}

/**
 * Moves a walk that stands behind the entry of a cursor to `count` entries before it.
 *
 * @returns how many entries lie ahead up to the entry itself, which counts if the walk has it
 */
async function stepBack(walk: EntryWalk, cursor: Cursor, count: number): Promise<number> {
  try {
    // One step back is the entry itself, if it was selected.
    let isSelected = false;
    let outcome: 'stopped' | 'end' | 'slice';
    do {
      outcome = await walk.read('backward', (entry) => {
        isSelected = hasCursorParts(entry, cursor);
        return false;
      });
      await new Promise(setImmediate);
    } while (outcome === 'slice');
    if (outcome === 'stopped' && !isSelected) await walk.skip(1);
    const before = count === 0 ? 0 : await walk.skip(-count);
    return before + (isSelected ? 1 : 0);
  } catch (error) {
    walk.close();
    throw error;
  }
}
