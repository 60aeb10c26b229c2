import { agentHash, agentSetOf } from './agent-set.ts';
import type { ClusterCursor } from './cluster-cursor.ts';
import type { Order } from './entry-key.ts';
import { turnedCursor } from './turned-cursor.ts';

/** The hash of no scope and no filters. */
const ofNoQuery = -1;

/** A place that is given by a time: after all entries of it. No encoded cursor looks like one. */
export function isTimePlace(text: string): boolean {
  return /^@|:/.test(text);
}

/** The place after all entries of a realtime (µs), the newest first before them. */
export function placeAtTime(realtime: number, order: Order): ClusterCursor {
  return {
    order,
    query: ofNoQuery,
    members: agentSetOf([]),
    leavesOutEnded: false,
    start: undefined,
    since: undefined,
    until: undefined,
    frontier: { realtime, agent: undefined },
    made: undefined,
    exceptions: [],
    absent: [],
  };
}

/**
 * The place of the entry that a cursor was given with, for a reader of something else: other filters, another scope. Of how far
 * the others had been read nothing is taken over. An entry of an agent or a task that is not read now has its place by its
 * time.
 *
 * @param agents all that are read: none of them counts as new
 */
export function placeOf(cursor: ClusterCursor, order: Order, agents: readonly string[]): ClusterCursor {
  const place = turnedCursor(cursor, order, agents);
  const { frontier } = place;
  const own = frontier?.agent;
  if (frontier === undefined || own === undefined || agents.some((id) => agentHash(id) === own)) return place;
  return { ...place, frontier: { realtime: frontier.realtime, agent: undefined }, exceptions: [], absent: [] };
}
