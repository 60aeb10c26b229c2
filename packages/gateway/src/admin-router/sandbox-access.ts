import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { Grant, Policy } from '../policy/policy.ts';
import type { SandboxPath } from './sandbox-path.ts';

/** The tasks of one agent, by executor: whose sandboxes are on it. */
export class AgentSandboxes {
  readonly #agentId: string;
  readonly #byExecutor: ReadonlyMap<string, readonly MesosTask[]>;

  constructor(agentId: string, index: Pick<ClusterIndex, 'tasks'>) {
    this.#agentId = agentId;
    const byExecutor = new Map<string, MesosTask[]>();
    for (const task of index.tasks()) {
      if (task.agentId !== agentId) continue;
      const key = keyOf(task);
      const others = byExecutor.get(key);
      if (others === undefined) byExecutor.set(key, [task]);
      else others.push(task);
    }
    this.#byExecutor = byExecutor;
  }

  /**
   * Whether a caller may read a path: when he may read every task that it is of. A path into a nested container is of that
   * container's task; what lies above, as the folder of a whole pod, is of all tasks of the executor's run. What is of no task
   * that Mesos remembers is for those who may read the whole node.
   */
  mayRead(caller: Caller, path: SandboxPath, policy: Policy): boolean {
    if (path.agentId !== undefined && path.agentId !== this.#agentId) return false;
    const tasks = this.#tasksOf(path);
    if (tasks.length > 0) return tasks.every((task) => readsFiles(policy.decide(caller, { kind: 'task', task })));
    return this.#readsNode(caller, policy);
  }

  /** The tasks of one executor that a caller may read, by id; all that he asks for, where none is known and he reads the node. */
  readableTasks(caller: Caller, executor: Executor, policy: Policy): (taskId: string) => boolean {
    const known = this.#byExecutor.get(keyOf(executor));
    if (known === undefined) {
      const readsNode = this.#readsNode(caller, policy);
      return () => readsNode;
    }
    const readable = known.filter((task) => policy.decide(caller, { kind: 'task', task }).allowed);
    const ids = new Set(readable.map(({ id }) => id));
    return (taskId) => ids.has(taskId);
  }

  #readsNode(caller: Caller, policy: Policy): boolean {
    const grant = policy.decide(caller, { kind: 'node', agentId: this.#agentId });
    return grant.allowed && grant.scope.read === 'node' && readsFiles(grant);
  }

  #tasksOf({ run, nested, taskId, ...executor }: SandboxPath): readonly MesosTask[] {
    const ofExecutor = this.#byExecutor.get(keyOf(executor)) ?? [];
    // Which run is the latest only the Mesos agent knows.
    if (run === 'latest') return ofExecutor;
    const ofRun = ofExecutor.filter(({ containerId }) => containerId === run || containerId?.startsWith(`${run}.`));
    const named = ofRun.filter(({ id }) => id === taskId);
    if (named.length > 0) return named;
    for (let depth = nested.length; depth > 0; depth--) {
      const container = [run, ...nested.slice(0, depth)].join('.');
      const inside = ofRun.filter(({ containerId }) => containerId === container);
      if (inside.length > 0) return inside;
    }
    return ofRun;
  }
}

type Executor = Pick<MesosTask, 'frameworkId' | 'executorId'>;

function keyOf({ frameworkId, executorId }: Executor): string {
  return `${frameworkId}/${executorId}`;
}

/** Of files nothing can be withheld: who may not see everything in a log may not see the file either. */
function readsFiles(grant: Grant): boolean {
  return grant.allowed && grant.scope.withhold.length === 0;
}
