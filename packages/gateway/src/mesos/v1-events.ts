import type { MesosAgent, MesosFramework, MesosSnapshot, MesosTask } from './model.ts';
import {
  arrayOf,
  isAllocatedResource,
  isIdValue,
  isObject,
  isTaskUpdated,
  isV1Agent,
  isV1Framework,
  isV1FrameworkInfo,
  isV1Task,
} from './shapes.ts';
import { recoveredIds, type TaskList } from './state.ts';
import {
  addressOfPid,
  containerOfStatus,
  containerOfStatuses,
  isTerminal,
  newestTimestamp,
  realExecutorId,
  startOfStatuses,
} from './task-parts.ts';

/** What one status update changes in a task; the container is undefined when the status does not name it. */
export interface TaskStatus {
  readonly taskId: string;
  readonly frameworkId: string;
  readonly agentId: string | undefined;
  readonly executorId: string | undefined;
  readonly containerId: string | undefined;
  /** The task's state, which outlives the status': a KILLED after a FINISHED leaves FINISHED. */
  readonly state: string;
  /** Seconds since 1970; 0 when the status has none. */
  readonly timestamp: number;
}

/** The events of the master's v1 stream that change the index. */
export type MesosEvent =
  | { readonly type: 'SUBSCRIBED'; readonly snapshot: MesosSnapshot; readonly heartbeatSeconds: number | undefined }
  | { readonly type: 'TASK_ADDED'; readonly task: MesosTask }
  | { readonly type: 'TASK_UPDATED'; readonly status: TaskStatus }
  | { readonly type: 'AGENT_ADDED'; readonly agent: MesosAgent }
  | { readonly type: 'AGENT_REMOVED'; readonly agentId: string }
  | { readonly type: 'FRAMEWORK_ADDED' | 'FRAMEWORK_UPDATED'; readonly framework: MesosFramework }
  | { readonly type: 'FRAMEWORK_REMOVED'; readonly frameworkId: string }
  | { readonly type: 'HEARTBEAT' };

/**
 * Reads one record of the answer to SUBSCRIBE (`mesos::v1::master::Event` as JSON). Undefined for a type that does not
 * concern the index and for a payload of unexpected shape: one odd event never ends the stream.
 * @throws Error when the SUBSCRIBED event holds no state, since nothing could be built on it.
 */
export function parseEvent(event: unknown): MesosEvent | undefined {
  if (!isObject(event)) return undefined;
  switch (event.type) {
    case 'SUBSCRIBED':
      return subscribed(event.subscribed);
    case 'TASK_ADDED': {
      const task = parseV1Task(isObject(event.task_added) ? event.task_added.task : undefined, 'active');
      return task && { type: 'TASK_ADDED', task };
    }
    case 'TASK_UPDATED':
      return taskUpdated(event.task_updated);
    case 'AGENT_ADDED': {
      const agent = parseV1Agent(isObject(event.agent_added) ? event.agent_added.agent : undefined);
      return agent && { type: 'AGENT_ADDED', agent };
    }
    case 'AGENT_REMOVED': {
      const id = isObject(event.agent_removed) ? event.agent_removed.agent_id : undefined;
      return isIdValue(id) ? { type: 'AGENT_REMOVED', agentId: id.value } : undefined;
    }
    case 'FRAMEWORK_ADDED':
    case 'FRAMEWORK_UPDATED': {
      const payload = event.type === 'FRAMEWORK_ADDED' ? event.framework_added : event.framework_updated;
      const framework = parseV1Framework(isObject(payload) ? payload.framework : undefined);
      return framework && { type: event.type, framework };
    }
    case 'FRAMEWORK_REMOVED': {
      const info = isObject(event.framework_removed) ? event.framework_removed.framework_info : undefined;
      return isV1FrameworkInfo(info) ? { type: 'FRAMEWORK_REMOVED', frameworkId: info.id.value } : undefined;
    }
    case 'HEARTBEAT':
      return { type: 'HEARTBEAT' };
    default:
      return undefined;
  }
}

/** Reads the payload of GET_STATE, which is also inside SUBSCRIBED. */
export function parseV1State(state: unknown): MesosSnapshot {
  if (!isObject(state) || !isObject(state.get_tasks) || !isObject(state.get_agents)) {
    throw new Error('expected a state with "get_tasks" and "get_agents" from the Mesos master, found neither');
  }
  let skipped = 0;
  const keep = <T>(list: readonly unknown[], parse: (item: unknown) => T | undefined): T[] => {
    const kept: T[] = [];
    for (const item of list) {
      const parsed = parse(item);
      if (parsed === undefined) skipped++;
      else kept.push(parsed);
    }
    return kept;
  };
  const frameworks = keep(
    [...arrayOf(state.get_frameworks, 'completed_frameworks'), ...arrayOf(state.get_frameworks, 'frameworks')],
    parseV1Framework,
  );
  const names = new Map(frameworks.map((framework) => [framework.id, framework.name]));
  const tasksOf = (member: string, list: TaskList) =>
    keep(arrayOf(state.get_tasks, member), (item) => parseV1Task(item, list, names));
  // Completed ones first: within one task id, what is listed later is taken as the newer run.
  const tasks = [
    ...tasksOf('completed_tasks', 'completed'),
    ...tasksOf('unreachable_tasks', 'unreachable'),
    ...tasksOf('orphan_tasks', 'active'),
    ...tasksOf('tasks', 'active'),
  ];
  const { agents, recoveredAgentIds, skipped: skippedAgents } = parseV1Agents(state.get_agents);
  return { tasks, frameworks, agents, recoveredAgentIds, skipped: skipped + skippedAgents };
}

/** Reads the payload of GET_AGENTS. */
export function parseV1Agents(payload: unknown): Pick<MesosSnapshot, 'agents' | 'recoveredAgentIds' | 'skipped'> {
  const listed = arrayOf(payload, 'agents');
  const agents = listed.map(parseV1Agent).filter((agent) => agent !== undefined);
  return {
    agents,
    recoveredAgentIds: recoveredIds(arrayOf(payload, 'recovered_agents')),
    skipped: listed.length - agents.length,
  };
}

function subscribed(payload: unknown): MesosEvent {
  const snapshot = parseV1State(isObject(payload) ? payload.get_state : undefined);
  const seconds = isObject(payload) ? payload.heartbeat_interval_seconds : undefined;
  return { type: 'SUBSCRIBED', snapshot, heartbeatSeconds: typeof seconds === 'number' ? seconds : undefined };
}

function taskUpdated(payload: unknown): MesosEvent | undefined {
  if (!isTaskUpdated(payload)) return undefined;
  const { status } = payload;
  return {
    type: 'TASK_UPDATED',
    status: {
      taskId: status.task_id.value,
      frameworkId: payload.framework_id.value,
      agentId: status.agent_id?.value,
      executorId: status.executor_id?.value,
      containerId: containerOfStatus(status),
      state: payload.state,
      timestamp: status.timestamp ?? 0,
    },
  };
}

function parseV1Task(item: unknown, list: TaskList, names?: ReadonlyMap<string, string>): MesosTask | undefined {
  if (!isV1Task(item)) return undefined;
  const statuses = item.statuses ?? [];
  const id = item.task_id.value;
  return {
    id,
    name: item.name ?? id,
    agentId: item.agent_id.value,
    frameworkId: item.framework_id.value,
    frameworkName: names?.get(item.framework_id.value),
    executorId: realExecutorId(item.executor_id?.value, id),
    containerId: containerOfStatuses(statuses),
    state: item.state,
    labels: item.labels?.labels ?? [],
    role: item.resources?.find(isAllocatedResource)?.allocation_info.role,
    completed: list === 'completed' || (list === 'active' && isTerminal(item.state)),
    unreachable: list === 'unreachable' || item.state === 'TASK_UNREACHABLE',
    startedAt: startOfStatuses(statuses),
    updatedAt: newestTimestamp(statuses),
  };
}

function parseV1Agent(item: unknown): MesosAgent | undefined {
  if (!isV1Agent(item)) return undefined;
  const address = addressOfPid(item.pid);
  const { id, hostname } = item.agent_info;
  return address && { id: id.value, hostname, pid: item.pid, ...address, active: item.active ?? true };
}

function parseV1Framework(item: unknown): MesosFramework | undefined {
  const info = isV1Framework(item) ? item.framework_info : undefined;
  return isV1FrameworkInfo(info) ? { id: info.id.value, name: info.name } : undefined;
}
