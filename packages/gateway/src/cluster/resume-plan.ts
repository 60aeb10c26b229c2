import type { MesosTask } from '../mesos/model.ts';
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
import type { LaneTarget } from './cluster-scope.ts';
import { type EntryKey, everyAgent } from './entry-key.ts';
import type { LanePast } from './lane.ts';
import { uncountedFrom } from './task-end.ts';
import { startedAfter, startedLongBefore } from './task-start.ts';

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

/** What Mesos knows of the task that is read by an agent; undefined where that is none. */
export type TaskOfLane = (agentId: string) => MesosTask | 'forgotten' | undefined;

const noTasks: TaskOfLane = () => undefined;

/** What is known of the task of a target; `forgotten` where it is of one container of which only journals tell. */
export function taskOf(target: LaneTarget | undefined): MesosTask | 'forgotten' | undefined {
  if (target === undefined) return undefined;
  return target.task ?? (target.isForgotten === true ? 'forgotten' : undefined);
}

/**
 * Where each agent goes on after a cursor.
 *
 * @param agents the agents to be read now, the newest last
 * @param gone agents known, but not to be read now
 */
export function planResume(
  cursor: ClusterCursor,
  agents: readonly string[],
  gone: readonly string[],
  taskOf: TaskOfLane = noTasks,
): ResumePlan {
  const ids = new Map([...gone, ...agents].map((id) => [agentHash(id), id]));
  const frontier = cursor.frontier === undefined ? undefined : frontierKey(cursor.frontier, (hash) => ids.get(hash));
  const listed = new Map(cursor.exceptions.map((exception) => [exception.agent, exception]));
  const unknown = [...listed.values()].filter(({ agent }) => !ids.has(agent));
  const members = withoutMembers(
    cursor.members,
    unknown.filter(({ uncounted }) => uncounted !== true).map(({ agent }) => agent),
  );
  const counted = agents.filter((id) => isCounted(cursor, listed.get(agentHash(id)), taskOf(id)));
  const isNew = (id: string): boolean => isNewer(cursor, taskOf(id));
  const joined = joinedAmong(members, counted, gone, isNew);
  let isDoubted = false;
  const old = joined === undefined ? counted.filter((id) => !isNew(id)) : [];
  const missing = joined === undefined ? missingMembers(cursor, members, old, frontier) : undefined;
  const only = missing?.members.count === 1 ? missing : undefined;
  const absent = new AbsentAmong(cursor.absent, [...agents, ...gone]);
  const lanes = agents.map((agentId): LanePlan => {
    const exception = listed.get(agentHash(agentId));
    if (exception !== undefined) return asListed(cursor, agentId, exception);
    const fromStart = { agentId, resume: { from: cursor.start } };
    if (frontier === undefined) return fromStart;
    if (joined?.has(agentId) === true) {
      const place = absent.placeOf(agentId, isNew(agentId));
      if (place !== undefined) return place;
      if (!wasKnown(cursor, taskOf(agentId))) return fromStart;
      isDoubted = true;
    } else if (joined === undefined && isNew(agentId)) {
      return fromStart;
    }
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
    membersUncertain: joined === undefined || absent.isGuessed || isDoubted,
    kept: [...(onlyMissing === undefined ? [] : [onlyMissing]), ...unknown]
      .slice(0, mostKept)
      .map((exception) => ({ ...exception, told: true })),
    absent: withNewest(missing === only ? undefined : missing, absent.left),
    after: {
      cursor,
      gone,
      missing: onlyMissing,
      incomplete: joined === undefined || members.count > counted.length - joined.size,
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
  taskOf: TaskOfLane = noTasks,
): Newcomer {
  const fromStart = { agentId, resume: { from: start } };
  if (plan.after === undefined) return fromStart;
  const { cursor, gone, missing, incomplete } = plan.after;
  const hash = agentHash(agentId);
  const exception = cursor.exceptions.find(({ agent }) => agent === hash);
  if (exception !== undefined) return asListed(cursor, agentId, exception);
  const { frontier } = plan;
  if (frontier === undefined) return fromStart;
  const task = taskOf(agentId);
  if (missing?.agent === hash || !isCounted(cursor, undefined, task)) return afterFrontier(cursor, frontier, agentId);
  const isNew = isNewer(cursor, task);
  const all = [...present, agentId];
  if (incomplete && missing === undefined) {
    const { lanes, membersUncertain } = planResume(cursor, all, gone, taskOf);
    return { ...(lanes.at(-1) ?? fromStart), isGuessed: membersUncertain && !isNew };
  }
  const absent = new AbsentAmong(cursor.absent, [...all, ...gone]);
  const place = absent.placeOf(agentId, isNew);
  if (place !== undefined) return { ...place, isGuessed: absent.isGuessed };
  return wasKnown(cursor, task) ? { ...afterFrontier(cursor, frontier, agentId), isGuessed: true } : fromStart;
}

/** @param listed as the cursor lists it */
function isCounted(cursor: ClusterCursor, listed: Exception | undefined, task: ReturnType<TaskOfLane>): boolean {
  if (listed !== undefined) return listed.uncounted !== true;
  const from = task === 'forgotten' ? undefined : uncountedFrom(task);
  return !cursor.leavesOutEnded || cursor.made === undefined || from === undefined || from > cursor.made;
}

function isNewer({ made }: ClusterCursor, task: ReturnType<TaskOfLane>): boolean {
  return made !== undefined && task !== 'forgotten' && startedAfter(task, made);
}

/**
 * Whether whoever made the cursor must have known a task that is no member: it was left out because it had ended, of which nothing
 * is known here.
 */
function wasKnown({ leavesOutEnded, made }: ClusterCursor, task: ReturnType<TaskOfLane>): boolean {
  return leavesOutEnded && made !== undefined && (task === 'forgotten' || startedLongBefore(task, made));
}

/** Who has joined; where the sum alone does not tell, of those that were there when the cursor was made, and all that came later. */
function joinedAmong(
  members: AgentSet,
  now: readonly string[],
  gone: readonly string[],
  isNew: (id: string) => boolean,
): Set<string> | undefined {
  const joined = joinedSince(members, now, gone);
  if (joined !== undefined) return joined;
  const newer = now.filter(isNew);
  if (newer.length === 0) return undefined;
  const others = joinedSince(
    members,
    now.filter((id) => !isNew(id)),
    gone,
  );
  return others && new Set([...others, ...newer]);
}

function withNewest(newest: AbsentMembers | undefined, older: readonly AbsentMembers[]): AbsentMembers[] {
  if (newest === undefined) return older.slice(0, mostAbsent);
  const { count, sum } = newest.members;
  const others = older.filter(({ members }) => members.count !== count || members.sum !== sum);
  return [newest, ...others].slice(0, mostAbsent);
}

function afterFrontier({ order, made }: ClusterCursor, frontier: EntryKey, agentId: string): LanePlan {
  // It may be the frontier's own, of which only the hash was known.
  const key = frontier.agentHash === agentHash(agentId) ? { ...frontier, agentId } : frontier;
  return { agentId, resume: resumeAfter(key, agentId, order), clear: frontier, reachedAt: made };
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
