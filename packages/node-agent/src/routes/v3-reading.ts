import {
  CodedError,
  type NodeContextQuery,
  type NodeEntriesQuery,
  negotiateFormat,
  problemOf,
  type V3Format,
} from '@clusterlog/shared';
import { codedErrorOf } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v3Encoder } from '../encode/v3-encoder.ts';
import type { EntryWalk } from '../journal/source.ts';
import { journalShown } from '../read/redacted-journal.ts';
import { malformed, quoted } from '../read/v3-filter.ts';
import { Notices } from '../read/v3-notices.ts';
import { Progress } from '../read/v3-progress.ts';
import type { V3Reading } from '../read/v3-range.ts';
import type { V3Selection } from '../read/v3-selection.ts';
import { seekV3, type V3Start } from '../read/v3-start.ts';
import { counted } from './counted-encoder.ts';
import { readingError } from './v1-errors.ts';
import type { V3Context } from './v3-context.ts';

/** The query parameters that say how entries are shown. */
type Show = Pick<NodeEntriesQuery, 'fields' | 'output' | 'raw' | 'payload'>;

/** The format of the answer. */
export function formatOf(
  request: FastifyRequest,
  query: Pick<NodeEntriesQuery, 'format' | 'payload' | 'from' | 'from_age'> | NodeContextQuery,
): V3Format {
  const format = negotiateFormat(request.headers.accept, query.format);
  if (format === undefined) throw new CodedError('not-acceptable', { accept: request.headers.accept ?? '' });
  if (format !== 'lines' && ('payload' in query || 'from' in query || 'from_age' in query || 'watermarks' in query)) {
    throw malformed('Parameters payload, from, from_age and watermarks: expected the lines format with them.');
  }
  return format;
}

/** Opens a walk over what was selected, moves it to its start, and sets the headers that every answer with entries has. */
export async function openReading(
  context: V3Context,
  request: FastifyRequest,
  reply: FastifyReply,
  ask: {
    readonly selection: V3Selection;
    readonly start: V3Start;
    readonly format: V3Format;
    readonly show: Show;
    readonly signal: AbortSignal;
  },
): Promise<V3Reading> {
  const { selection, start, format, show, signal } = ask;
  const { match, withheld } = selection;
  const shown = shownFieldsOf(show.fields);
  const { output, raw = false, payload = 'ndjson' } = show;
  const agentId = context.agentId();
  const encoder = v3Encoder(format, { withheld, cache: context.cache, shown, agentId, output, raw, payload });
  const walk: EntryWalk = journalShown(context.journal, request.scope).walk(match);
  try {
    const started = await seekV3(context.journal, walk, start, signal);
    reply.headers({ 'content-type': encoder.contentType, vary: 'accept' });
    return {
      walk,
      entries: new Progress(counted(encoder, context, request)),
      notices: new Notices(encoder, agentId, () => {
        context.sent.gaps++;
      }),
      direction: start.direction,
      ...started,
      explain: (error) => {
        const coded = codedErrorOf(readingError(error));
        request.log.warn({ err: coded.cause ?? coded, code: coded.code }, coded.message);
        return { event: 'error', ...problemOf(coded, request.id) };
      },
    };
  } catch (error) {
    walk.close();
    throw error;
  }
}

function shownFieldsOf(texts: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (texts === undefined) return undefined;
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  for (const name of names) {
    if (!/^[A-Z_][A-Z0-9_]{0,63}$/.test(name)) {
      throw malformed(`Parameter fields: expected names of journal fields, found ${quoted(name)}.`);
    }
  }
  return new Set(names);
}
