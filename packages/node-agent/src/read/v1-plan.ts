import { type Cursor, parseCursor, type Scope } from '@clusterlog/shared';
import { and, everything, type Match } from '../journal/match.ts';
import type { Direction } from '../journal/source.ts';
import { type ContainerPath, filterMatch, pathMatch } from './filter.ts';
import { parseBool, parseUint, unescapeQuery } from './go-parameters.ts';
import { QueryError } from './query-error.ts';
import { scopeMatch, withheldFields } from './scope-match.ts';
import type { V1Position } from './v1-position.ts';

/** The query parameters of API v1, as they stand in the query once percent-decoded. Of repeated ones the first counts. */
export interface V1Parameters {
  readonly filter?: string | readonly string[];
  readonly cursor?: string | readonly string[];
  readonly limit?: string | readonly string[];
  readonly skip_next?: string | readonly string[];
  readonly skip_prev?: string | readonly string[];
  readonly read_reverse?: string | readonly string[];
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
  const match = and(
    scopeMatch(request.scope),
    request.path === undefined ? everything : pathMatch(request.path, withheld),
    filterMatch(all(parameters.filter), withheld),
  );
  const cursor = queryCursor(first(parameters.cursor));
  const limit = queryLimit(first(parameters.limit), request.stream);
  const skipNext = querySkip('skip_next', first(parameters.skip_next));
  const skipPrev = querySkip('skip_prev', first(parameters.skip_prev));
  const direction = queryDirection(first(parameters.read_reverse), request.stream);
  // A browser that comes back repeats the whole query: skipping again would repeat entries.
  const resumed = request.stream ? (request.lastEventId ?? '') : '';
  const position: V1Position =
    resumed === ''
      ? { cursor: demandCursor(cursor), skipNext, skipPrev, direction }
      : { cursor: demandCursor(resumed), skipNext: 0, skipPrev: 0, direction };
  return { match, withheld, position, limit };
}

function queryCursor(text: string): string {
  if (text === '') return '';
  const unescaped = unescapeQuery(text);
  if (unescaped.error !== undefined) {
    throw new QueryError('cursor-malformed', `Unable to unescape cursor parameter: ${unescaped.error}`);
  }
  return unescaped.text;
}

function demandCursor(text: string): Cursor | undefined {
  if (text === '') return undefined;
  const cursor = parseCursor(text);
  if (cursor === undefined)
    throw new QueryError('cursor-malformed', 'Error opening journal reader: Incorrect cursor string');
  return cursor;
}

function queryLimit(text: string, stream: boolean): number {
  if (text === '') return Number.POSITIVE_INFINITY;
  const limit = parseUint(text);
  if (typeof limit === 'string') throw new QueryError('limit-malformed', `Error parsing paramter \`limit\`: ${limit}`);
  if (stream && limit > 0) throw new QueryError('limit-on-stream', 'Unable to stream events with `limit` parameter');
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
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

function all(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function first(value: string | readonly string[] | undefined): string {
  return all(value)[0] ?? '';
}
