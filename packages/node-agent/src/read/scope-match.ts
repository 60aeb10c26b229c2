import type { FieldCondition, Group, Scope } from '@clusterlog/shared';
import { and, equals, everything, type Match, not, nothing, or, present } from '../journal/match.ts';
import { redactedMatch } from './redacted-match.ts';
import { redactionOf } from './redaction.ts';

/** What a scope lets through: groups are alternatives, the conditions of a group must all hold. */
export function scopeMatch(scope: Scope): Match {
  if (scope.read === 'node') return everything;
  return or(...scope.read.map(groupMatch));
}

/**
 * What a query selects within a scope: the scope is asked of entries as they were written, the query of what is shown of
 * them.
 */
export function selectedMatch(scope: Scope, ...query: Match[]): Match {
  const redaction = redactionOf(scope);
  const asked = and(...query);
  return and(scopeMatch(scope), redaction === undefined ? asked : redactedMatch(asked, redaction));
}

const nothingHidden: ReadonlySet<string> = new Set();

/** Fields of which nothing is shown. What is withheld of others is not seen by whoever reads of `journalShown`. */
export function withheldFields(scope: Scope): ReadonlySet<string> {
  return redactionOf(scope)?.hidden ?? nothingHidden;
}

function groupMatch(group: Group): Match {
  // The schema refuses an empty group. Were one to come through, it must not read everything.
  if (group.length === 0) return nothing;
  return and(...group.map(conditionMatch));
}

function conditionMatch(condition: FieldCondition): Match {
  if ('in' in condition) return condition.in.length === 0 ? nothing : equals(condition.field, ...condition.in);
  if ('notIn' in condition) return not(equals(condition.field, ...condition.notIn));
  return condition.present ? present(condition.field) : not(present(condition.field));
}
