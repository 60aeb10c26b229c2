import { EventEmitter } from 'node:events';
import { AgentTable } from './agent-table.ts';
import type { MesosAgent, MesosFramework, MesosSnapshot, MesosTask } from './model.ts';
import { TaskTable } from './task-table.ts';
import type { MesosEvent } from './v1-events.ts';

export interface ClusterIndexOptions {
  /** Ended tasks kept beyond those that the master listed last, the longest known dropped first. Default 20,000. */
  readonly rememberedTasks?: number;
  /** Agents kept after they left, the longest gone dropped first. Default 10,000. */
  readonly rememberedAgents?: number;
  /** Milliseconds since 1970; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

export type TaskResolution =
  | { readonly kind: 'found'; readonly task: MesosTask }
  /** `candidates`: at most 20, running ones first, then the newest; `total` counts on to about 1,000. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly MesosTask[]; readonly total: number }
  | { readonly kind: 'unknown' };

export interface AgentResolution {
  readonly agent: MesosAgent;
  /** Milliseconds since 1970 when it was first missed; absent while it is registered or expected back. */
  readonly goneSince?: number;
  /** The agent now registered at the same address: the old id's journal is there. Only with `goneSince`. */
  readonly successor?: MesosAgent;
}

export type IndexReadiness =
  /** No master has ever told its state: the index knows nothing. */
  | { readonly state: 'never-reached'; readonly reason?: string }
  | { readonly state: 'fresh'; readonly leader: string; readonly by: 'subscribe' | 'poll' }
  /** The index answers from what it knew at `since` (milliseconds since 1970). */
  | {
      readonly state: 'stale';
      /** The master that led last. */
      readonly leader: string;
      readonly since: number;
      readonly ageMs: number;
      readonly reason?: string;
    };

export interface IndexCounts {
  readonly tasks: number;
  readonly rememberedTasks: number;
  readonly agents: number;
  readonly goneAgents: number;
}

export interface ClusterIndexEvents {
  /** Readiness went from one state to another. */
  status: [IndexReadiness];
  /** A master's whole state was taken in. */
  snapshot: [];
  /** One task was added or has changed. */
  task: [MesosTask];
  /** One agent was added, changed or has left. */
  agent: [AgentResolution];
}

/** An in-memory index of the cluster. Look-ups are synchronous and never wait for Mesos. */
export class ClusterIndex extends EventEmitter<ClusterIndexEvents> {
  readonly #now: () => number;
  readonly #tasks: TaskTable;
  readonly #agents: AgentTable;
  #frameworkNames = new Map<string, string>();
  #leader: { readonly url: string; readonly by: 'subscribe' | 'poll' } | undefined;
  #lastLeader = '';
  /** When a master last told something, milliseconds since 1970; 0 while none ever did. */
  #lastContact = 0;
  #reason: string | undefined;

  constructor(options: ClusterIndexOptions = {}) {
    super();
    // Every merged follow listens.
    this.setMaxListeners(0);
    this.#now = options.now ?? Date.now;
    this.#tasks = new TaskTable(options.rememberedTasks ?? 20_000, this.#now);
    this.#agents = new AgentTable(options.rememberedAgents ?? 10_000, this.#now);
  }

  /**
   * Finds the task that `text` names for a caller.
   *
   * An exact id wins. Of several runs of one id that the caller may read, the one that still runs, else the newest;
   * one id running in several frameworks at once is ambiguous. An exact id that he may not read at all is still
   * `found`, for the policy to refuse. Else `text` must be a part of the id, or the whole name, of exactly one task
   * among all he may read, running or ended: a part that meant another task once the first has ended would surprise.
   */
  resolveTask(text: string, visible: (task: MesosTask) => boolean): TaskResolution {
    return this.#tasks.resolve(text, visible);
  }

  /** The agent with this id, also when it has left; undefined when it was never seen. */
  agent(id: string): AgentResolution | undefined {
    return this.#agents.get(id);
  }

  /** All tasks of an executor, remembered ones included, in no order: those of a pod, or of a custom executor. */
  tasksOfExecutor(frameworkId: string, executorId: string): MesosTask[] {
    return this.#tasks.ofExecutor(frameworkId, executorId);
  }

  /** All tasks that run or ran on an agent, remembered ones included, in no order. */
  tasksOfAgent(agentId: string): MesosTask[] {
    return this.#tasks.ofAgent(agentId);
  }

  /** All tasks, remembered ones included, in no order. */
  tasks(): IterableIterator<MesosTask> {
    return this.#tasks.tasks();
  }

  /** All registered agents. */
  agents(): IterableIterator<MesosAgent> {
    return this.#agents.registered();
  }

  /** Ids of the agents that have left and are remembered. */
  goneAgents(): IterableIterator<string> {
    return this.#agents.goneIds();
  }

  status(): IndexReadiness {
    if (this.#leader !== undefined) return { state: 'fresh', leader: this.#leader.url, by: this.#leader.by };
    const reason = this.#reason === undefined ? {} : { reason: this.#reason };
    if (this.#lastContact === 0) return { state: 'never-reached', ...reason };
    const ageMs = this.#now() - this.#lastContact;
    return { state: 'stale', leader: this.#lastLeader, since: this.#lastContact, ageMs, ...reason };
  }

  counts(): IndexCounts {
    return {
      tasks: this.#tasks.size,
      rememberedTasks: this.#tasks.remembered,
      agents: this.#agents.size,
      goneAgents: this.#agents.gone,
    };
  }

  /** Takes in a master's whole state, which is what `leader` says from now on. */
  applySnapshot(snapshot: MesosSnapshot, leader: string, by: 'subscribe' | 'poll'): void {
    this.#frameworkNames = new Map(snapshot.frameworks.map(({ id, name }) => [id, name]));
    this.#agents.replace(snapshot.agents, snapshot.recoveredAgentIds, Number.POSITIVE_INFINITY);
    this.#tasks.replace(snapshot.tasks);
    const before = this.status().state;
    this.#lastContact = this.#now();
    this.#leader = { url: leader, by };
    this.#lastLeader = leader;
    this.#reason = undefined;
    this.emit('snapshot');
    if (before !== 'fresh') this.emit('status', this.status());
  }

  /** Takes in one event of the v1 stream, SUBSCRIBED excepted: that is a snapshot. */
  applyEvent(event: Exclude<MesosEvent, { type: 'SUBSCRIBED' }>): void {
    this.#lastContact = this.#now();
    switch (event.type) {
      case 'TASK_ADDED': {
        const frameworkName = event.task.frameworkName ?? this.#frameworkNames.get(event.task.frameworkId);
        const task = { ...event.task, frameworkName };
        this.#tasks.add(task);
        this.emit('task', task);
        return;
      }
      case 'TASK_UPDATED': {
        const task = this.#tasks.update(event.status);
        if (task !== undefined) this.emit('task', task);
        return;
      }
      case 'AGENT_ADDED':
        this.#agents.add(event.agent);
        this.#emitAgent(event.agent.id);
        return;
      case 'AGENT_REMOVED':
        this.#agents.remove(event.agentId);
        this.#emitAgent(event.agentId);
        return;
      case 'FRAMEWORK_ADDED':
      case 'FRAMEWORK_UPDATED':
        this.#nameFramework(event.framework);
        return;
      case 'FRAMEWORK_REMOVED':
        this.#frameworkNames.delete(event.frameworkId);
        return;
      case 'HEARTBEAT':
        return;
    }
  }

  /**
   * Takes in a list of agents asked for at `askedAt` (milliseconds since 1970). The stream says nothing of agents that
   * become unreachable or are marked gone; only such a list does.
   */
  applyAgents(
    { agents, recoveredAgentIds }: Pick<MesosSnapshot, 'agents' | 'recoveredAgentIds'>,
    askedAt: number,
  ): void {
    this.#lastContact = this.#now();
    this.#agents.replace(agents, recoveredAgentIds, askedAt);
  }

  /** The master is lost: everything stays as it was last told. */
  markStale(reason: string): void {
    const wasFresh = this.#leader !== undefined;
    this.#leader = undefined;
    this.#reason = reason;
    if (wasFresh) this.emit('status', this.status());
  }

  #nameFramework({ id, name }: MesosFramework): void {
    if (this.#frameworkNames.get(id) === name) return;
    this.#frameworkNames.set(id, name);
    this.#tasks.nameFramework(id, name);
  }

  #emitAgent(id: string): void {
    const resolution = this.#agents.get(id);
    if (resolution !== undefined) this.emit('agent', resolution);
  }
}

/** An index that knows nothing yet; `startMasterClient` fills it and keeps it in step. */
export function createClusterIndex(options?: ClusterIndexOptions): ClusterIndex {
  return new ClusterIndex(options);
}
