import { absoluteTime, type NodeFilter, parseTime, type Scope, TimeFormatError } from '@clusterlog/shared';
import { everything, type Match, since, until } from '../journal/match.ts';
import type { JournalSource } from '../journal/source.ts';
import { selectedMatch, withheldFields } from './scope-match.ts';
import { bootMatch, resolveBoots } from './v3-boot.ts';
import { malformed, v3FilterMatch } from './v3-filter.ts';

/** Which entries a v3 query reads: what its scope grants, narrowed by what it asks for. */
export interface V3Selection {
  readonly match: Match;
  readonly withheld: ReadonlySet<string>;
  /** µs since 1970; undefined where the query says nothing. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** What was relative in the query, as it is to be repeated by whoever asks for the next page. */
  readonly resolved: Readonly<Record<string, readonly string[]>>;
}

/** @throws QueryError */
export async function selectV3(
  journal: JournalSource,
  query: NodeFilter,
  scope: Scope,
  signal: AbortSignal,
): Promise<V3Selection> {
  const now = Date.now() * 1000;
  const withheld = withheldFields(scope);
  const from = timeOf('since', query.since, now);
  const to = timeOf('until', query.until, now);
  const boots = query.boot === undefined ? undefined : await resolveBoots(journal, query.boot, signal);
  const match = selectedMatch(
    scope,
    v3FilterMatch(query, withheld),
    bootMatch(boots, withheld),
    from === undefined ? everything : since(from),
    to === undefined ? everything : until(to),
  );
  const resolved = {
    ...(from === undefined ? {} : { since: [absoluteTime(from)] }),
    ...(to === undefined ? {} : { until: [absoluteTime(to)] }),
    ...(boots === undefined || boots.length === 0 ? {} : { boot: boots }),
  };
  return { match, withheld, since: from, until: to, resolved };
}

function timeOf(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTime(text, now);
  } catch (error) {
    if (!(error instanceof TimeFormatError)) throw error;
    throw malformed(`Parameter ${name}: ${error.message}.`);
  }
}
