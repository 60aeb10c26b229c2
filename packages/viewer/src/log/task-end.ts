import type { Scope } from '../address/view.ts';
import { request } from '../api/request.ts';
import { stateTexts } from './event-text.ts';

interface ListedTask {
  readonly id: string;
  readonly state: string;
  readonly completed: boolean;
  /** µs. */
  readonly updated: number;
}

/** Whether a state of Mesos is a task's last. */
export function isLastState(state: string): boolean {
  return /^TASK_(FINISHED|FAILED|KILLED|LOST|ERROR|DROPPED|GONE)/.test(state);
}

/** `The task has finished.` */
export function endText(state: string): string {
  return `The task ${stateTexts.get(state) ?? `is ${state}`}.`;
}

/** Whether a view is of one task and nothing else. */
export function isOfOneTask({ task, ...others }: Scope): boolean {
  return task?.length === 1 && Object.keys(others).length === 0;
}

/** Why nothing more comes, where a view is of one task and that has ended. Undefined otherwise. */
export async function taskEnd(scope: Scope, signal: AbortSignal): Promise<string | undefined> {
  if (!isOfOneTask(scope)) return undefined;
  const response = await request('tasks', new URLSearchParams({ task: scope.task?.[0] ?? '', limit: '1' }), { signal });
  const { tasks } = (await response.json()) as { readonly tasks: readonly ListedTask[] };
  const [found] = tasks;
  return found?.completed === true ? endText(found.state) : undefined;
}
