import { setImmediate } from 'node:timers/promises';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { Policy } from '../policy/policy.ts';

/** How long the event loop is kept at a time, in milliseconds. */
const SLICE_MS = 2;

/** Gives others a turn when it has kept the event loop for long enough. */
export function turnTaker(): () => Promise<void> | undefined {
  let began = performance.now();
  return () => {
    if (performance.now() - began < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      began = performance.now();
    });
  };
}

/** What a caller may read of a cluster. */
export interface Readable {
  readonly tasks: readonly MesosTask[];
  /** The agents on which he may read something: a task, or entries of the node. */
  readonly agentIds: ReadonlySet<string>;
}

/** Everything that a caller may read, of what is known now. */
export async function readableBy(
  caller: Caller,
  index: Pick<ClusterIndex, 'tasks' | 'agents'>,
  policy: Policy,
): Promise<Readable> {
  const others = turnTaker();
  const tasks: MesosTask[] = [];
  const agentIds = new Set<string>();
  for (const task of [...index.tasks()]) {
    if (policy.decide(caller, { kind: 'task', task }).allowed) {
      tasks.push(task);
      agentIds.add(task.agentId);
    }
    await others();
  }
  for (const { id } of [...index.agents()]) {
    if (agentIds.has(id)) continue;
    if (policy.decide(caller, { kind: 'node', agentId: id }).allowed) agentIds.add(id);
    await others();
  }
  return { tasks, agentIds };
}
