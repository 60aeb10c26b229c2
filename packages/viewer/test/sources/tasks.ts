import type { ListedTask } from '../../src/api/lists.ts';

/** A running task of a service, as the API lists it. */
export function task(id: string, parts: Partial<ListedTask> = {}): ListedTask {
  return {
    id,
    name: id,
    agent: 'S1',
    host: 'node-1',
    framework: 'F1',
    framework_name: 'marathon',
    executor: id,
    state: 'TASK_RUNNING',
    completed: false,
    updated: 1_795_269_600_000_000,
    ...parts,
  };
}
