import { CodedError } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import type { ClusterScope, LaneTarget } from './cluster-scope.ts';

export interface ScopeWatcher {
  /** What is read of it already; undefined when it is not read. */
  read(id: string): LaneTarget | undefined;
  /**
   * Something is to be read from now on.
   *
   * @param isNew it was seen to begin: whatever is told of it comes from its very start
   */
  onJoined(target: LaneTarget, state: string, isNew: boolean): void;
  /** What is known of a task that is read has changed. */
  onChanged(target: LaneTarget): void;
  /** More is to be read than can be. */
  onTooWide(): void;
}

/** Tasks without a container that are remembered, the last that were told. */
const mostAwaited = 10_000;

/** Tells what comes into a scope while it is followed: tasks that are started, agents that register. */
export class ScopeWatch {
  readonly #index: Pick<ClusterIndex, 'on' | 'off'>;
  readonly #scope: ClusterScope;
  readonly #watcher: ScopeWatcher;
  /** Tasks that were told before they had a container: nobody can have read anything of them. */
  readonly #awaited = new Set<string>();

  constructor(index: Pick<ClusterIndex, 'on' | 'off'>, scope: ClusterScope, watcher: ScopeWatcher) {
    this.#index = index;
    this.#scope = scope;
    this.#watcher = watcher;
    index.on('task', this.#onTask);
    index.on('agent', this.#onAgent);
    index.on('snapshot', this.#onSnapshot);
  }

  stop(): void {
    this.#index.off('task', this.#onTask);
    this.#index.off('agent', this.#onAgent);
    this.#index.off('snapshot', this.#onSnapshot);
  }

  readonly #onTask = (task: MesosTask): void => {
    const target = this.#scope.taskTarget(task);
    if (target === undefined) return;
    const key = `${task.frameworkId}/${task.id}`;
    if (target === 'no-container') {
      this.#awaited.add(key);
      const [oldest = ''] = this.#awaited;
      if (this.#awaited.size > mostAwaited) this.#awaited.delete(oldest);
      return;
    }
    const isNew = this.#awaited.delete(key);
    if (this.#watcher.read(target.id) !== undefined) this.#watcher.onChanged(target);
    else this.#watcher.onJoined(target, task.completed ? task.state : 'started', isNew);
  };

  readonly #onAgent = ({ agent }: { readonly agent: { readonly id: string } }): void => {
    for (const target of this.#scope.nodeTargets(agent.id)) {
      if (target.agent !== undefined) this.#joinIfNew(target);
    }
  };

  readonly #onSnapshot = (): void => {
    let targets: readonly LaneTarget[];
    try {
      targets = this.#scope.targets();
    } catch (error) {
      // What was read goes on being read: a master that has just come up knows of nothing yet.
      if (error instanceof CodedError && error.code === 'cluster-scope-too-wide') this.#watcher.onTooWide();
      return;
    }
    for (const target of targets) {
      if (!this.#joinIfNew(target) && target.task !== undefined) this.#watcher.onChanged(target);
    }
  };

  /** @returns whether it is */
  #joinIfNew(target: LaneTarget): boolean {
    if (this.#watcher.read(target.id) !== undefined) return false;
    this.#watcher.onJoined(target, 'joined', false);
    return true;
  }
}
