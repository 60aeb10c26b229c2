import type { FieldCondition, Group, Scope } from '@clusterlog/shared';
import { and, equals, everything, type Match, not, nothing, or, present } from '../journal/match.ts';

/** What a scope lets through: groups are alternatives, the conditions of a group must all hold. */
export function scopeMatch(scope: Scope): Match {
  if (scope.read === 'node') return everything;
  return or(...scope.read.map(groupMatch));
}

/**
 * Fields whose values must not be seen. A rule with a pattern withholds the whole field until patterns are understood:
 * too little is shown rather than too much.
 */
export function withheldFields(scope: Scope): ReadonlySet<string> {
  return new Set(scope.withhold.map((rule) => rule.field));
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
