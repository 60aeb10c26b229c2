import type { FieldCondition, Scope } from '@clusterlog/shared';

/** Longest description of a scope, in characters: the scope itself may have 32 KiB. */
const longest = 400;

/** What may be read, in short, for the audit line: fields and values as they are, the first alternatives and how many more. */
export function scopeWords({ read, files, withhold }: Scope): string {
  const parts = [read === 'node' ? 'node' : groupWords(read)];
  if (files.length > 0) parts.push(`files of ${files.length} sandboxes`);
  if (withhold.length > 0) parts.push(`without ${[...new Set(withhold.map(({ field }) => field))].join(', ')}`);
  const words = parts.join('; ');
  return words.length <= longest ? words : `${words.slice(0, longest - 1)}…`;
}

function groupWords(groups: Exclude<Scope['read'], 'node'>): string {
  const [first] = groups;
  if (first === undefined) return 'no entries';
  const words = first.map(conditionWords).join(' AND ');
  return groups.length === 1 ? words : `${words} OR ${groups.length - 1} more`;
}

function conditionWords(condition: FieldCondition): string {
  const { field } = condition;
  if ('in' in condition) return `${field}=${condition.in.join('|')}`;
  if ('notIn' in condition) return `${field}!=${condition.notIn.join('|')}`;
  return condition.present ? field : `!${field}`;
}
