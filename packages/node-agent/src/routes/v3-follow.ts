import { defaultTail, type NodeFollowQuery, watermarkDelay } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newestShown } from '../read/redacted-newest.ts';
import { malformed } from '../read/v3-filter.ts';
import { v3Follow } from '../read/v3-follow.ts';
import { selectV3, type V3Selection } from '../read/v3-selection.ts';
import { type V3Start, v3Cursor } from '../read/v3-start.ts';
import { clientGone } from './client-gone.ts';
import type { V3Context } from './v3-context.ts';
import { lastEventId } from './v3-entries.ts';
import { formatOf, openReading } from './v3-reading.ts';

/** Silence after which a follower is told that it is still connected, in ms: a comment every 15 s is promised. */
const quiet = 14_000;
/** journalctl waits for a signal from journald, and for new files it may look only every two seconds; in µs. */
const journalctlDelay = 3_000_000;
/** When a browser comes back, in ms; not all of them at once after a restart. */
const leastRetry = 1_000;
const retryJitter = 4_000;

/** `GET /v3/follow`: what there is from the start on, and then what comes. */
export async function answerFollow(context: V3Context, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as NodeFollowQuery;
  const format = formatOf(request, query);
  const signal = clientGone(reply);
  const selection = await selectV3(context.journal, query, request.scope, signal);
  const start = startOf(query, selection, lastEventId(request));
  const reading = await openReading(context, request, reply, { selection, start, format, show: query, signal });
  const { watermarks } = query;
  reply.header('x-accel-buffering', 'no');
  const opening =
    format === 'sse' ? Buffer.from(`retry: ${leastRetry + Math.floor(Math.random() * retryJitter)}\n\n`) : undefined;
  const bytes = v3Follow(reading, {
    quiet: watermarks ?? quiet,
    tells: format === 'lines' ? 'watermarks' : 'checkpoints',
    opening,
    cursor: start.cursor,
    newest: newestShown(context.newest, request.scope),
    delay: context.journal.kind === 'native' ? watermarkDelay : journalctlDelay,
    onNews: context.onNews,
    signal,
  });
  return reply.send(bytes.toReadable());
}

function startOf(query: NodeFollowQuery, selection: V3Selection, resume: string | undefined): V3Start {
  const { from, from_age: fromAge, tail } = query;
  const cursor = v3Cursor(resume ?? query.cursor);
  if (cursor !== undefined) {
    if (resume === undefined && tail !== undefined) throw malformed('Parameter tail: expected none beside a cursor.');
    return { direction: 'forward', cursor };
  }
  if (from !== undefined) return { direction: 'forward', from, fromAge };
  if (tail !== undefined) return { direction: 'forward', tail };
  return selection.since === undefined ? { direction: 'forward', tail: defaultTail } : { direction: 'forward' };
}
