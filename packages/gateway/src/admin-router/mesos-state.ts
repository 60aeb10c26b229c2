import type { MesosAgent, MesosTask } from '../mesos/model.ts';
import { type Readable, turnTaker } from './readable.ts';

/**
 * The JSON of the master's `/state` and `/state-summary`, in the shapes of Mesos 1.12, from what the gateway knows: tasks,
 * their agents and frameworks. Commands, environments, resources and flags are not among it. Written in pieces, since a large
 * cluster's is tens of megabytes.
 */

/** Characters collected before a piece is given out. */
const PIECE_LENGTH = 64 * 1024;

/** What is known of the master itself. */
export interface MasterFacts {
  readonly leader: URL;
}

/** `/master/state`. */
export async function* stateJson(
  { tasks, agentIds }: Readable,
  agents: readonly MesosAgent[],
  { leader }: MasterFacts,
): AsyncGenerator<string> {
  const listed = agents.filter(({ id }) => agentIds.has(id));
  const active = listed.filter((agent) => agent.active).length;
  const { hostname, port } = addressOf(leader);
  const pid = `master@${hostname}:${port}`;
  const head = {
    pid,
    hostname,
    leader: pid,
    leader_info: { pid, hostname, port },
    activated_slaves: active,
    deactivated_slaves: listed.length - active,
    slaves: listed.map(stateAgent),
    recovered_slaves: [],
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
  yield `${JSON.stringify(head).slice(0, -1)},"frameworks":[`;
  let first = true;
  for (const { id, name, tasks: own } of await frameworksOf(tasks)) {
    yield `${first ? '' : ','}${JSON.stringify({ id, name, active: true, executors: [], offers: [] }).slice(0, -1)}`;
    first = false;
    yield* taskList('tasks', own, ({ completed, unreachable }) => !completed && !unreachable);
    yield* taskList('unreachable_tasks', own, ({ completed, unreachable }) => !completed && unreachable);
    yield* taskList('completed_tasks', own, ({ completed }) => completed);
    yield '}';
  }
  yield ']}';
}

/** `/master/state-summary`. */
export async function stateSummary(
  { tasks, agentIds }: Readable,
  agents: readonly MesosAgent[],
  { leader }: MasterFacts,
): Promise<object> {
  const byAgent = await grouped(tasks, ({ agentId }) => agentId);
  const frameworks = await frameworksOf(tasks);
  return {
    hostname: addressOf(leader).hostname,
    slaves: agents
      .filter(({ id }) => agentIds.has(id))
      .map((agent) => {
        const own = byAgent.get(agent.id) ?? [];
        const framework_ids = [...new Set(own.map(({ frameworkId }) => frameworkId))];
        return { ...stateAgent(agent), ...counts(own), framework_ids };
      }),
    frameworks: frameworks.map(({ id, name, tasks: own }) => {
      const slave_ids = [...new Set(own.map(({ agentId }) => agentId))];
      return { id, name, active: true, ...counts(own), slave_ids };
    }),
  };
}

interface FrameworkTasks {
  readonly id: string;
  readonly name: string;
  readonly tasks: readonly MesosTask[];
}

async function frameworksOf(tasks: readonly MesosTask[]): Promise<FrameworkTasks[]> {
  return [...(await grouped(tasks, ({ frameworkId }) => frameworkId))].map(([id, own]) => ({
    id,
    name: own.find(({ frameworkName }) => frameworkName !== undefined)?.frameworkName ?? '',
    tasks: own,
  }));
}

async function grouped(
  tasks: readonly MesosTask[],
  keyOf: (task: MesosTask) => string,
): Promise<Map<string, MesosTask[]>> {
  const others = turnTaker();
  const groups = new Map<string, MesosTask[]>();
  for (const task of tasks) {
    const group = groups.get(keyOf(task));
    if (group === undefined) groups.set(keyOf(task), [task]);
    else group.push(task);
    const turn = others();
    if (turn !== undefined) await turn;
  }
  return groups;
}

async function* taskList(
  name: string,
  tasks: readonly MesosTask[],
  belongs: (task: MesosTask) => boolean,
): AsyncGenerator<string> {
  const others = turnTaker();
  let piece = `,"${name}":[`;
  let first = true;
  for (const task of tasks) {
    if (belongs(task)) {
      piece += `${first ? '' : ','}${JSON.stringify(stateTask(task))}`;
      first = false;
    }
    if (piece.length >= PIECE_LENGTH) {
      yield piece;
      piece = '';
    }
    const turn = others();
    if (turn !== undefined) await turn;
  }
  yield `${piece}]`;
}

function stateAgent({ id, hostname, port, pid, active }: MesosAgent): object {
  return { id, hostname, port, pid, active, attributes: {} };
}

/** There is always a status: DC/OS' CLI reads the first without looking whether there is one. */
function stateTask(task: MesosTask): object {
  const { id, name, frameworkId, executorId, agentId, state, role, labels, containerId, updatedAt } = task;
  return {
    id,
    name,
    framework_id: frameworkId,
    // As the master says it: under the command executor, nothing.
    executor_id: executorId === id ? '' : executorId,
    slave_id: agentId,
    state,
    ...(role === undefined ? {} : { role }),
    ...(labels.length === 0 ? {} : { labels }),
    statuses: [
      {
        state,
        timestamp: updatedAt,
        ...(containerId === undefined ? {} : { container_status: { container_id: containerIdOf(containerId) } }),
      },
    ],
  };
}

interface ContainerId {
  readonly value: string;
  readonly parent?: ContainerId;
}

/** `root.child` as Mesos nests it. */
function containerIdOf(dotted: string): ContainerId {
  const dot = dotted.lastIndexOf('.');
  return dot < 0 ? { value: dotted } : { value: dotted.slice(dot + 1), parent: containerIdOf(dotted.slice(0, dot)) };
}

const countedStates = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
];

function counts(tasks: readonly MesosTask[]): Record<string, number> {
  const number = Object.fromEntries(countedStates.map((state) => [state, 0]));
  for (const { state } of tasks) if (state in number) number[state] = (number[state] ?? 0) + 1;
  return number;
}

function addressOf({ hostname, port, protocol }: URL): { hostname: string; port: number } {
  return { hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
}
