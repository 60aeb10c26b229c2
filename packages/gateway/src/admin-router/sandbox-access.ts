import { showsFiles } from '@clusterlog/shared';
import type { Caller } from '../auth/caller.ts';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { Grant, Policy, Subject } from '../policy/policy.ts';
import type { SandboxPath } from './sandbox-path.ts';

export interface SandboxAccessOptions {
  readonly index: Pick<ClusterIndex, 'tasksOfExecutor' | 'tasksOfAgent'>;
  readonly policy: Policy;
}

/** What one caller may read of the sandboxes on one agent; for one request. */
export class SandboxAccess {
  readonly #caller: Caller;
  readonly #agentId: string;
  readonly #options: SandboxAccessOptions;
  #wholeNode: boolean | undefined;

  /** @param agentId of the agent that is asked, or of that before it which the path names: ids at one address may be of two machines */
  constructor(caller: Caller, agentId: string, options: SandboxAccessOptions) {
    this.#caller = caller;
    this.#agentId = agentId;
    this.#options = options;
  }

  /**
   * Whether the caller may read a path: when he may read every task that it is of. A path into a nested container is of that
   * container's task; what lies above, as the folder of a whole pod, is of all tasks of the executor's run. What is of no task
   * that Mesos remembers is for those who may read the whole node.
   */
  mayRead(path: SandboxPath): boolean {
    if (path.agentId !== undefined && path.agentId !== this.#agentId) return false;
    const tasks = this.#tasksOf(path);
    if (tasks.length > 0) return tasks.every((task) => readsFiles(this.#decide({ kind: 'task', task })));
    return this.#readsWholeNode();
  }

  /** Whether there is anything on the agent that the caller may read. */
  mayReadSomething(): boolean {
    if (this.#decide({ kind: 'node', agentId: this.#agentId }).allowed) return true;
    const tasks = this.#options.index.tasksOfAgent(this.#agentId);
    return tasks.some((task) => this.#decide({ kind: 'task', task }).allowed);
  }

  /** Tells of the tasks of one executor, by id, whether the caller may read them; where none is known, by the whole node. */
  readableTasks(executor: Executor): (taskId: string) => boolean {
    const known = this.#tasksOfExecutor(executor);
    if (known.length === 0) return () => this.#readsWholeNode();
    const readable = known.filter((task) => this.#decide({ kind: 'task', task }).allowed);
    const ids = new Set(readable.map(({ id }) => id));
    return (taskId) => ids.has(taskId);
  }

  #tasksOfExecutor({ frameworkId, executorId }: Executor): readonly MesosTask[] {
    const tasks = this.#options.index.tasksOfExecutor(frameworkId, executorId);
    return tasks.filter(({ agentId }) => agentId === this.#agentId);
  }

  #decide(subject: Subject): Grant {
    return this.#options.policy.decide(this.#caller, subject);
  }

  #readsWholeNode(): boolean {
    if (this.#wholeNode === undefined) {
      const grant = this.#decide({ kind: 'node', agentId: this.#agentId });
      this.#wholeNode = grant.allowed && grant.scope.read === 'node' && readsFiles(grant);
    }
    return this.#wholeNode;
  }

  #tasksOf({ run, nested, taskId, ...executor }: SandboxPath): readonly MesosTask[] {
    const ofExecutor = this.#tasksOfExecutor(executor);
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

function readsFiles(grant: Grant): boolean {
  return grant.allowed && showsFiles(grant.scope);
}
