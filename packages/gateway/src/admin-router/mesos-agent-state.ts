import { isObject } from '../mesos/shapes.ts';

/** Says of a task whether it may be told of. */
type MayTell = (taskId: string) => boolean;

/** Says which tasks of an executor may be told of. */
export type ReadableTasks = (executor: { readonly frameworkId: string; readonly executorId: string }) => MayTell;

type Json = Readonly<Record<string, unknown>>;

/**
 * What may be told of a Mesos agent's `/state`: where the sandboxes of readable tasks lie. Of each part only members that are
 * named here are kept, so commands, environments, flags and what later versions of Mesos add are left out.
 *
 * @throws Error when it is no agent's state
 */
export function readableAgentState(state: unknown, readable: ReadableTasks): Json {
  if (!isObject(state) || !Array.isArray(state.frameworks)) {
    throw new Error('expected the state of a Mesos agent, an object with "frameworks", found none');
  }
  return {
    ...kept(state, ['id', 'pid', 'hostname', 'version', 'start_time', 'attributes']),
    frameworks: frameworks(state.frameworks, readable),
    completed_frameworks: frameworks(state.completed_frameworks, readable),
  };
}

function frameworks(list: unknown, readable: ReadableTasks): Json[] {
  return objectsOf(list).flatMap((framework) => {
    const { id } = framework;
    if (typeof id !== 'string') return [];
    const ofList = (name: string) =>
      objectsOf(framework[name]).flatMap((executor) => readableExecutor(executor, id, readable));
    const told = { executors: ofList('executors'), completed_executors: ofList('completed_executors') };
    if (told.executors.length + told.completed_executors.length === 0) return [];
    return [{ ...kept(framework, ['id', 'name', 'hostname', 'active', 'checkpoint']), ...told }];
  });
}

const taskLists = ['tasks', 'queued_tasks', 'completed_tasks'] as const;

/** An executor with its readable tasks; nothing when there is none. */
function readableExecutor(executor: Json, frameworkId: string, readable: ReadableTasks): Json[] {
  const { id, name } = executor;
  if (typeof id !== 'string') return [];
  const mayTell = readable({ frameworkId, executorId: id });
  const told = Object.fromEntries(
    taskLists.map((list) => [
      list,
      objectsOf(executor[list])
        .filter((task) => typeof task.id === 'string' && mayTell(task.id))
        .map(readableTask),
    ]),
  );
  if (Object.values(told).every((tasks) => tasks.length === 0)) return [];
  return [
    {
      ...kept(executor, ['id', 'source', 'container', 'directory', 'role', 'type']),
      // Of a command executor the name holds the command, too.
      ...(typeof name === 'string' ? { name: name.replace(/ \(Command: .*$/s, '') } : {}),
      ...told,
    },
  ];
}

function readableTask(task: Json): Json {
  return {
    ...kept(task, ['id', 'name', 'framework_id', 'executor_id', 'slave_id', 'state', 'role', 'labels']),
    statuses: objectsOf(task.statuses).map((status) => kept(status, ['state', 'timestamp', 'container_status'])),
  };
}

function kept(object: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}

function objectsOf(list: unknown): Json[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
