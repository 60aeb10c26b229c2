/** syslog's levels by their names in journalctl, the most urgent first: the name's index is the number in `PRIORITY`. */
export const priorityNames = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** From the more urgent to the less urgent level, both included. */
export interface PriorityRange {
  readonly from: number;
  readonly to: number;
}

/**
 * `--priority` of journalctl: a level by name or number means that one and all more urgent ones, `FROM..TO` those between.
 *
 * @returns undefined when it is neither
 */
export function parsePriority(text: string): PriorityRange | undefined {
  const [one = '', other, ...more] = text.split('..');
  const first = levelOf(one);
  if (first === undefined || more.length > 0) return undefined;
  if (other === undefined) return { from: 0, to: first };
  const second = levelOf(other);
  return second === undefined ? undefined : { from: Math.min(first, second), to: Math.max(first, second) };
}

function levelOf(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  const level = (priorityNames as readonly string[]).indexOf(text);
  return level === -1 ? undefined : level;
}
