import { parsePriority } from '@clusterlog/shared/v3/priority';
import { parametersOf, type View } from '../address/view.ts';

/** What is looked for: what the page marks, or an error. */
export type Sought = 'hit' | 'error';

const graver = { from: 0, to: 3 };
/**
 * Messages that say of themselves that they tell of an error, where no priority does: what log/severity.ts reads off them, for
 * RE2.
 */
const saysError =
  '(?:^|^[^\\n]{0,79}[\\s\\[(|<])(?:FATAL|PANIC|CRITICAL|SEVERE|ERROR)(?:$|[\\s\\])|>:,])' +
  '|"(?:level|severity|lvl)" ?: ?"(?i:emerg|emergency|panic|alert|crit|critical|fatal|severe|err|error)"';

/**
 * Questions to `entries`, any of whose answers is looked for, within what is shown. None when nothing can match.
 */
export function questionsFor(view: View, sought: Sought): URLSearchParams[] {
  const { filters, find } = view;
  const shown = parametersOf(view);
  if (sought === 'hit') {
    if (find !== undefined) shown.append('grep', find);
    return shown.has('grep') ? [shown] : [];
  }
  const questions: URLSearchParams[] = [];
  const [priority] = filters.priority ?? [];
  const range = priority === undefined ? undefined : parsePriority(priority);
  const [first, last] = [Math.max(graver.from, range?.from ?? 0), Math.min(graver.to, range?.to ?? 7)];
  if (first <= last) {
    const byPriority = new URLSearchParams(shown);
    byPriority.set('priority', `${first}..${last}`);
    questions.push(byPriority);
  }
  if (priority === undefined) {
    // Those with a priority say by it what they are.
    for (let other = graver.to + 1; other <= 7; other++) shown.append('filter', `!PRIORITY:${other}`);
    shown.append('grep', saysError);
    questions.push(shown);
  }
  return questions;
}
