import type { Scope } from '@clusterlog/shared';
import { everything, type Match } from '../journal/match.ts';
import type { Direction } from '../journal/source.ts';
import { type ContainerPath, filterMatch, pathMatch } from './filter.ts';
import { parseBool, parseUint } from './go-parameters.ts';
import { allOf, entryLimit, firstOf, journalCursor, type Parameter, unescapedCursor } from './parameters.ts';
import { QueryError } from './query-error.ts';
import { selectedMatch, withheldFields } from './scope-match.ts';
import type { V1Position } from './v1-position.ts';
import { v1Words } from './wording.ts';

/** The query parameters of API v1, as they stand in the query once percent-decoded. Of repeated ones the first counts. */
export interface V1Parameters {
  readonly filter?: Parameter;
  readonly cursor?: Parameter;
  readonly limit?: Parameter;
  readonly skip_next?: Parameter;
  readonly skip_prev?: Parameter;
  readonly read_reverse?: Parameter;
}

export interface V1Request {
  /** True on `/v1/stream/`, where `limit` and `read_reverse` are refused and `Last-Event-ID` counts. */
  readonly stream: boolean;
  readonly scope: Scope;
  readonly path?: ContainerPath;
  /** The `Last-Event-ID` header. */
  readonly lastEventId?: string | undefined;
}

/** A v1 request, understood: which entries, from where, how many, and what of them is not shown. */
export interface V1Plan {
  readonly match: Match;
  readonly withheld: ReadonlySet<string>;
  readonly position: V1Position;
  /** Entries at most; Infinity when there is no limit. */
  readonly limit: number;
}

/**
 * Reads the parameters of `/v1/range/` and `/v1/stream/`, in dcos-log's order of validation.
 *
 * @throws QueryError for the first parameter that is wrong
 */
export function planV1(parameters: V1Parameters, request: V1Request): V1Plan {
  const withheld = withheldFields(request.scope);
  const match = selectedMatch(
    request.scope,
    request.path === undefined ? everything : pathMatch(request.path, withheld),
    filterMatch(allOf(parameters.filter), withheld, v1Words),
  );
  const cursor = unescapedCursor(firstOf(parameters.cursor), v1Words);
  const limit = queryLimit(firstOf(parameters.limit), request.stream);
  const skipNext = querySkip('skip_next', firstOf(parameters.skip_next));
  const skipPrev = querySkip('skip_prev', firstOf(parameters.skip_prev));
  const direction = queryDirection(firstOf(parameters.read_reverse), request.stream);
  // A browser that comes back repeats the whole query: skipping again would repeat entries.
  const resumed = request.stream ? (request.lastEventId ?? '') : '';
  const position: V1Position =
    resumed === ''
      ? { cursor: journalCursor(cursor, v1Words), skipNext, skipPrev, direction }
      : { cursor: journalCursor(resumed, v1Words), skipNext: 0, skipPrev: 0, direction };
  return { match, withheld, position, limit };
}

function queryLimit(text: string, stream: boolean): number {
  const limit = entryLimit(text, v1Words);
  if (stream && limit !== Number.POSITIVE_INFINITY) {
    throw new QueryError('limit-on-stream', 'Unable to stream events with `limit` parameter');
  }
  return limit;
}

function querySkip(name: string, text: string): number {
  if (text === '') return 0;
  const count = parseUint(text);
  if (typeof count === 'string') throw new QueryError('skip-malformed', `Error parsing parameter ${name}: ${count}`);
  return count;
}

function queryDirection(text: string, stream: boolean): Direction {
  if (text === '') return 'forward';
  if (stream) {
    throw new QueryError('read-reverse-on-stream', 'Unable to stream events with `read_reverse` parameter');
  }
  const reverse = parseBool(text);
  if (typeof reverse === 'string') throw new QueryError('read-reverse-malformed', reverse);
  return reverse ? 'backward' : 'forward';
}
