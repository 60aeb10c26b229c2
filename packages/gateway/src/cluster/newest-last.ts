import type { MesosTask } from '../mesos/model.ts';

/** What can be told of when an agent or a task came. */
export interface Newcomer {
  readonly agentId: string;
  readonly task?: Pick<MesosTask, 'completed' | 'updatedAt'> | undefined;
}

/**
 * Those that came last stand last, however the gateway has learnt of them: a cursor tells who has joined by that (see
 * joinedSince). A master numbers the agents it registers (`<master>-S12`); of a running task the newest status is about its
 * start.
 */
export function newestLast<Lane extends Newcomer>(lanes: readonly Lane[]): Lane[] {
  return [...lanes].sort(
    (one, other) =>
      Number(one.task?.completed === false) - Number(other.task?.completed === false) ||
      (one.task?.updatedAt ?? 0) - (other.task?.updatedAt ?? 0) ||
      registration(one.agentId) - registration(other.agentId),
  );
}

function registration(agentId: string): number {
  return Number(/-S(\d{1,15})$/.exec(agentId)?.[1] ?? 0);
}
