import type { EventEmitter } from 'node:events';
import type { MesosAgent, MesosSnapshot, MesosTask } from './model.ts';
import type { MesosEvent } from './v1-events.ts';

export interface ClusterIndexOptions {
  /** Ended tasks kept after the master has forgotten them, the longest forgotten dropped first. Default 20,000. */
  readonly rememberedTasks?: number;
  /** Agents kept after they left, the longest gone dropped first. Default 10,000. */
  readonly rememberedAgents?: number;
  /** Milliseconds since 1970; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

export type TaskResolution =
  | { readonly kind: 'found'; readonly task: MesosTask }
  /** `candidates`: at most 20, running ones first, then the newest; `total` counts all. */
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
  | { readonly state: 'stale'; readonly since: number; readonly ageMs: number; readonly reason?: string };

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
export interface ClusterIndex extends EventEmitter<ClusterIndexEvents> {
  /**
   * Finds the task that `text` names for a caller.
   *
   * An exact id wins. Of several runs of one id the caller may read, the one that still runs, else the newest;
   * runs of one id in several frameworks at once are ambiguous. An exact id that he may not read at all is still
   * `found`, for the policy to refuse. Else `text` must be a part of the id, or the whole name, of exactly one task
   * among all he may read, running or ended.
   */
  resolveTask(text: string, visible: (task: MesosTask) => boolean): TaskResolution;
  /** The agent with this id, also when it has left; undefined when it was never seen. */
  agent(id: string): AgentResolution | undefined;
  /** All tasks, remembered ones included, in no order. */
  tasks(): IterableIterator<MesosTask>;
  /** All registered agents. */
  agents(): IterableIterator<MesosAgent>;
  status(): IndexReadiness;
  counts(): IndexCounts;

  /** Takes in a master's whole state. */
  applySnapshot(snapshot: MesosSnapshot): void;
  /** Takes in one event of the v1 stream. */
  applyEvent(event: MesosEvent): void;
  markFresh(leader: string, by: 'subscribe' | 'poll'): void;
  markStale(reason: string): void;
}
