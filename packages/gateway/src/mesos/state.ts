import type { MesosAgent, MesosFramework, MesosSnapshot, MesosTask } from './model.ts';
import { arrayOf, isObject, isRecoveredAgent, isStateAgent, isStateFramework, isStateTask } from './shapes.ts';
import {
  addressOfPid,
  containerOfStatuses,
  isTerminal,
  newestTimestamp,
  realExecutorId,
  startOfStatuses,
} from './task-parts.ts';

/**
 * Reads the answer to `GET /master/state`. What has an unexpected shape is left out and counted, one task or agent
 * at a time.
 * @throws Error when it is not a master's state at all.
 */
export function parseState(state: unknown): MesosSnapshot {
  if (!isObject(state) || !Array.isArray(state.slaves) || !Array.isArray(state.frameworks)) {
    throw new Error('expected the state of a Mesos master, an object with "slaves" and "frameworks", found neither');
  }
  let skipped = 0;
  const tasks: MesosTask[] = [];
  const frameworks: MesosFramework[] = [];
  const agents: MesosAgent[] = [];

  const addTasks = (list: readonly unknown[], frameworkName: string | undefined, kind: TaskList) => {
    for (const item of list) {
      const task = parseStateTask(item, frameworkName, kind);
      if (task === undefined) skipped++;
      else tasks.push(task);
    }
  };
  // Completed frameworks first: within one task id, what the master lists later is taken as the newer run.
  for (const item of [...arrayOf(state, 'completed_frameworks'), ...state.frameworks]) {
    const framework = isStateFramework(item) ? { id: item.id, name: item.name } : undefined;
    if (framework === undefined) skipped++;
    else frameworks.push(framework);
    addTasks(arrayOf(item, 'completed_tasks'), framework?.name, 'completed');
    addTasks(arrayOf(item, 'unreachable_tasks'), framework?.name, 'unreachable');
    addTasks(arrayOf(item, 'tasks'), framework?.name, 'active');
  }
  addTasks(arrayOf(state, 'orphan_tasks'), undefined, 'active');

  for (const item of state.slaves) {
    const address = isStateAgent(item) ? addressOfPid(item.pid) : undefined;
    if (!isStateAgent(item) || address === undefined) skipped++;
    else agents.push({ id: item.id, hostname: item.hostname, pid: item.pid, ...address, active: item.active ?? true });
  }
  return { tasks, agents, frameworks, recoveredAgentIds: recoveredIds(arrayOf(state, 'recovered_slaves')), skipped };
}

/** Which of the master's lists a task stands in. */
export type TaskList = 'active' | 'unreachable' | 'completed';

/** Ids of agents that a restarted master knows from its registry and waits for. */
export function recoveredIds(list: readonly unknown[]): string[] {
  return list.filter(isRecoveredAgent).map(({ id }) => (typeof id === 'string' ? id : id.value));
}

function parseStateTask(item: unknown, frameworkName: string | undefined, list: TaskList): MesosTask | undefined {
  if (!isStateTask(item)) return undefined;
  const statuses = item.statuses ?? [];
  return {
    id: item.id,
    name: item.name ?? item.id,
    agentId: item.slave_id,
    frameworkId: item.framework_id,
    frameworkName,
    executorId: realExecutorId(item.executor_id, item.id),
    containerId: containerOfStatuses(statuses),
    state: item.state,
    labels: item.labels ?? [],
    role: item.role,
    completed: list === 'completed' || (list === 'active' && isTerminal(item.state)),
    unreachable: list === 'unreachable' || item.state === 'TASK_UNREACHABLE',
    startedAt: startOfStatuses(statuses),
    updatedAt: newestTimestamp(statuses),
  };
}
