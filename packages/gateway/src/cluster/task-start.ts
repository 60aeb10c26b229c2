import type { MesosTask } from '../mesos/model.ts';
import type { LaneTarget } from './cluster-scope.ts';

/** What has begun with a task: an instance of its own, one that was there before on the same node, or on another one. */
export type TaskStart = 'started' | 'restarted' | 'moved';

/**
 * A task of Marathon's instances: `<app>.instance-<uuid>._app.<n>`, a pod's with its container's name for `_app`. An instance that is
 * started anew keeps its UUID and counts on.
 */
const incarnation = /^(?<instance>.+\.(?:instance|marathon)-[0-9a-f-]{36}\.[^.]+)\.(?<number>[0-9]{1,9})$/;

/** @param read what is read already, tasks that have ended among it */
export function startOf(task: MesosTask, agentId: string, read: Iterable<LaneTarget>): TaskStart {
  const own = incarnationOf(task.id);
  if (own === undefined) return 'started';
  let before: { readonly number: number; readonly agentId: string } | undefined;
  for (const target of read) {
    const other = target.task && incarnationOf(target.task.id);
    if (other?.instance !== own.instance || other.number >= own.number) continue;
    if (before === undefined || other.number > before.number)
      before = { number: other.number, agentId: target.agentId };
  }
  if (before === undefined) return 'started';
  return before.agentId === agentId ? 'restarted' : 'moved';
}

/** Clocks of agents, which stamp the starts of tasks, and of gateways are hardly ever further apart, in seconds. */
const apart = 2;
/** By then every gateway has heard of a task, in seconds. */
const known = 120;

/** Whether a task was surely not there yet at a realtime in µs. */
export function startedAfter(task: MesosTask | undefined, realtime: number): boolean {
  return task?.startedAt !== undefined && (task.startedAt - apart) * 1e6 > realtime;
}

/** Whether a task had been there for so long at a realtime in µs that a gateway must have known it. */
export function startedLongBefore(task: MesosTask | undefined, realtime: number): boolean {
  return task?.startedAt !== undefined && (task.startedAt + known) * 1e6 < realtime;
}

function incarnationOf(id: string): { readonly instance: string; readonly number: number } | undefined {
  const { instance, number } = incarnation.exec(id)?.groups ?? {};
  return instance === undefined ? undefined : { instance, number: Number(number) };
}
