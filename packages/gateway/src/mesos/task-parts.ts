import type { MesosAgent } from './model.ts';
import { isContainerId, isContainerStatus, isStatus } from './shapes.ts';

/** Nested containers deeper than this are taken as damage. Mesos itself stops at 32. */
const MAX_CONTAINER_DEPTH = 32;

const TERMINAL_STATES: ReadonlySet<string> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

export function isTerminal(state: string): boolean {
  return TERMINAL_STATES.has(state);
}

/** The container's id as journald's logger writes it, `root.child.grandchild`; undefined when the status names none. */
export function containerOfStatus(status: unknown): string | undefined {
  if (!isStatus(status) || !isContainerStatus(status.container_status)) return undefined;
  const ids: string[] = [];
  let at: unknown = status.container_status.container_id;
  while (at !== undefined) {
    if (!isContainerId(at) || ids.length === MAX_CONTAINER_DEPTH) return undefined;
    ids.push(at.value);
    at = at.parent;
  }
  return ids.reverse().join('.');
}

/**
 * The container of a task. The last status often names none (UNREACHABLE, LOST, a KILLED made by the master), so the
 * statuses are searched backwards for one that does.
 */
export function containerOfStatuses(statuses: readonly unknown[]): string | undefined {
  for (let i = statuses.length - 1; i >= 0; i--) {
    const id = containerOfStatus(statuses[i]);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Greatest timestamp of the statuses, in seconds since 1970; 0 when there is none. */
export function newestTimestamp(statuses: readonly unknown[]): number {
  let newest = 0;
  for (const status of statuses) {
    if (isStatus(status) && status.timestamp !== undefined && status.timestamp > newest) newest = status.timestamp;
  }
  return newest;
}

/** When the task was started, in seconds since 1970; undefined where no status tells. Other states are reported again and again. */
export function startOfStatuses(statuses: readonly unknown[]): number | undefined {
  const start = statuses.find((status) => isStatus(status) && status.state === 'TASK_STARTING');
  return isStatus(start) ? start.timestamp : undefined;
}

/** Under the command executor the master says `""` or nothing; the agent and the journal then use the task's id. */
export function realExecutorId(executorId: string | undefined, taskId: string): string {
  return executorId === undefined || executorId === '' ? taskId : executorId;
}

/** Host and port of a libprocess address such as `slave(1)@10.0.0.5:5051`; undefined when it is not one. */
export function addressOfPid(pid: string): Pick<MesosAgent, 'host' | 'port'> | undefined {
  const match = /@(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:@/]+)):(\d{1,5})$/.exec(pid);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port === 0 || port > 65535 ? undefined : { host, port };
}
