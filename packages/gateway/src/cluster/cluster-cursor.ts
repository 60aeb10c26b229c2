import type { AgentSet } from './agent-set.ts';
import { type EntryKey, everyAgent, type Order } from './entry-key.ts';
import type { Position } from './packed-position.ts';

/**
 * Where to go on in one agent's journal: after a position (before it, newest first); or at its first entry in its own order
 * at or after a realtime (newest first: its last one at or before it); or at the beginning of the order.
 */
export type Resume = { readonly position: Position } | { readonly from: number } | { readonly from: undefined };

/** An agent whose place does not follow from the frontier. */
export interface Exception {
  /** {@link agentHash} of its id. */
  readonly agent: number;
  readonly resume: Resume;
  /** Greatest realtime delivered of it, where that is past the frontier. */
  readonly farthest?: number | undefined;
  /** When that place was known that is given by time, µs since 1970: what was written since is still to be read. */
  readonly reachedAt?: number | undefined;
  /** Nobody knew it at a resume before, and the reader has been told so. */
  readonly told?: boolean;
  /** It is none of the members that are counted. */
  readonly uncounted?: boolean;
}

/** Members that no gateway has known of late: which they are, only the sum of their hashes tells. */
export interface AbsentMembers {
  readonly members: AgentSet;
  /** All of them go on at their first entry at or after this realtime (newest first: at their last at or before it). */
  readonly from: number;
  /** As an exception has it. */
  readonly reachedAt?: number | undefined;
}

/** What a cursor is of, the same in all cursors of an answer. */
export interface CursorParts {
  /** Of the scope and filters that it belongs to: 32 bits. */
  readonly query: number;
  /** From when on new members are read, and what relative times were resolved to; µs since 1970. */
  readonly start: number | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/**
 * A place in the merged log of a cluster: a frontier, and exceptions.
 *
 * An agent that is neither an exception nor the frontier's own goes on at its first entry, in its own order, whose key is
 * past the frontier, if it was a member of the stream; a new member begins at `start`.
 */
export interface ClusterCursor extends CursorParts {
  readonly order: Order;
  readonly members: AgentSet;
  /** Tasks that had ended well before it was made are none of `members`: nobody may know them any more. */
  readonly leavesOutEnded: boolean;
  /** Greatest key delivered in order; undefined before the first. */
  readonly frontier: CursorFrontier | undefined;
  /** When it was made, by its gateway's clock, µs since 1970: what was written since is still to be read. Only with a frontier. */
  readonly made: number | undefined;
  readonly exceptions: readonly Exception[];
  readonly absent: readonly AbsentMembers[];
}

export interface CursorFrontier {
  readonly realtime: number;
  /** {@link agentHash}; undefined: of all agents. */
  readonly agent: number | undefined;
}

/** What an encoded cursor may take, in characters: it travels in a header. */
export const maximumCursorLength = 4_096;

/** Groups of members, not known by name, that a cursor has: who is one of them is not found out for nothing. */
export const mostAbsent = 4;

/** How cursors are written: bytes in base64url, all numbers the greatest byte first. */
export const cursorFormat = {
  version: 1,
  flag: { desc: 1, frontier: 2, ofAll: 4, start: 8, since: 16, until: 32, made: 64, leavesOutEnded: 128 },
  kind: { from: 0, position: 1, beginning: 2, absent: 3 },
  /** Marks of an exception, beside its kind. */
  mark: { farthest: 0x80, told: 0x40, reachedAt: 0x20, reachedBefore: 0x10, uncounted: 0x08 },
  timeBytes: 7,
  /**
   * What one counts of the time from the frontier until the cursor was made, in µs: a number n is 2n, or -2n - 1 where that is less
   * than none, in seven bits a byte, the least first.
   */
  madeStep: 10_000,
  /** What one counts of the time from a place given by time was reached until the cursor was made, written likewise; µs. */
  reachedStep: 1_000_000,
} as const;

/** When a cursor says that it was made, which it does in steps. */
export function madeAsTold(made: number, { realtime }: Pick<CursorFrontier, 'realtime'>): number {
  const { madeStep } = cursorFormat;
  return realtime + Math.floor((made - realtime) / madeStep) * madeStep;
}

/** Where a member goes on that is neither an exception nor the frontier's own: at its first entry past the frontier. */
export function resumeAfter(frontier: EntryKey, agentId: string, order: Order): Resume {
  if (frontier.agentId === everyAgent) return { from: frontier.realtime + (order === 'asc' ? 1 : 0) };
  if (order === 'asc') return { from: frontier.realtime + (agentId <= frontier.agentId ? 1 : 0) };
  return { from: Math.max(0, frontier.realtime - (agentId >= frontier.agentId ? 1 : 0)) };
}

/** The key that a cursor's frontier stands for, when the agents of the cluster are known by their hashes. */
export function frontierKey(frontier: CursorFrontier, idOf: (hash: number) => string | undefined): EntryKey {
  const { realtime, agent } = frontier;
  if (agent === undefined) return { realtime, agentId: everyAgent };
  const agentId = idOf(agent);
  return agentId === undefined ? { realtime, agentId: '', agentHash: agent } : { realtime, agentId };
}
