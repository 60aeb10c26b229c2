import type { FieldCondition, Group, Sandbox, Scope } from '@clusterlog/shared';
import type { MesosTask } from '../mesos/model.ts';

/** Which entries are taken for a task's. */
export interface TaskForms {
  /**
   * Take lines of the simpler container logger too, which writes nothing but SYSLOG_IDENTIFIER. Off by default: every
   * daemon writes that field, and any task may be named like a daemon.
   */
  readonly stream: boolean;
  /** Asked of every entry on top: fields without a leading underscore are claims by their writer. */
  readonly trusted: readonly FieldCondition[];
}

/** The parts of a task that its entries can be told by. */
export type TaskIdentity = Pick<MesosTask, 'id' | 'frameworkId' | 'executorId' | 'containerId'>;

const withoutFramework: FieldCondition = { field: 'FRAMEWORK_ID', present: false };

const is = (field: string, ...values: string[]): FieldCondition => ({ field, in: [...new Set(values)] });

/**
 * The scope of one task's log, in up to three forms: the fields of the journald container logger; the container's name as
 * Docker's journald log driver writes it; with `stream`, the identifier of a stdout stream. The last two count only for
 * entries without FRAMEWORK_ID, so that no task's own fields speak for another.
 *
 * Its files are those of its container. A task without a container reads nothing.
 */
export function taskScope(task: TaskIdentity, forms: TaskForms): Scope {
  return {
    v: 1,
    read: task.containerId === undefined ? [] : groupsOf(task, task.containerId, forms),
    files: sandboxesOf(task),
    withhold: [],
  };
}

function sandboxesOf({ frameworkId, executorId, containerId = '' }: TaskIdentity): Sandbox[] {
  if ([frameworkId, executorId, containerId].includes('')) return [];
  return [{ framework: frameworkId, executor: executorId, container: containerId }];
}

function groupsOf(
  { id, frameworkId, executorId }: TaskIdentity,
  containerId: string,
  { stream, trusted }: TaskForms,
): Group[] {
  const containerLogger: Group = [
    is('FRAMEWORK_ID', frameworkId),
    is('EXECUTOR_ID', executorId),
    is('CONTAINER_ID', containerId),
    ...trusted,
  ];
  const docker: Group = [is('CONTAINER_NAME', `mesos-${containerId}`), withoutFramework, ...trusted];
  const stdout: Group = [
    is('SYSLOG_IDENTIFIER', id, executorId),
    is('_TRANSPORT', 'stdout'),
    withoutFramework,
    ...trusted,
  ];
  return stream ? [containerLogger, docker, stdout] : [containerLogger, docker];
}
