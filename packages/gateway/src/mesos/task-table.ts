import type { TaskResolution } from './cluster-index.ts';
import type { MesosTask } from './model.ts';
import { isTerminal } from './task-parts.ts';
import type { TaskStatus } from './v1-events.ts';

/** One run of a task id. The same id may run again, in the same framework and elsewhere, once it has ended. */
interface Run {
  task: MesosTask;
  /** Number of the snapshot that last listed it, or that was current when an event told of it. */
  snapshot: number;
}

const MAX_CANDIDATES = 20;
/** A part that matches more readable tasks than this is hopeless; counting on would only cost time. */
const MAX_COUNTED = 1_000;
/** Mesos gives agents 10 minutes to register again with a restarted master (`--agent_reregister_timeout`). */
const MISSING_GRACE_MS = 15 * 60_000;

/**
 * The tasks, by id. A task that the master stops listing is kept: for a quarter of an hour when it was running (a
 * restarted master learns of it again only when its agent returns), and beyond that, like all that have ended, within
 * a bound.
 */
export class TaskTable {
  readonly #rememberedTasks: number;
  readonly #now: () => number;
  /** The newest run first. */
  readonly #runs = new Map<string, Run[]>();
  /** Ids of the tasks with a name. */
  readonly #named = new Map<string, Set<string>>();
  /** Runs by framework and executor: those of one pod, or of one custom executor. */
  readonly #executors = new Map<string, Set<Run>>();
  /** Runs by agent, which never changes. */
  readonly #agents = new Map<string, Set<Run>>();
  /** Runs that only this table may still know: ended since the last snapshot or missing in it; oldest first. */
  readonly #remembered = new Set<Run>();
  /** Runs that had not ended and that the last snapshot does not list, with the time they were missed first. */
  readonly #missing = new Map<Run, number>();
  #snapshot = 0;
  #size = 0;

  constructor(rememberedTasks: number, now: () => number) {
    this.#rememberedTasks = rememberedTasks;
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  get remembered(): number {
    return this.#remembered.size + this.#missing.size;
  }

  *tasks(): IterableIterator<MesosTask> {
    for (const runs of this.#runs.values()) for (const run of runs) yield run.task;
  }

  /** All tasks of an executor, remembered ones included, in no order. */
  ofExecutor(frameworkId: string, executorId: string): MesosTask[] {
    const runs = this.#executors.get(executorKey({ frameworkId, executorId })) ?? [];
    return Array.from(runs, (run) => run.task);
  }

  /** All tasks that run or ran on an agent, remembered ones included, in no order. */
  ofAgent(agentId: string): MesosTask[] {
    return Array.from(this.#agents.get(agentId) ?? [], (run) => run.task);
  }

  /** Takes in everything that a master lists. */
  replace(tasks: readonly MesosTask[]): void {
    this.#snapshot++;
    for (const task of tasks) {
      const run = this.#put(task);
      this.#remembered.delete(run);
      this.#missing.delete(run);
    }
    const now = this.#now();
    for (const runs of this.#runs.values()) {
      for (const run of runs) {
        if (run.snapshot === this.#snapshot || this.#remembered.has(run)) continue;
        if (run.task.completed) this.#remembered.add(run);
        else if (!this.#missing.has(run)) this.#missing.set(run, now);
      }
    }
    this.#forget();
  }

  add(task: MesosTask): void {
    const run = this.#put(task);
    this.#remembered.delete(run);
    this.#missing.delete(run);
    this.#settle(run);
  }

  /** The changed task; undefined when no run is known that the status could be of. */
  update(status: TaskStatus): MesosTask | undefined {
    const run = this.#runOf(status);
    if (run === undefined) return undefined;
    const before = run.task;
    run.task = {
      ...run.task,
      executorId: status.executorId || run.task.executorId,
      containerId: status.containerId ?? run.task.containerId,
      state: status.state,
      completed: isTerminal(status.state),
      unreachable: status.state === 'TASK_UNREACHABLE',
      startedAt: run.task.startedAt ?? (status.state === 'TASK_STARTING' ? status.timestamp || undefined : undefined),
      updatedAt: Math.max(run.task.updatedAt, status.timestamp),
    };
    this.#fileUnderExecutor(run, before);
    this.#settle(run);
    return run.task;
  }

  /** Gives all tasks of a framework its name. */
  nameFramework(id: string, name: string): void {
    for (const runs of this.#runs.values()) {
      for (const run of runs) {
        if (run.task.frameworkId === id) run.task = { ...run.task, frameworkName: name };
      }
    }
  }

  resolve(text: string, visible: (task: MesosTask) => boolean): TaskResolution {
    const exact = this.#runs.get(text);
    if (exact !== undefined) {
      const readable = exact.filter((run) => visible(run.task));
      if (readable.length > 0) return this.#choose(readable);
      // Never ambiguous: that would list what he may not read.
      const [task] = this.#onePerFramework(exact).sort(byInterest);
      return task === undefined ? { kind: 'unknown' } : { kind: 'found', task };
    }
    if (text === '') return { kind: 'unknown' };
    const found: MesosTask[] = [];
    const named = this.#named.get(text);
    const collect = (id: string, partOfId: boolean) => {
      const runs = this.#runs.get(id) ?? [];
      const readable = runs.filter((run) => (partOfId || run.task.name === text) && visible(run.task));
      found.push(...this.#onePerFramework(readable));
    };
    for (const id of this.#runs.keys()) {
      if (!id.includes(text)) continue;
      collect(id, true);
      if (found.length >= MAX_COUNTED) break;
    }
    for (const id of named ?? []) {
      if (found.length >= MAX_COUNTED) break;
      if (!id.includes(text)) collect(id, false);
    }
    const [only] = found;
    if (only === undefined) return { kind: 'unknown' };
    return found.length === 1 ? { kind: 'found', task: only } : ambiguous(found);
  }

  /** Of runs of one id: the one that still runs, else the newest. Running in several frameworks is ambiguous. */
  #choose(runs: readonly Run[]): TaskResolution {
    const perFramework = this.#onePerFramework(runs);
    const running = perFramework.filter((task) => !task.completed);
    if (running.length > 1) return ambiguous(running);
    const task = running[0] ?? perFramework.sort(byInterest)[0];
    return task === undefined ? { kind: 'unknown' } : { kind: 'found', task };
  }

  #onePerFramework(runs: readonly Run[]): MesosTask[] {
    const best = new Map<string, Run>();
    for (const run of runs) {
      const other = best.get(run.task.frameworkId);
      if (other === undefined || this.#precedes(run, other)) best.set(run.task.frameworkId, run);
    }
    return [...best.values()].map((run) => run.task);
  }

  #precedes(a: Run, b: Run): boolean {
    const aRuns = !a.task.completed && !this.#missing.has(a);
    const bRuns = !b.task.completed && !this.#missing.has(b);
    return aRuns === bRuns ? a.task.updatedAt > b.task.updatedAt : aRuns;
  }

  /** Adds a run, or renews the one that `task` tells of again. */
  #put(task: MesosTask): Run {
    const runs = this.#runs.get(task.id);
    const known = runs?.find((run) => isSameRun(run.task, task));
    if (known !== undefined) {
      const before = known.task;
      const { name, containerId, startedAt, frameworkName } = before;
      known.task = {
        ...task,
        // A task's name never changes; the index of names relies on it.
        name,
        containerId: task.containerId ?? containerId,
        startedAt: task.startedAt ?? startedAt,
        frameworkName: task.frameworkName ?? frameworkName,
      };
      known.snapshot = this.#snapshot;
      this.#fileUnderExecutor(known, before);
      return known;
    }
    const run = { task, snapshot: this.#snapshot };
    if (runs === undefined) this.#runs.set(task.id, [run]);
    else runs.unshift(run);
    const named = this.#named.get(task.name);
    if (named === undefined) this.#named.set(task.name, new Set([task.id]));
    else named.add(task.id);
    this.#fileUnderExecutor(run);
    const onAgent = this.#agents.get(task.agentId);
    if (onAgent === undefined) this.#agents.set(task.agentId, new Set([run]));
    else onAgent.add(run);
    this.#size++;
    return run;
  }

  #runOf(status: TaskStatus): Run | undefined {
    const runs = this.#runs
      .get(status.taskId)
      ?.filter(
        ({ task }) =>
          task.frameworkId === status.frameworkId && (status.agentId === undefined || task.agentId === status.agentId),
      );
    return (
      runs?.find(({ task }) => status.containerId !== undefined && task.containerId === status.containerId) ??
      runs?.find(({ task }) => !task.completed) ??
      runs?.find(({ task }) => status.containerId === undefined || task.containerId === undefined)
    );
  }

  /** After an event: what has ended is from now on ours to remember, what runs (again) is not. */
  #settle(run: Run): void {
    this.#missing.delete(run);
    if (!run.task.completed) this.#remembered.delete(run);
    else if (!this.#remembered.has(run)) {
      this.#remembered.add(run);
      this.#forget();
    }
  }

  #forget(): void {
    const missedBefore = this.#now() - MISSING_GRACE_MS;
    for (const [run, since] of this.#missing) {
      if (since > missedBefore) break;
      this.#missing.delete(run);
      this.#remembered.add(run);
    }
    for (const run of this.#remembered) {
      if (this.#remembered.size <= this.#rememberedTasks) return;
      this.#remembered.delete(run);
      this.#drop(run);
    }
  }

  /** @param before what the run was filed by until now */
  #fileUnderExecutor(run: Run, before?: MesosTask): void {
    const key = executorKey(run.task);
    if (before !== undefined) {
      if (executorKey(before) === key) return;
      this.#takeFromExecutor(run, before);
    }
    const runs = this.#executors.get(key);
    if (runs === undefined) this.#executors.set(key, new Set([run]));
    else runs.add(run);
  }

  #takeFromExecutor(run: Run, task: MesosTask): void {
    const key = executorKey(task);
    const runs = this.#executors.get(key);
    runs?.delete(run);
    if (runs?.size === 0) this.#executors.delete(key);
  }

  #drop(run: Run): void {
    this.#takeFromExecutor(run, run.task);
    const { id, name, agentId } = run.task;
    const onAgent = this.#agents.get(agentId);
    onAgent?.delete(run);
    if (onAgent?.size === 0) this.#agents.delete(agentId);
    const others = this.#runs.get(id)?.filter((other) => other !== run) ?? [];
    if (others.length === 0) this.#runs.delete(id);
    else this.#runs.set(id, others);
    this.#size--;
    if (others.some((other) => other.task.name === name)) return;
    const named = this.#named.get(name);
    named?.delete(id);
    if (named?.size === 0) this.#named.delete(name);
  }
}

/** Ids of Mesos hold no slash. */
function executorKey({ frameworkId, executorId }: Pick<MesosTask, 'frameworkId' | 'executorId'>): string {
  return `${frameworkId}/${executorId}`;
}

function ambiguous(tasks: MesosTask[]): TaskResolution {
  return { kind: 'ambiguous', candidates: tasks.sort(byInterest).slice(0, MAX_CANDIDATES), total: tasks.length };
}

function byInterest(a: MesosTask, b: MesosTask): number {
  if (a.completed !== b.completed) return a.completed ? 1 : -1;
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1);
}

/** Whether two descriptions are of one run: the container tells, and where one is missing, what could be true. */
function isSameRun(known: MesosTask, task: MesosTask): boolean {
  if (known.frameworkId !== task.frameworkId || known.agentId !== task.agentId) return false;
  if (known.containerId !== undefined && task.containerId !== undefined) return known.containerId === task.containerId;
  if (known.completed !== task.completed) return task.completed;
  return !known.completed || known.updatedAt === task.updatedAt;
}
