import { setImmediate } from 'node:timers/promises';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { Policy } from '../policy/policy.ts';

/** How long the event loop is kept at a time, in milliseconds. */
const SLICE_MS = 2;

/**
 * Gives others a turn when the event loop has been kept for long enough; there is then something to wait for.
 *
 * @param every how many calls go by before the clock is looked at
 */
export function turnTaker(every = 16): () => Promise<void> | undefined {
  let began = performance.now();
  let calls = 0;
  return () => {
    if (++calls % every !== 0 || performance.now() - began < SLICE_MS) return undefined;
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
  const betweenTasks = turnTaker();
  // Each decision on a node may look at all that ran on it.
  const betweenNodes = turnTaker(1);
  const tasks: MesosTask[] = [];
  const agentIds = new Set<string>();
  for (const task of [...index.tasks()]) {
    if (policy.decide(caller, { kind: 'task', task }).allowed) {
      tasks.push(task);
      agentIds.add(task.agentId);
    }
    const turn = betweenTasks();
    if (turn !== undefined) await turn;
  }
  for (const { id } of [...index.agents()]) {
    if (agentIds.has(id)) continue;
    if (policy.decide(caller, { kind: 'node', agentId: id }).allowed) agentIds.add(id);
    const turn = betweenNodes();
    if (turn !== undefined) await turn;
  }
  return { tasks, agentIds };
}
