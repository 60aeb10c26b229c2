import type { ListedTask } from '../api/lists.ts';
import { shortTime } from '../people/short-time.ts';
import type { SourceState } from './source.ts';

/** Ends that somebody should look at. */
const failure = /^TASK_(FAILED|ERROR|LOST|GONE|DROPPED)/;

export function stateOf({ state, completed }: Pick<ListedTask, 'state' | 'completed'>): SourceState {
  if (failure.test(state)) return 'failed';
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
  return completed ? `${word} ${shortTime(new Date(updated / 1_000), now)}` : word;
}
