/**
 * What the gateway knows of a Mesos cluster: one model for both ways Mesos tells of itself, the master's `/state`
 * document and the events of its v1 operator API.
 */

/** A label as Mesos keeps it: keys may repeat, a value may be missing. */
export interface MesosLabel {
  readonly key: string;
  readonly value?: string;
}

/** One task: one run of a command or of one container of a pod. */
export interface MesosTask {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly frameworkId: string;
  /** The framework's name (`marathon`); undefined while the master has not told it. */
  readonly frameworkName: string | undefined;
  /** The executor's real id: under the command executor, where the master says `""` or nothing, it is the task's id. */
  readonly executorId: string;
  /**
   * The container as the journal names it: the root's id, and for a nested container every id from the root down,
   * joined by dots. Undefined while no status has told it (staging, or a task whose fetch failed).
   */
  readonly containerId: string | undefined;
  /** `TASK_RUNNING`, `TASK_FINISHED`, … as Mesos spells it. */
  readonly state: string;
  readonly labels: readonly MesosLabel[];
  readonly role: string | undefined;
  /** The task has ended: it is among the master's completed tasks, or its state is a terminal one. */
  readonly completed: boolean;
  /** Its agent does not answer the master; the task may well still run. */
  readonly unreachable: boolean;
  /** Time of its TASK_STARTING, seconds since 1970: before it wrote anything. Undefined while no status has told it. */
  readonly startedAt: number | undefined;
  /** Time of the newest status, seconds since 1970; 0 when there is none. Orders runs of one id. */
  readonly updatedAt: number;
}

/** One agent, as it was last registered. */
export interface MesosAgent {
  readonly id: string;
  readonly hostname: string;
  /** libprocess address as Mesos writes it: `slave(1)@10.0.0.5:5051`. */
  readonly pid: string;
  /** Host of `pid`; an IPv6 address without its brackets. */
  readonly host: string;
  /** Port of `pid`: the Mesos agent's own, not the node agent's. */
  readonly port: number;
  /** False while the master gets no answer from it. */
  readonly active: boolean;
}

export interface MesosFramework {
  readonly id: string;
  readonly name: string;
}

/** Everything a master knows at one moment. */
export interface MesosSnapshot {
  readonly tasks: readonly MesosTask[];
  readonly agents: readonly MesosAgent[];
  /** Agents that a recovering master expects back: known to its registry, not yet registered again. */
  readonly recoveredAgentIds: readonly string[];
  readonly frameworks: readonly MesosFramework[];
  /** Parts that had an unexpected shape and were left out. */
  readonly skipped: number;
}
