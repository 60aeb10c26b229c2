import type {
  SimulatedAgent,
  SimulatedFramework,
  SimulatedMesos,
  SimulatedStatus,
  SimulatedTask,
} from './simulated-mesos.ts';

/** The JSON of Mesos' v1 operator API (`mesos::v1::master`), as Mesos 1.12.0 sends it. */

const scalar = (name: string, value: number) => ({ name, type: 'SCALAR', scalar: { value } });
const nanoseconds = (seconds: number) => ({ nanoseconds: Math.round(seconds * 1e9) });

export function v1Framework({ id, name, principal, registeredAt }: SimulatedFramework, active: boolean) {
  return {
    framework_info: {
      user: 'root',
      name,
      id: { value: id },
      failover_timeout: 604800,
      checkpoint: true,
      roles: ['*'],
      ...(principal === undefined ? {} : { principal }),
      capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }, { type: 'MULTI_ROLE' }],
    },
    active,
    connected: active,
    recovered: false,
    registered_time: nanoseconds(registeredAt),
    reregistered_time: nanoseconds(registeredAt),
  };
}

function agentInfo({ id, hostname, port, attributes }: SimulatedAgent) {
  return {
    hostname,
    port,
    resources: [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 8192)],
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, type: 'TEXT', text: { value } })),
    id: { value: id },
    checkpoint: true,
  };
}

export function v1Agent(agent: SimulatedAgent) {
  return {
    agent_info: agentInfo(agent),
    active: agent.active,
    deactivated: false,
    version: '1.12.0',
    pid: pidOf(agent),
    registered_time: nanoseconds(agent.registeredAt),
    total_resources: [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 8192)],
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'HIERARCHICAL_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
  };
}

export function pidOf({ host, port }: Pick<SimulatedAgent, 'host' | 'port'>): string {
  return `slave(1)@${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function containerStatus(task: SimulatedTask) {
  return {
    container_id: task.container,
    network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] }],
  };
}

export function v1Status(task: SimulatedTask, status: SimulatedStatus) {
  const { state, timestamp, source, reason, message, namesContainer } = status;
  return {
    task_id: { value: task.id },
    state,
    ...(message === undefined ? {} : { message }),
    source,
    ...(reason === undefined ? {} : { reason }),
    agent_id: { value: task.agentId },
    ...(source === 'SOURCE_EXECUTOR' ? { executor_id: { value: task.executorId || task.id } } : {}),
    timestamp,
    ...(namesContainer ? { container_status: containerStatus(task) } : {}),
  };
}

export function v1Task(task: SimulatedTask) {
  const allocation_info = { role: task.role };
  return {
    name: task.name,
    task_id: { value: task.id },
    framework_id: { value: task.frameworkId },
    ...(task.executorId === '' ? {} : { executor_id: { value: task.executorId } }),
    agent_id: { value: task.agentId },
    state: task.state,
    resources: [
      { ...scalar('cpus', 0.1), allocation_info },
      { ...scalar('mem', 32), allocation_info },
    ],
    ...(task.statuses.length === 0 ? {} : { statuses: task.statuses.map((status) => v1Status(task, status)) }),
    ...(task.labels.length === 0 ? {} : { labels: { labels: task.labels } }),
  };
}

export function v1Agents(mesos: SimulatedMesos) {
  return {
    agents: [...mesos.agents.values()].map(v1Agent),
    recovered_agents: [...mesos.recoveredAgents.values()].map(agentInfo),
  };
}

export function v1State(mesos: SimulatedMesos) {
  return {
    get_tasks: {
      tasks: mesos.tasks.map(v1Task),
      unreachable_tasks: mesos.unreachableTasks.map(v1Task),
      completed_tasks: mesos.completedTasks.map(v1Task),
    },
    get_executors: { executors: [] },
    get_frameworks: {
      frameworks: [...mesos.frameworks.values()].map((framework) => v1Framework(framework, true)),
      completed_frameworks: mesos.completedFrameworks.map((framework) => v1Framework(framework, false)),
    },
    get_agents: v1Agents(mesos),
  };
}
