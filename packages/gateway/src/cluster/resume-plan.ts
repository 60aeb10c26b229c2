import { AbsentAmong } from './absent-among.ts';
import { type AgentSet, agentHash, joinedSince, withoutMembers } from './agent-set.ts';
import {
  type AbsentMembers,
  type ClusterCursor,
  type Exception,
  frontierKey,
  mostAbsent,
  type Resume,
  resumeAfter,
} from './cluster-cursor.ts';
import { type EntryKey, everyAgent } from './entry-key.ts';
import type { LanePast } from './lane.ts';

/** Where one agent is read from, as `Merge.join` takes it. */
export interface LanePlan extends LanePast {
  readonly agentId: string;
  readonly resume: Resume;
}

/** Where one agent is read from that has become known. */
export interface Newcomer extends LanePlan {
  /** It may have been a member or may not: it is read from where the members go on, and may be missing what is before. */
  readonly isGuessed?: boolean;
}

export interface ResumePlan {
  readonly frontier: EntryKey | undefined;
  readonly lanes: readonly LanePlan[];
  /** Exceptions of agents that nobody knows any more, or yet; those that were told of before are not counted. */
  readonly unknown: number;
  /** Too many agents have changed to tell who is new: all are read from the frontier on. */
  readonly membersUncertain: boolean;
  /** What the next cursors keep until its agents are known. */
  readonly kept?: readonly Exception[];
  /** Members that are not known by name, which the next cursors keep. */
  readonly absent?: readonly AbsentMembers[];
  /** What tells of agents that come later where they go on; undefined: all are new. */
  readonly after?: ResumedAfter;
}

interface ResumedAfter {
  readonly cursor: ClusterCursor;
  readonly gone: readonly string[];
  /** The only one that is missing of the members that are no exceptions. */
  readonly missing: Exception | undefined;
  /** Members of the cursor that are no exceptions may yet come. */
  readonly incomplete: boolean;
}

/** Agents that cursors keep although nobody knows them: most are tasks that will never be known again. */
const mostKept = 16;

/**
 * Where each agent goes on after a cursor.
 *
 * @param agents the agents to be read now, the newest last
 * @param gone agents known, but not to be read now
 */
export function planResume(cursor: ClusterCursor, agents: readonly string[], gone: readonly string[]): ResumePlan {
  const ids = new Map([...gone, ...agents].map((id) => [agentHash(id), id]));
  const frontier = cursor.frontier === undefined ? undefined : frontierKey(cursor.frontier, (hash) => ids.get(hash));
  const listed = new Map(cursor.exceptions.map((exception) => [exception.agent, exception]));
  const unknown = [...listed.values()].filter(({ agent }) => !ids.has(agent));
  const members = withoutMembers(
    cursor.members,
    unknown.map(({ agent }) => agent),
  );
  const joined = joinedSince(members, agents, gone);
  const missing = joined === undefined ? missingMembers(cursor, members, agents, frontier) : undefined;
  const only = missing?.members.count === 1 ? missing : undefined;
  const absent = new AbsentAmong(cursor.absent, [...agents, ...gone]);
  const lanes = agents.map((agentId): LanePlan => {
    const exception = listed.get(agentHash(agentId));
    if (exception !== undefined) return asListed(cursor, agentId, exception);
    if (frontier === undefined) return { agentId, resume: { from: cursor.start } };
    if (joined?.has(agentId) === true) return absent.placeOf(agentId) ?? { agentId, resume: { from: cursor.start } };
    return afterFrontier(cursor, frontier, agentId);
  });
  const onlyMissing =
    only === undefined
      ? undefined
      : { agent: only.members.sum, resume: { from: only.from }, reachedAt: only.reachedAt };
  return {
    frontier,
    lanes,
    unknown: unknown.filter(({ told }) => told !== true).length,
    membersUncertain: joined === undefined || absent.isGuessed,
    kept: [...(onlyMissing === undefined ? [] : [onlyMissing]), ...unknown]
      .slice(0, mostKept)
      .map((exception) => ({ ...exception, told: true })),
    absent: withNewest(missing === only ? undefined : missing, absent.left),
    after: {
      cursor,
      gone,
      missing: onlyMissing,
      incomplete: joined === undefined || members.count > agents.length - joined.size,
    },
  };
}

/**
 * Where an agent is read from that was not known when the log was resumed: where the cursor says if it was a member, else from
 * `start` on.
 *
 * @param present the agents that are read, the newest last
 */
export function planNewcomer(
  plan: ResumePlan,
  present: Iterable<string>,
  agentId: string,
  start: number | undefined,
): Newcomer {
  const fromStart = { agentId, resume: { from: start } };
  if (plan.after === undefined) return fromStart;
  const { cursor, gone, missing, incomplete } = plan.after;
  const hash = agentHash(agentId);
  const exception = cursor.exceptions.find(({ agent }) => agent === hash);
  if (exception !== undefined) return asListed(cursor, agentId, exception);
  const { frontier } = plan;
  if (frontier === undefined) return fromStart;
  if (missing?.agent === hash) return afterFrontier(cursor, frontier, agentId);
  const all = [...present, agentId];
  if (incomplete && missing === undefined) {
    const { lanes, membersUncertain } = planResume(cursor, all, gone);
    return { ...(lanes.at(-1) ?? fromStart), isGuessed: membersUncertain };
  }
  const absent = new AbsentAmong(cursor.absent, [...all, ...gone]);
  const place = absent.placeOf(agentId);
  return place === undefined ? fromStart : { ...place, isGuessed: absent.isGuessed };
}

function withNewest(newest: AbsentMembers | undefined, older: readonly AbsentMembers[]): AbsentMembers[] {
  if (newest === undefined) return older.slice(0, mostAbsent);
  const { count, sum } = newest.members;
  const others = older.filter(({ members }) => members.count !== count || members.sum !== sum);
  return [newest, ...others].slice(0, mostAbsent);
}

function afterFrontier({ order, made }: ClusterCursor, frontier: EntryKey, agentId: string): LanePlan {
  return { agentId, resume: resumeAfter(frontier, agentId, order), clear: frontier, reachedAt: made };
}

function asListed(
  { made }: ClusterCursor,
  agentId: string,
  { resume, farthest, reachedAt = made }: Exception,
): LanePlan {
  return {
    agentId,
    resume,
    ...(farthest === undefined ? {} : { farthest }),
    ...('position' in resume || reachedAt === undefined ? {} : { reachedAt }),
  };
}

/**
 * The members that are not there, if all others are: which they are, if it is more than one, nobody can tell before they come.
 * They go on at the frontier; as their ids are not known, entries of them with the very stamp of the frontier may be repeated.
 */
function missingMembers(
  { order, made }: ClusterCursor,
  members: AgentSet,
  agents: readonly string[],
  frontier: EntryKey | undefined,
): AbsentMembers | undefined {
  const missing = withoutMembers(members, agents.map(agentHash));
  if (missing.count < 1 || frontier === undefined) return undefined;
  const resume = resumeAfter(frontier, order === 'asc' ? everyAgent : '', order);
  return 'from' in resume && resume.from !== undefined
    ? { members: missing, from: resume.from, reachedAt: made }
    : undefined;
}
