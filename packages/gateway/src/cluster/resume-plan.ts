import { agentHash, joinedSince } from './agent-set.ts';
import { type ClusterCursor, frontierKey, type Resume, resumeAfter } from './cluster-cursor.ts';
import type { EntryKey } from './entry-key.ts';

/** Where one agent is read from, as `Merge.join` takes it. */
export interface LanePlan {
  readonly agentId: string;
  readonly resume: Resume;
  readonly clear?: EntryKey;
  readonly farthest?: number;
}

export interface ResumePlan {
  readonly frontier: EntryKey | undefined;
  readonly lanes: readonly LanePlan[];
  /** Exceptions of agents that nobody knows any more. */
  readonly unknown: number;
  /** Too many agents have changed to tell who is new: all are read from the frontier on. */
  readonly membersUncertain: boolean;
}

/**
 * Where each agent goes on after a cursor.
 *
 * @param agents the agents to be read now, the newest last
 * @param gone agents known, but not to be read now
 */
export function planResume(cursor: ClusterCursor, agents: readonly string[], gone: readonly string[]): ResumePlan {
  const { order, start, members, exceptions } = cursor;
  const ids = new Map([...gone, ...agents].map((id) => [agentHash(id), id]));
  const frontier = cursor.frontier === undefined ? undefined : frontierKey(cursor.frontier, (hash) => ids.get(hash));
  const listed = new Map(exceptions.map((exception) => [exception.agent, exception]));
  const joined = joinedSince(members, agents, gone);
  const lanes = agents.map((agentId): LanePlan => {
    const exception = listed.get(agentHash(agentId));
    if (exception !== undefined) {
      const { resume, farthest } = exception;
      return { agentId, resume, ...(farthest === undefined ? {} : { farthest }) };
    }
    if (frontier === undefined || joined?.has(agentId) === true) return { agentId, resume: { from: start } };
    return { agentId, resume: resumeAfter(frontier, agentId, order), clear: frontier };
  });
  return {
    frontier,
    lanes,
    unknown: exceptions.filter(({ agent }) => !ids.has(agent)).length,
    membersUncertain: joined === undefined,
  };
}
