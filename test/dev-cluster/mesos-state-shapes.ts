import { containerStatus, pidOf } from './mesos-v1-shapes.ts';
import type { SimulatedAgent, SimulatedFramework, SimulatedMesos, SimulatedTask } from './simulated-mesos.ts';

/** The JSON of the master's `/state`, `/state-summary` and `/slaves`, as Mesos 1.12.0 sends it. */

const RESOURCES = { disk: 8192, mem: 4096, gpus: 0, cpus: 4, ports: '[31000-31999]' };
const NO_RESOURCES = { disk: 0, mem: 0, gpus: 0, cpus: 0 };
const STATES = [
  'STAGING',
  'STARTING',
  'RUNNING',
  'KILLING',
  'FINISHED',
  'KILLED',
  'FAILED',
  'LOST',
  'ERROR',
  'UNREACHABLE',
];

export const VERSION = {
  build_date: '2026-11-21 09:19:01 UTC',
  build_time: 1795252741,
  build_user: '',
  git_branch: 'refs/heads/master',
  git_sha: 'c1b42f79d157aa900be5cbb0c1023f1479962aa7',
  version: '1.12.0',
};

/** What a master says of itself. */
export interface MasterFacts {
  readonly id: string;
  readonly hostname: string;
  readonly port: number;
  readonly startTime: number;
  readonly leader: { readonly hostname: string; readonly port: number };
}

function stateTask(task: SimulatedTask) {
  return {
    id: task.id,
    name: task.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId,
    slave_id: task.agentId,
    state: task.state,
    resources: { disk: 0, mem: 32, gpus: 0, cpus: 0.1 },
    role: task.role,
    statuses: task.statuses.map(({ state, timestamp, namesContainer }) => ({
      state,
      timestamp,
      ...(namesContainer ? { container_status: containerStatus(task) } : {}),
    })),
    ...(task.labels.length === 0 ? {} : { labels: task.labels }),
  };
}

function stateAgent(agent: SimulatedAgent) {
  return {
    id: agent.id,
    hostname: agent.hostname,
    port: agent.port,
    attributes: agent.attributes,
    pid: pidOf(agent),
    registered_time: agent.registeredAt,
    resources: RESOURCES,
    used_resources: NO_RESOURCES,
    offered_resources: NO_RESOURCES,
    reserved_resources: {},
    unreserved_resources: RESOURCES,
    active: agent.active,
    deactivated: false,
    version: VERSION.version,
    capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'],
  };
}

function stateFramework(framework: SimulatedFramework, active: boolean) {
  return {
    id: framework.id,
    name: framework.name,
    used_resources: NO_RESOURCES,
    offered_resources: NO_RESOURCES,
    capabilities: ['PARTITION_AWARE', 'TASK_KILLING_STATE', 'MULTI_ROLE'],
    hostname: '127.0.0.1',
    webui_url: '',
    active,
    connected: active,
    recovered: false,
  };
}

export function recoveredAgents(mesos: SimulatedMesos) {
  return [...mesos.recoveredAgents.values()].map(({ id, hostname, port, attributes }) => ({
    id,
    hostname,
    port,
    attributes,
  }));
}

/** `/slaves`. */
export function slaves(mesos: SimulatedMesos) {
  return { slaves: [...mesos.agents.values()].map(stateAgent), recovered_slaves: recoveredAgents(mesos) };
}

/** `/state`. A master that has not recovered answers it with empty lists. */
export function state(mesos: SimulatedMesos, master: MasterFacts) {
  const framework = (item: SimulatedFramework, active: boolean) => {
    const ofFramework = (tasks: readonly SimulatedTask[]) =>
      tasks.filter((task) => task.frameworkId === item.id).map(stateTask);
    return {
      ...stateFramework(item, active),
      user: 'root',
      failover_timeout: 604800,
      checkpoint: true,
      registered_time: item.registeredAt,
      unregistered_time: 0,
      ...(item.principal === undefined ? {} : { principal: item.principal }),
      resources: NO_RESOURCES,
      roles: ['*'],
      tasks: ofFramework(mesos.tasks),
      unreachable_tasks: ofFramework(mesos.unreachableTasks),
      completed_tasks: ofFramework(mesos.completedTasks),
      offers: [],
      executors: [],
    };
  };
  const { hostname, port } = master.leader;
  return {
    ...VERSION,
    start_time: master.startTime,
    elected_time: master.startTime,
    id: master.id,
    pid: `master@${master.hostname}:${master.port}`,
    hostname: master.hostname,
    activated_slaves: mesos.agents.size,
    deactivated_slaves: 0,
    unreachable_slaves: 0,
    leader: `master@${hostname}:${port}`,
    leader_info: { id: master.id, pid: `master@${hostname}:${port}`, port, hostname },
    cluster: 'demo',
    flags: {},
    ...slaves(mesos),
    frameworks: [...mesos.frameworks.values()].map((item) => framework(item, true)),
    completed_frameworks: mesos.completedFrameworks.map((item) => framework(item, false)),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

/** `/state-summary`. */
export function stateSummary(mesos: SimulatedMesos, master: MasterFacts) {
  const all = [...mesos.tasks, ...mesos.unreachableTasks, ...mesos.completedTasks];
  const counts = (tasks: readonly SimulatedTask[]) =>
    Object.fromEntries(
      STATES.map((name) => [`TASK_${name}`, tasks.filter(({ state }) => state === `TASK_${name}`).length]),
    );
  return {
    hostname: master.hostname,
    cluster: 'demo',
    slaves: [...mesos.agents.values()].map((agent) => {
      const tasks = all.filter((task) => task.agentId === agent.id);
      return {
        ...stateAgent(agent),
        ...counts(tasks),
        framework_ids: [...new Set(tasks.map((task) => task.frameworkId))],
      };
    }),
    frameworks: [...mesos.frameworks.values()].map((item) => {
      const tasks = all.filter((task) => task.frameworkId === item.id);
      return {
        ...stateFramework(item, true),
        ...counts(tasks),
        slave_ids: [...new Set(tasks.map((task) => task.agentId))],
      };
    }),
  };
}
