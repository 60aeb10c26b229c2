import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { v1Agent, v1Framework, v1Status, v1Task } from './mesos-v1-shapes.ts';

/** What a master knows, in the words of Mesos; rendered for `/state` and for the v1 API elsewhere. */
export interface SimulatedFramework {
  readonly id: string;
  readonly name: string;
  readonly principal?: string;
  readonly registeredAt: number;
}

export interface SimulatedAgent {
  readonly id: string;
  readonly hostname: string;
  /** Address of the Mesos agent, as in its `pid`; the node agent listens elsewhere. */
  readonly host: string;
  readonly port: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly registeredAt: number;
  active: boolean;
}

export interface SimulatedContainer {
  readonly value: string;
  readonly parent?: SimulatedContainer;
}

export interface SimulatedStatus {
  readonly state: string;
  readonly timestamp: number;
  readonly source: 'SOURCE_EXECUTOR' | 'SOURCE_MASTER';
  readonly reason?: string;
  readonly message?: string;
  /** Whether the status names the container: those made by the master do not. */
  readonly namesContainer: boolean;
}

export interface SimulatedTask {
  readonly id: string;
  readonly name: string;
  readonly frameworkId: string;
  readonly agentId: string;
  /** `''` under the command executor, as the master says it. */
  readonly executorId: string;
  readonly container: SimulatedContainer;
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly role: string;
  readonly ports: string | undefined;
  state: string;
  statuses: SimulatedStatus[];
}

export interface LaunchOptions {
  readonly id: string;
  /** Default: the id. */
  readonly name?: string;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly executorId?: string;
  readonly container?: SimulatedContainer;
  readonly labels?: Readonly<Record<string, string>>;
  readonly role?: string;
  /** Stop at TASK_STAGING, where no status names a container yet. */
  readonly staging?: boolean;
}

interface SimulatedMesosEvents {
  /** An event of the v1 stream, as its JSON is sent. */
  event: [object];
}

/** `--max_completed_tasks_per_framework`; the dev cluster has one framework. */
const MAX_COMPLETED_TASKS = 1_000;

const TERMINAL = /^TASK_(FINISHED|FAILED|KILLED|LOST|ERROR|DROPPED|GONE)/;

/** The state of a cluster as its masters share it. Every change is an event, in the order a real master sends them. */
export class SimulatedMesos extends EventEmitter<SimulatedMesosEvents> {
  readonly id: string;
  /** Seconds since 1970, for timestamps; a workload that writes its own past sets it back. */
  clock: () => number = () => Date.now() / 1000;
  readonly frameworks = new Map<string, SimulatedFramework>();
  readonly completedFrameworks: SimulatedFramework[] = [];
  readonly agents = new Map<string, SimulatedAgent>();
  /** Agents a restarted master waits for. */
  readonly recoveredAgents = new Map<string, SimulatedAgent>();
  /** Newest last, as in Mesos' lists. */
  tasks: SimulatedTask[] = [];
  unreachableTasks: SimulatedTask[] = [];
  completedTasks: SimulatedTask[] = [];
  readonly #away = new Map<string, SimulatedAgent>();
  /** Tasks a restarted master learns of when their agents return. */
  readonly #unknownTasks: SimulatedTask[] = [];
  #agentNumber = 0;
  #frameworkNumber = 0;

  /** @param id of the master, with which the ids of frameworks and agents begin */
  constructor(id: string = randomUUID()) {
    super();
    this.id = id;
  }

  addFramework(name: string, principal?: string): SimulatedFramework {
    const id = `${this.id}-${String(this.#frameworkNumber++).padStart(4, '0')}`;
    const framework = { id, name, registeredAt: this.clock(), ...(principal === undefined ? {} : { principal }) };
    this.frameworks.set(id, framework);
    this.emit('event', { type: 'FRAMEWORK_ADDED', framework_added: { framework: v1Framework(framework, true) } });
    return framework;
  }

  /** Its running tasks are killed by the master, whose statuses name no container. */
  removeFramework(id: string): void {
    const framework = this.frameworks.get(id);
    if (framework === undefined) throw new Error(`no framework ${id}`);
    for (const task of [...this.tasks, ...this.completedTasks].filter((task) => task.frameworkId === id)) {
      const ended = TERMINAL.test(task.state);
      this.#report(task, {
        state: 'TASK_KILLED',
        ...(ended ? { taskState: task.state } : {}),
        source: 'SOURCE_MASTER',
        reason: 'REASON_FRAMEWORK_REMOVED',
        message: `Framework ${id} removed`,
      });
    }
    this.frameworks.delete(id);
    this.completedFrameworks.push(framework);
    const { framework_info } = v1Framework(framework, false);
    this.emit('event', { type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info } });
  }

  addAgent(address: {
    hostname: string;
    host: string;
    port: number;
    attributes?: Record<string, string>;
  }): SimulatedAgent {
    const agent: SimulatedAgent = {
      id: `${this.id}-S${this.#agentNumber++}`,
      attributes: {},
      ...address,
      registeredAt: this.clock(),
      active: true,
    };
    this.agents.set(agent.id, agent);
    this.emit('event', { type: 'AGENT_ADDED', agent_added: { agent: v1Agent(agent) } });
    return agent;
  }

  /** A graceful unregister: its tasks are lost, and AGENT_REMOVED is sent. */
  removeAgent(id: string): void {
    const agent = this.#agent(id);
    for (const task of this.tasks.filter((task) => task.agentId === id)) {
      const message = `Agent ${agent.hostname} removed: the agent unregistered`;
      this.#report(task, { state: 'TASK_LOST', source: 'SOURCE_MASTER', reason: 'REASON_AGENT_REMOVED', message });
    }
    this.agents.delete(id);
    this.emit('event', { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: id } } });
  }

  /** The master gave the agent up: its tasks become unreachable, and of the agent the stream says nothing. */
  agentUnreachable(id: string): void {
    this.#agent(id);
    for (const task of this.tasks.filter((task) => task.agentId === id)) {
      const message = 'health check timed out';
      this.#report(task, {
        state: 'TASK_UNREACHABLE',
        source: 'SOURCE_MASTER',
        reason: 'REASON_AGENT_REMOVED',
        message,
      });
    }
    const agent = this.#agent(id);
    agent.active = false;
    this.agents.delete(id);
    this.recoveredAgents.delete(id);
    this.#away.set(id, agent);
  }

  /** An unreachable or recovered agent registers again: its tasks are told first, then the agent. */
  agentReturned(id: string): void {
    const agent = this.#away.get(id) ?? this.recoveredAgents.get(id);
    if (agent === undefined) throw new Error(`no agent ${id} is away`);
    this.#away.delete(id);
    this.recoveredAgents.delete(id);
    for (const task of [...this.unreachableTasks, ...this.#unknownTasks].filter((task) => task.agentId === id)) {
      task.statuses = task.statuses.filter(({ state }) => state !== 'TASK_UNREACHABLE');
      task.state = task.statuses.at(-1)?.state ?? 'TASK_STAGING';
      this.#move(task);
      this.emit('event', { type: 'TASK_ADDED', task_added: { task: v1Task(task) } });
    }
    agent.active = true;
    this.agents.set(id, agent);
    this.emit('event', { type: 'AGENT_ADDED', agent_added: { agent: v1Agent(agent) } });
  }

  /** What a restarted master has forgotten: completed tasks and frameworks; agents and their tasks until they return. */
  masterRestarted(): void {
    this.completedTasks = [];
    this.completedFrameworks.length = 0;
    this.#unknownTasks.push(...this.tasks, ...this.unreachableTasks);
    this.tasks = [];
    this.unreachableTasks = [];
    for (const [id, agent] of this.agents) this.recoveredAgents.set(id, agent);
    this.agents.clear();
  }

  /** Launches a task and lets it run: STAGING, STARTING, RUNNING. */
  launch(options: LaunchOptions): SimulatedTask {
    this.#agent(options.agentId);
    const task: SimulatedTask = {
      id: options.id,
      name: options.name ?? options.id,
      frameworkId: options.frameworkId,
      agentId: options.agentId,
      executorId: options.executorId ?? '',
      container: options.container ?? { value: randomUUID() },
      labels: Object.entries(options.labels ?? {}).map(([key, value]) => ({ key, value })),
      role: options.role ?? '*',
      ports: undefined,
      state: 'TASK_STAGING',
      statuses: [],
    };
    this.tasks.push(task);
    this.emit('event', { type: 'TASK_ADDED', task_added: { task: v1Task(task) } });
    if (options.staging !== true) {
      this.report(task, 'TASK_STARTING');
      this.report(task, 'TASK_RUNNING');
    }
    return task;
  }

  /** Launches a pod: one executor in a root container, and one nested container a name. */
  launchPod(
    options: Omit<LaunchOptions, 'id' | 'container' | 'name'>,
    id: string,
    names: readonly string[],
  ): SimulatedTask[] {
    const root = { value: randomUUID() };
    const executorId = options.executorId ?? `instance-${id}`;
    return names.map((name) =>
      this.launch({
        ...options,
        id: `${id}.${name}`,
        name,
        executorId,
        container: { value: randomUUID(), parent: root },
      }),
    );
  }

  /** A status from the executor: `TASK_FINISHED`, `TASK_FAILED`, …; terminal ones move the task to the completed. */
  report(task: SimulatedTask, state: string, message?: string): void {
    this.#report(task, { state, source: 'SOURCE_EXECUTOR', ...(message === undefined ? {} : { message }) });
  }

  #report(
    task: SimulatedTask,
    update: Omit<SimulatedStatus, 'timestamp' | 'namesContainer'> & { taskState?: string },
  ): void {
    const { taskState, ...rest } = update;
    const status: SimulatedStatus = {
      ...rest,
      timestamp: this.clock(),
      namesContainer: update.source === 'SOURCE_EXECUTOR',
    };
    task.state = taskState ?? update.state;
    task.statuses.push(status);
    this.#move(task);
    const task_updated = {
      framework_id: { value: task.frameworkId },
      status: v1Status(task, status),
      state: task.state,
    };
    this.emit('event', { type: 'TASK_UPDATED', task_updated });
  }

  #move(task: SimulatedTask): void {
    for (const list of [this.tasks, this.unreachableTasks, this.completedTasks, this.#unknownTasks]) {
      const at = list.indexOf(task);
      if (at >= 0) list.splice(at, 1);
    }
    if (task.state === 'TASK_UNREACHABLE') this.unreachableTasks.push(task);
    else if (TERMINAL.test(task.state)) {
      this.completedTasks.push(task);
      if (this.completedTasks.length > MAX_COMPLETED_TASKS) this.completedTasks.shift();
    } else this.tasks.push(task);
  }

  #agent(id: string): SimulatedAgent {
    const agent = this.agents.get(id);
    if (agent === undefined) throw new Error(`no agent ${id} is registered`);
    return agent;
  }
}

/** The container's id as the journal has it. */
export function containerIdOf({ value, parent }: SimulatedContainer): string {
  return parent === undefined ? value : `${containerIdOf(parent)}.${value}`;
}
