import { agentHash } from './agent-set.ts';
import type { CursorFrontier } from './cluster-cursor.ts';
import { compareKeys, type EntryKey, everyAgent, type Order } from './entry-key.ts';
import type { Lane, MergeEntry } from './lane.ts';

/** The greatest key that was delivered in order, and who has delivered past it. */
export class Frontier {
  readonly #order: Order;
  #key: EntryKey | undefined;
  #lane: Lane<MergeEntry> | undefined;
  /** Lanes that have delivered past it. */
  readonly beyond = new Set<Lane<MergeEntry>>();

  constructor(order: Order, key: EntryKey | undefined) {
    this.#order = order;
    this.#key = key;
  }

  /** Undefined before the first entry. */
  get key(): EntryKey | undefined {
    return this.#key;
  }

  /** Whose entry it is, if it is one. */
  get lane(): Lane<MergeEntry> | undefined {
    return this.#lane;
  }

  /** A lane has joined: the frontier that another gateway has left may be its own. */
  joined(lane: Lane<MergeEntry>, farthest: number | undefined): void {
    if (farthest !== undefined) {
      lane.farthest = farthest;
      this.beyond.add(lane);
    }
    const key = this.#key;
    if (key?.agentId !== lane.agentId && key?.agentHash !== lane.hash) return;
    this.#key = { realtime: key.realtime, agentId: lane.agentId };
    this.#lane = lane;
  }

  /**
   * Takes in what was delivered of a lane.
   *
   * @param isAhead it is not to move the frontier
   * @returns whether it stands outside the order
   */
  take(key: EntryKey, lane: Lane<MergeEntry>, isAhead: boolean): boolean {
    const passed = this.#key === undefined ? 1 : compareKeys(key, this.#key, this.#order);
    if (!isAhead && (passed > 0 || (passed === 0 && this.#lane === lane))) {
      this.move(key, lane);
      return false;
    }
    if (passed > 0) {
      const { farthest = key.realtime } = lane;
      lane.farthest = this.#order === 'asc' ? Math.max(farthest, key.realtime) : Math.min(farthest, key.realtime);
      this.beyond.add(lane);
    }
    return true;
  }

  move(key: EntryKey, lane: Lane<MergeEntry> | undefined): void {
    this.#key = key;
    this.#lane = lane;
    if (this.beyond.size > 0) this.#forgetPassed(key);
  }

  /** As cursors have it. */
  get inCursor(): CursorFrontier | undefined {
    if (this.#key === undefined) return undefined;
    const { realtime, agentId, agentHash: hash } = this.#key;
    if (agentId === everyAgent) return { realtime, agent: undefined };
    return { realtime, agent: this.#lane?.hash ?? hash ?? agentHash(agentId) };
  }

  #forgetPassed(key: EntryKey): void {
    for (const lane of this.beyond) {
      const at = { realtime: lane.farthest as number, agentId: lane.agentId };
      if (compareKeys(at, key, this.#order) > 0) continue;
      lane.farthest = undefined;
      this.beyond.delete(lane);
    }
  }
}
