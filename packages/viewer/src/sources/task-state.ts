import type { ListedTask } from '../api/lists.ts';
import type { SourceState } from './source.ts';

/** Ends that somebody should look at. */
const failures = new Set([
  'TASK_FAILED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_GONE',
  'TASK_DROPPED',
  'TASK_GONE_BY_OPERATOR',
]);

export function stateOf({ state, completed }: Pick<ListedTask, 'state' | 'completed'>): SourceState {
  if (failures.has(state)) return 'failed';
  if (state === 'TASK_UNREACHABLE') return 'silent';
  return completed ? 'ended' : 'running';
}

/** `running`, `failed 14:05`, `finished 3 Nov`: what became of a task, and when. */
export function stateText(
  { state, completed, updated }: Pick<ListedTask, 'state' | 'completed' | 'updated'>,
  now: Date,
): string {
  const word = state
    .replace(/^TASK_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  if (!completed) return word;
  const time = new Date(updated / 1_000);
  const isToday = time.toDateString() === now.toDateString();
  const when = isToday
    ? time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : time.toLocaleDateString([], { day: 'numeric', month: 'short' });
  return `${word} ${when}`;
}
