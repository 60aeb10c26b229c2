import type { MesosTask } from '../mesos/model.ts';

/** An ended task's container may have written its last lines that long after its last status, in seconds. */
const afterlife = 120;

/** Whether a task ended so long ago that its container writes nothing any more. */
export function hasEnded(task: MesosTask | undefined): boolean {
  return task?.completed === true && task.updatedAt + afterlife < Date.now() / 1_000;
}

/** Whether a task had ended, its last lines written, before a realtime in µs. */
export function endedBefore(task: MesosTask | undefined, realtime: number): boolean {
  return task?.completed === true && task.updatedAt > 0 && (task.updatedAt + 2 * afterlife) * 1e6 < realtime;
}

/** Clocks of agents, which stamp the ends of tasks, and of gateways are no further apart, in seconds. */
const apart = 20;

/** Whether a follow had read a task to its end, and nothing can have come since, at a realtime in µs. */
export function wasSpentAt(task: MesosTask | undefined, realtime: number): boolean {
  return task?.completed === true && task.updatedAt > 0 && (task.updatedAt + afterlife - apart) * 1e6 < realtime;
}
