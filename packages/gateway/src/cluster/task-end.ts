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

/** From when on cursors do not count a task that has ended, as far as Mesos tells when that was; µs since 1970. */
export function uncountedFrom(task: MesosTask | undefined): number | undefined {
  return task?.completed === true && task.updatedAt > 0 ? (task.updatedAt + afterlife) * 1e6 : undefined;
}
