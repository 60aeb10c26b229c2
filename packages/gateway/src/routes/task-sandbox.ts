import type { Sandbox } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';

/** A sandbox, as the paths of API v2 name it. */
export interface SandboxParameters {
  readonly framework: string;
  readonly executor: string;
  /** The executor's own container. */
  readonly container: string;
  /** A task of a pod. */
  readonly task?: string;
}

/** A sandbox and whose it is. */
export interface TaskSandbox {
  readonly sandbox: Sandbox;
  /** Whose output is in it, as far as Mesos remembers: one, all of a pod, or none. */
  readonly tasks: readonly MesosTask[];
}

/**
 * The sandbox that a path names. A task of a pod has a container below the executor's, and its sandbox is that one's; what is
 * asked without a task is the executor's own sandbox, in which all of them lie.
 */
export function sandboxOf(
  { framework, executor, container, task }: SandboxParameters,
  index: Pick<ClusterIndex, 'tasksOfExecutor'>,
): TaskSandbox {
  const inside = index
    .tasksOfExecutor(framework, executor)
    .filter(({ containerId }) => containerId === container || containerId?.startsWith(`${container}.`));
  const tasks = task === undefined ? inside : inside.filter(({ id }) => id === task);
  const own = task === undefined ? container : (tasks[0]?.containerId ?? container);
  return { sandbox: { framework, executor, container: own }, tasks };
}

/** The path of a task's sandbox, as dcos-log redirects to it: below `/system/v1/agent/{agent}/logs`. Undefined without a container. */
export function sandboxPath({ id, frameworkId, executorId, containerId }: MesosTask): string | undefined {
  const [root, ...nested] = containerId?.split('.') ?? [];
  if (root === undefined) return undefined;
  const names = ['frameworks', frameworkId, 'executors', executorId, 'runs', root];
  if (nested.length > 0) names.push('tasks', id);
  return `/v2/task/${names.map(encodeURIComponent).join('/')}`;
}
