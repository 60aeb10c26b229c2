import type { Scope } from '@clusterlog/shared';
import { everything, type Match } from '../journal/match.ts';
import { componentMatch, filterMatch } from './filter.ts';
import { parseInteger } from './go-parameters.ts';
import { allOf, entryLimit, firstOf, journalCursor, type Parameter, unescapedCursor } from './parameters.ts';
import { QueryError } from './query-error.ts';
import { selectedMatch, withheldFields } from './scope-match.ts';
import type { V1Position } from './v1-position.ts';
import { type V2Origin, v2Position } from './v2-position.ts';
import { v2Words } from './wording.ts';

/** The query parameters of `/v2/component`. Of repeated ones the first counts, but for `filter`. */
export interface V2Parameters {
  readonly filter?: Parameter;
  readonly cursor?: Parameter;
  readonly limit?: Parameter;
  readonly skip?: Parameter;
}

export interface V2Request {
  readonly scope: Scope;
  /** The component of the path, as in `dcos-mesos-slave.service`. Default: every entry of the node. */
  readonly component?: string;
  /** The `Last-Event-ID` header. It counts for ranges too. */
  readonly lastEventId?: string | undefined;
}

/** A v2 request, understood. */
export interface V2Plan {
  readonly match: Match;
  readonly withheld: ReadonlySet<string>;
  readonly position: V1Position;
  /** Entries at most; Infinity when there is no limit. */
  readonly limit: number;
}

/**
 * Reads the parameters of `/v2/component`, in dcos-log's order of validation.
 *
 * @throws QueryError for the first parameter that is wrong
 */
export function planV2(parameters: V2Parameters, { scope, component, lastEventId = '' }: V2Request): V2Plan {
  const withheld = withheldFields(scope);
  const match = selectedMatch(
    scope,
    component === undefined ? everything : componentMatch(component, withheld),
    filterMatch(allOf(parameters.filter), withheld, v2Words),
  );
  // A client that comes back repeats the whole query: neither its cursor nor its skip may repeat entries.
  const resumed = lastEventId !== '';
  const cursor = resumed ? lastEventId : unescapedCursor(firstOf(parameters.cursor), v2Words);
  const limit = entryLimit(firstOf(parameters.limit), v2Words);
  const skip = skipped(firstOf(parameters.skip));
  const origin = resumed ? journalEntry(cursor) : originOf(cursor);
  return { match, withheld, position: v2Position(origin, resumed ? 0 : skip), limit };
}

function originOf(cursor: string): V2Origin {
  if (cursor === 'BEG') return 'beginning';
  return cursor === 'END' ? 'end' : journalEntry(cursor);
}

function journalEntry(cursor: string): V2Origin {
  return journalCursor(cursor, v2Words) ?? 'beginning';
}

function skipped(text: string): number {
  if (text === '') return 0;
  const count = parseInteger(text);
  if (typeof count === 'string') throw new QueryError('skip-malformed', `unable to parse skip parameter: ${count}`);
  return count;
}
