/** An entry's place in the total order of a cluster: first its realtime, then its agent's id; within an agent its own order. */
export interface EntryKey {
  /** µs since 1970. */
  readonly realtime: number;
  readonly agentId: string;
  /** Hash of the agent's id where only that is known, and `agentId` is empty. */
  readonly agentHash?: number;
}

/** Oldest first, or newest first. */
export type Order = 'asc' | 'desc';

/** Greater than every agent id: of a key that stands after all entries of its realtime. */
export const everyAgent = '\u{10ffff}';

/** Negative when `a` comes first in the order. */
export function compareKeys(a: EntryKey, b: EntryKey, order: Order): number {
  const ascending = a.realtime - b.realtime || (a.agentId === b.agentId ? 0 : a.agentId < b.agentId ? -1 : 1);
  return order === 'asc' ? ascending : -ascending;
}
