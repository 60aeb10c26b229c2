import { parsePriority, priorityNames } from '@clusterlog/shared/v3/priority';
import { QueryError } from './query-terms.ts';

const [mostUrgent, leastUrgent] = [priorityNames[0], priorityNames[7]];

/**
 * The parameter `priority` that a term means.
 *
 * @param from of the value in the term
 * @throws QueryError
 */
export function parsePriorityTerm(comparison: string, value: string, from: number): string {
  const range = parsePriority(value);
  const isRange = value.includes('..');
  if (range === undefined || (isRange && (comparison === '<=' || comparison === '>='))) {
    const found = value === '' ? 'nothing' : JSON.stringify(value);
    throw new QueryError(
      `Expected a priority (${priorityNames.join(', ')}), found ${found}.`,
      from,
      from + value.length,
    );
  }
  if (isRange) return value;
  switch (comparison) {
    case '=':
      return `${value}..${value}`;
    case '>=':
      return `${value}..${leastUrgent}`;
    default:
      return value;
  }
}

/** The term for a parameter `priority`. */
export function priorityTerm(value: string): string {
  const [one = '', other] = value.split('..');
  if (other === undefined) return `priority<=${one}`;
  if (one === other) return `priority=${one}`;
  if (other === leastUrgent && one !== mostUrgent) return `priority>=${one}`;
  return `priority=${value}`;
}
