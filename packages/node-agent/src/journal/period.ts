import type { Match } from './match.ts';

/** From one time to another, both included, in µs since 1970. */
export interface Period {
  readonly since: number;
  readonly until: number;
}

const always: Period = { since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
const never: Period = { since: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY };

/** A period outside of which no entry matches. */
export function periodOf(match: Match): Period {
  switch (match.kind) {
    case 'nothing':
      return never;
    case 'time':
      return match;
    case 'and':
      return match.terms
        .map(periodOf)
        .reduce(
          (one, other) => ({ since: Math.max(one.since, other.since), until: Math.min(one.until, other.until) }),
          always,
        );
    case 'or':
      return match.terms
        .map(periodOf)
        .reduce(
          (one, other) => ({ since: Math.min(one.since, other.since), until: Math.max(one.until, other.until) }),
          never,
        );
    default:
      return always;
  }
}

export function isAlways({ since, until }: Period): boolean {
  return since === always.since && until === always.until;
}
