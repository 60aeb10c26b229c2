import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EntryEncoder } from '../encode/encoder.ts';
import type { Match } from '../journal/match.ts';
import type { EntryWalk } from '../journal/source.ts';
import type { GapSink } from '../read/entry-batch.ts';
import { journalShown } from '../read/redacted-journal.ts';
import { seekV1, type V1Position, type V1Start } from '../read/v1-position.ts';
import { counted } from './counted-encoder.ts';
import type { RouteContext } from './v1-context.ts';

/** Entries that are ready to be read; whoever has it closes the walk. */
export interface StartedReading {
  readonly walk: EntryWalk;
  /** Counts what it encodes. */
  readonly encoder: EntryEncoder;
  readonly start: V1Start;
  /** Writes to the log what these formats cannot tell. */
  readonly gaps: GapSink;
}

/** Writes gaps to the request's log, and counts them. */
export function gapLog({ sent }: RouteContext, request: FastifyRequest): GapSink {
  return {
    push(...gaps) {
      sent.gaps += gaps.length;
      for (const gap of gaps) {
        request.log.info(
          { gap },
          'entries are missing from the answer: their file was vacuumed before they were read, or is damaged',
        );
      }
    },
  };
}

/** Opens a walk, moves it to its start and sets the headers that all of dcos-log's answers with entries have. */
export async function startReading(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  plan: { readonly match: Match; readonly position: V1Position },
  encoder: EntryEncoder,
): Promise<StartedReading> {
  const walk = journalShown(context.journal, request.scope).walk(plan.match);
  try {
    const start = await seekV1(walk, plan.position);
    if (start.cursorFound === 'nearest') {
      request.log.info(
        { cursor: 'nearest' },
        'the entry of the cursor is gone: reading goes on at the nearest later one',
      );
    }
    reply.headers({
      'content-type': encoder.contentType,
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    return { walk, encoder: counted(encoder, context, request), start, gaps: gapLog(context, request) };
  } catch (error) {
    walk.close();
    throw error;
  }
}
