import {
  defaultLimit,
  formatCursor,
  maximumLimit,
  maximumPageBytes,
  type NodeEntriesQuery,
  type V3Format,
  watermarkDelay,
} from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newestShown } from '../read/redacted-newest.ts';
import { malformed } from '../read/v3-filter.ts';
import { readV3Page } from '../read/v3-page.ts';
import { type Telling, v3Range } from '../read/v3-range.ts';
import { selectV3, type V3Selection } from '../read/v3-selection.ts';
import { type V3Start, v3Cursor } from '../read/v3-start.ts';
import { clientGone } from './client-gone.ts';
import type { V3Context } from './v3-context.ts';
import { formatOf, openReading } from './v3-reading.ts';

/** Bytes of pages that wait for their clients, all together; with more of them the next pages are small. */
const mostPageBytes = 64 * 1024 * 1024;
const leastPageBytes = 1024 * 1024;
/** Milliseconds without an entry after which a stream tells how far it has looked. */
const quiet = 1_000;

/** `GET /v3/entries`: a page with a link to the next one, or a stream of everything. */
export async function answerEntries(context: V3Context, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as NodeEntriesQuery;
  const format = formatOf(request, query);
  const signal = clientGone(reply);
  const selection = await selectV3(context.journal, query, request.scope, signal);
  const limit = limitOf(query, format);
  const start = startOf(query, limit, selection, lastEventId(request));
  const isStream = format === 'lines' || limit === Number.POSITIVE_INFINITY;
  const newest =
    isStream && start.direction === 'forward'
      ? await newestShown(context.newest, request.scope).settled(watermarkDelay)
      : undefined;
  const reading = await openReading(context, request, reply, { selection, start, format, show: query, signal });
  if (isStream) {
    const position = newest?.cursor === undefined ? undefined : formatCursor(newest.cursor);
    const bytes = v3Range(reading, { limit, position, telling: tellingOf(query, format), signal });
    await bytes.peek();
    return reply.send(bytes.toReadable());
  }
  const maximumBytes = Math.min(maximumPageBytes, Math.max(leastPageBytes, mostPageBytes - context.pages.bytes));
  const page = await readV3Page(reading, { limit, maximumBytes, saysEnd: format === 'sse', signal });
  if (page.next !== undefined) {
    reply.header('link', `<${nextPage(request, selection, formatCursor(page.next))}>; rel="next"`);
  }
  context.pages.bytes += page.body.length;
  reply.raw.once('close', () => {
    context.pages.bytes -= page.body.length;
  });
  return reply.send(page.body);
}

function tellingOf({ watermarks }: NodeEntriesQuery, format: V3Format): Telling | undefined {
  if (format !== 'lines') return { quiet, by: 'checkpoints' };
  return watermarks === undefined ? undefined : { quiet: watermarks, by: 'watermarks' };
}

/** The `Last-Event-ID` header; undefined where it is missing or empty. */
export function lastEventId(request: FastifyRequest): string | undefined {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function limitOf({ limit, tail, order }: NodeEntriesQuery, format: V3Format): number {
  const isLines = format === 'lines';
  const most = order === 'desc' ? (tail ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  if (limit === undefined) return Math.min(most, isLines ? Number.POSITIVE_INFINITY : defaultLimit);
  const entries = limit === 'all' ? Number.POSITIVE_INFINITY : Number(limit);
  if (entries === 0 || (!isLines && entries > maximumLimit && limit !== 'all')) {
    throw malformed(`Parameter limit: expected a number from 1 to ${maximumLimit}, or all, found ${limit}.`);
  }
  return Math.min(most, entries);
}

function startOf(query: NodeEntriesQuery, limit: number, selection: V3Selection, resume: string | undefined): V3Start {
  const { from, from_age: fromAge, tail } = query;
  const cursor = v3Cursor(resume ?? query.cursor);
  const isDescending = query.order === 'desc';
  if (cursor !== undefined) {
    if (resume === undefined && tail !== undefined) throw malformed('Parameter tail: expected none beside a cursor.');
    return { direction: isDescending ? 'backward' : 'forward', cursor };
  }
  if (isDescending) return { direction: 'backward', from };
  if (from !== undefined || tail !== undefined) return { direction: 'forward', from, fromAge, tail };
  const hasStart = selection.since !== undefined || limit === Number.POSITIVE_INFINITY;
  return hasStart ? { direction: 'forward' } : { direction: 'forward', tail: limit };
}

/** The request's own path and query, with what was relative resolved, going on after the cursor. */
function nextPage(request: FastifyRequest, { resolved }: V3Selection, cursor: string): string {
  const [path = '', query = ''] = (request.raw.url ?? '').split('?', 2);
  const parameters = new URLSearchParams(query);
  for (const [name, values] of Object.entries(resolved)) {
    parameters.delete(name);
    for (const value of values) parameters.append(name, value);
  }
  parameters.delete('tail');
  parameters.set('cursor', cursor);
  return `${path}?${parameters}`;
}
