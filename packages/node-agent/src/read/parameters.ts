import { type Cursor, parseCursor } from '@clusterlog/shared';
import { parseUint, unescapeQuery } from './go-parameters.ts';
import { QueryError } from './query-error.ts';
import type { Wording } from './wording.ts';

/** A parameter as it stands in the query once percent-decoded; a list when it is repeated. */
export type Parameter = string | readonly string[] | undefined;

export function allOf(parameter: Parameter): readonly string[] {
  if (parameter === undefined) return [];
  return typeof parameter === 'string' ? [parameter] : parameter;
}

/** Of a repeated parameter the first counts, and an empty one is none. */
export function firstOf(parameter: Parameter): string {
  return allOf(parameter)[0] ?? '';
}

/**
 * `cursor` is unescaped once more than the query is, so that a cursor escaped twice is understood.
 *
 * @throws QueryError `cursor-malformed`
 */
export function unescapedCursor(text: string, words: Wording): string {
  const unescaped = unescapeQuery(text);
  if (unescaped.error !== undefined) {
    throw new QueryError('cursor-malformed', `${words.cursorEscape}: ${unescaped.error}`);
  }
  return unescaped.text;
}

/**
 * A journal cursor; undefined for an empty text.
 *
 * @throws QueryError `cursor-malformed`
 */
export function journalCursor(text: string, words: Wording): Cursor | undefined {
  if (text === '') return undefined;
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new QueryError('cursor-malformed', words.cursor);
  return cursor;
}

/**
 * `limit`: Infinity when it is empty or 0.
 *
 * @throws QueryError `limit-malformed`
 */
export function entryLimit(text: string, words: Wording): number {
  if (text === '') return Number.POSITIVE_INFINITY;
  const limit = parseUint(text);
  if (typeof limit === 'string') throw new QueryError('limit-malformed', `${words.limit}: ${limit}`);
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
