import { agentSetOf } from './agent-set.ts';
import type { ClusterCursor } from './cluster-cursor.ts';
import type { Order } from './entry-key.ts';

/**
 * The same place, to be left in the other direction. The frontier's own agent goes on right beside its entry, the others beside
 * that entry's time: where they stood says how far they had been read, which means nothing on the way back.
 *
 * @param agents all that are read: none of them counts as new
 */
export function turnedCursor(cursor: ClusterCursor, order: Order, agents: readonly string[]): ClusterCursor {
  const own = cursor.exceptions.find(({ agent, resume }) => agent === cursor.frontier?.agent && 'position' in resume);
  return {
    ...cursor,
    order,
    members: agentSetOf(agents),
    leavesOutEnded: false,
    made: undefined,
    absent: [],
    exceptions: own === undefined ? [] : [{ agent: own.agent, resume: own.resume }],
  };
}
