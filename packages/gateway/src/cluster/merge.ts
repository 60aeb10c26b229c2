import TinyQueue from 'tinyqueue';
import { type AgentSet, agentHash, agentSetOfHashes } from './agent-set.ts';
import type { ClusterCursor, Exception, Resume } from './cluster-cursor.ts';
import { compareKeys, type EntryKey, everyAgent, type Order } from './entry-key.ts';
import { Lane, type MergeEntry } from './lane.ts';

export interface MergeOptions {
  readonly order: Order;
  /** A follow: agents tell of their clocks by watermarks, and an agent that is behind is waited for only so long. */
  readonly live: boolean;
  /** Greatest key that was delivered in order before, when this merge goes on from a cursor. */
  readonly frontier?: EntryKey | undefined;
  /** Members that are not known yet: cursors keep them until they join. */
  readonly kept?: readonly Exception[] | undefined;
  /** How long an entry is held back for a live agent that is behind, in ms. Default 250. */
  readonly holdBack?: number;
  /** How long an agent that has not caught up yet may say nothing before it is not waited for, in ms. */
  readonly patience?: number;
  /** How long a live agent may say nothing until it counts as silent, in ms. Default 1,000. */
  readonly silence?: number;
}

export interface Delivery<Entry extends MergeEntry> {
  readonly agentId: string;
  readonly entry: Entry;
  /** It stands outside the total order: newer entries came before it, or its node's clock is ahead of the others'. */
  readonly late: boolean;
}

/** Agents that are idle, and yet are given by position while there are no more: their clocks may go back unseen. */
const idleByPosition = 8;
/** How long the clocks' middle stays good, in ms. */
const referenceAge = 10;
const foremost: EntryKey = { realtime: Number.NEGATIVE_INFINITY, agentId: '' };

/**
 * Merges the logs of many agents into one: total order by (realtime, agent id), each agent's entries in that agent's own
 * order. It does no I/O and has no clock: lines are put in as they come, and `next` says what can be delivered now.
 *
 * An entry is delivered once every agent that is waited for has shown that it has nothing older; for an agent that is behind
 * it is held back only so long. What then comes later and older is `late`. An agent whose clock is ahead of the middle of
 * all clocks by more than the hold-back does not move the frontier: its entries are `late`, not everybody else's.
 */
export class Merge<Entry extends MergeEntry> {
  readonly order: Order;
  readonly #live: boolean;
  readonly #holdBack: number;
  readonly #patience: number;
  readonly #silence: number;
  readonly #lanes = new Map<string, Lane<Entry>>();
  /** Lanes with a waiting entry, the first in the order on top. */
  readonly #heads: TinyQueue<Lane<Entry>>;
  /** Lanes without one that may yet get one. */
  readonly #headless = new Set<Lane<Entry>>();
  /** Lanes that have delivered past the frontier. */
  readonly #beyond = new Set<Lane<Entry>>();
  readonly #ended = new Set<Lane<Entry>>();
  readonly #kept: Map<number, Exception>;
  #frontier: EntryKey | undefined;
  #frontierLane: Lane<Entry> | undefined;
  #members: AgentSet | undefined;
  #listings = 0;
  #reference: number | undefined;
  #referenceSince = Number.NEGATIVE_INFINITY;

  constructor({ order, live, frontier, kept = [], holdBack = 250, patience = 2_000, silence = 1_000 }: MergeOptions) {
    this.order = order;
    this.#live = live;
    this.#holdBack = holdBack;
    this.#patience = patience;
    this.#silence = silence;
    this.#frontier = frontier;
    this.#kept = new Map(kept.map((exception) => [exception.agent, exception]));
    this.#heads = new TinyQueue<Lane<Entry>>([], (a, b) => this.#compareHeads(a, b));
  }

  get frontier(): EntryKey | undefined {
    return this.#frontier;
  }

  lane(agentId: string): Lane<Entry> | undefined {
    return this.#lanes.get(agentId);
  }

  lanes(): Iterable<Lane<Entry>> {
    return this.#lanes.values();
  }

  /**
   * Takes an agent in.
   *
   * @param clear its entries up to this key are known to be delivered: the frontier, for one that follows from it
   * @param farthest as in the cursor's exception
   */
  join(agentId: string, resume: Resume, now: number, clear?: EntryKey, farthest?: number): void {
    const lane = new Lane<Entry>(agentId, this.order, resume, clear, now);
    this.#lanes.set(agentId, lane);
    this.#headless.add(lane);
    this.#members = undefined;
    this.#kept.delete(lane.hash);
    if (farthest !== undefined) {
      lane.farthest = farthest;
      this.#beyond.add(lane);
    }
    const frontier = this.#frontier;
    if (frontier?.agentId === agentId || frontier?.agentHash === lane.hash) {
      this.#frontier = { realtime: frontier.realtime, agentId };
      this.#frontierLane = lane;
    }
  }

  /** Whether nothing waits, and every agent that can be read has said that it has caught up with its journal. */
  get isCaughtUp(): boolean {
    if (this.#heads.length > 0) return false;
    for (const lane of this.#headless) if (lane.state === 'starting') return false;
    return true;
  }

  hasHead(): boolean {
    return this.#heads.length > 0;
  }

  /** Bytes that wait of this agent, its next entry included. */
  waiting(agentId: string): number {
    return this.#lanes.get(agentId)?.waiting ?? 0;
  }

  entry(agentId: string, entry: Entry, now: number): void {
    const lane = this.#heard(agentId, now);
    if (lane === undefined) return;
    const wasHeadless = lane.head === undefined;
    lane.push(entry);
    if (!wasHeadless) return;
    lane.headSince = now;
    this.#headless.delete(lane);
    this.#heads.push(lane);
  }

  /** Everything of the agent at or before `realtime` has been put in. */
  watermark(agentId: string, realtime: number, position: string | undefined, now: number): void {
    const lane = this.#heard(agentId, now);
    if (lane === undefined) return;
    if (position !== undefined) lane.quietAt(position);
    lane.clear = { realtime, agentId: everyAgent };
    lane.clock = realtime;
    if (this.#live && lane.state === 'starting') lane.state = 'live';
  }

  /**
   * The agent's range has been read to its end.
   *
   * @param forGood nothing will ever be added to it
   */
  end(agentId: string, position: string | undefined, now: number, forGood = false): void {
    const lane = this.#heard(agentId, now);
    if (lane === undefined) return;
    if (position !== undefined) lane.quietAt(position);
    lane.state = 'ended';
    if (forGood) lane.finished = true;
    this.#headless.delete(lane);
    this.#ended.add(lane);
  }

  /** The connection to the agent broke: what waits of it is delivered, and it is not waited for until it is heard again. */
  lost(agentId: string): void {
    const lane = this.#lanes.get(agentId);
    if (lane !== undefined && lane.state !== 'ended') lane.state = 'lost';
  }

  /** Where to go on reading this agent: behind everything that was put in of it. */
  resumeOf(agentId: string): Resume {
    return this.#lanes.get(agentId)?.readTo ?? { from: undefined };
  }

  /** Live agents that have fallen silent; each is told once. */
  silent(now: number): Lane<Entry>[] {
    const fallen: Lane<Entry>[] = [];
    for (const lane of this.#headless) {
      const limit = lane.state === 'live' ? this.#silence : lane.state === 'starting' ? this.#patience : undefined;
      if (limit === undefined || now - lane.heardAt < limit) continue;
      lane.state = 'silent';
      fallen.push(lane);
    }
    return fallen;
  }

  /** The reader did not take anything for a while: what waited meanwhile was not held back for anybody. */
  readerReturned(now: number): void {
    for (const lane of this.#heads.data) lane.headSince = now;
  }

  /** The next entry that can be delivered now. */
  next(now: number): Delivery<Entry> | undefined {
    const first = this.#heads.peek();
    if (first === undefined) return undefined;
    const key = this.#headKey(first);
    const ahead = this.#ahead(now);
    if (ahead !== undefined && (ahead !== first || this.#mustWaitFor(key, now))) {
      return this.#deliver(this.#take(ahead), true);
    }
    if (this.#isHeldBack(key, now)) return undefined;
    this.#heads.pop();
    return this.#deliver(first, false);
  }

  /** In how many ms `next` may have something, when nothing is put in until then; undefined when only that helps. */
  wait(now: number): number | undefined {
    if (this.#heads.length === 0) return undefined;
    let wait = Number.POSITIVE_INFINITY;
    for (const lane of this.#heads.data) wait = Math.min(wait, lane.headSince + this.#holdBack - now);
    for (const lane of this.#headless) {
      if (lane.state === 'starting') wait = Math.max(wait, lane.heardAt + this.#patience - now);
    }
    return Number.isFinite(wait) ? Math.max(1, wait) : undefined;
  }

  /** Moves the frontier as far as it goes without an entry, for a checkpoint. */
  advance(): void {
    if (!this.#live || this.order === 'desc') return;
    let least = Number.POSITIVE_INFINITY;
    for (const lane of this.#headless) {
      if (lane.state === 'starting') return;
      if (lane.state === 'live' && lane.clear !== undefined) least = Math.min(least, lane.clear.realtime);
    }
    const first = this.#heads.peek();
    if (first !== undefined) least = Math.min(least, this.#headKey(first).realtime - 1);
    if (!Number.isFinite(least)) return;
    const key = { realtime: least, agentId: everyAgent };
    if (this.#frontier !== undefined && compareKeys(key, this.#frontier, 'asc') <= 0) return;
    this.#moveFrontier(key, undefined);
  }

  /** Where the merged log stands after the last delivery. */
  cursor(rest: Pick<ClusterCursor, 'query' | 'start' | 'since' | 'until'>): ClusterCursor {
    this.#members ??= agentSetOfHashes([...this.#kept.keys(), ...Array.from(this.#lanes.values(), ({ hash }) => hash)]);
    const exceptions: Exception[] = [];
    const own = this.#frontierLane;
    const listing = ++this.#listings;
    const list = (lane: Lane<Entry>): void => {
      if (lane.listed === listing) return;
      lane.listed = listing;
      exceptions.push(exceptionOf(lane));
    };
    if (own !== undefined) list(own);
    for (const lane of this.#beyond) list(lane);
    if (this.#frontier === undefined) for (const lane of this.#lanes.values()) list(lane);
    this.#listWaiting(list, rest.until !== undefined);
    exceptions.push(...this.#kept.values());
    return {
      ...rest,
      order: this.order,
      members: this.#members,
      frontier:
        this.#frontier === undefined
          ? undefined
          : {
              realtime: this.#frontier.realtime,
              agent: frontierHash(this.#frontier),
            },
      exceptions,
    };
  }

  #listWaiting(list: (lane: Lane<Entry>) => void, bounded: boolean): void {
    const frontier = this.#frontier;
    if (frontier === undefined) return;
    const first = this.#heads.peek();
    if (first !== undefined && this.#compare(this.#headKey(first), frontier) <= 0) {
      for (const lane of this.#heads.data) if (this.#compare(this.#headKey(lane), frontier) <= 0) list(lane);
    }
    const idle = this.#live && this.#headless.size <= idleByPosition;
    for (const lane of this.#headless) if (idle || !this.#isPast(lane, frontier)) list(lane);
    if (bounded) return;
    for (const lane of this.#ended) if (lane.head === undefined && !this.#isPast(lane, frontier)) list(lane);
  }

  #deliver(lane: Lane<Entry>, ahead: boolean): Delivery<Entry> {
    const entry = lane.shift() as Entry;
    const key = { realtime: entry.realtime, agentId: lane.agentId };
    const passed = this.#frontier === undefined ? 1 : this.#compare(key, this.#frontier);
    const late = ahead || passed < 0 || (passed === 0 && this.#frontierLane !== lane);
    if (!late) this.#moveFrontier(key, lane);
    else if (passed > 0) {
      lane.farthest = lane.farthest === undefined ? key.realtime : this.#farther(lane.farthest, key.realtime);
      this.#beyond.add(lane);
    }
    if (lane.head === undefined) {
      if (lane.state !== 'ended') this.#headless.add(lane);
    } else {
      this.#heads.push(lane);
    }
    return { agentId: lane.agentId, entry, late };
  }

  #moveFrontier(key: EntryKey, lane: Lane<Entry> | undefined): void {
    this.#frontier = key;
    this.#frontierLane = lane;
    for (const beyond of this.#beyond) {
      const at = { realtime: beyond.farthest as number, agentId: beyond.agentId };
      if (this.#compare(at, key) > 0) continue;
      beyond.farthest = undefined;
      this.#beyond.delete(beyond);
    }
  }

  /** Whether an agent that is waited for may still have something before `key`, and nothing has waited long enough. */
  #isHeldBack(key: EntryKey, now: number): boolean {
    let blocked = false;
    for (const lane of this.#headless) {
      if (this.#isPast(lane, key)) continue;
      if (lane.state === 'starting' && now - lane.heardAt < this.#patience) return true;
      if (lane.state === 'live' && this.#isNearMiddle(lane, now)) blocked = true;
    }
    if (!blocked) return false;
    return !this.#heads.data.some((lane) => now - lane.headSince >= this.#holdBack);
  }

  /** Whether any agent that lives is not yet past `key`. */
  #mustWaitFor(key: EntryKey, now: number): boolean {
    for (const lane of this.#headless) {
      if (lane.state === 'live' && !this.#isPast(lane, key) && this.#isNearMiddle(lane, now)) return true;
    }
    return false;
  }

  #isPast(lane: Lane<Entry>, key: EntryKey): boolean {
    if (lane.finished) return true;
    return lane.clear !== undefined && this.#compare(lane.clear, key) >= 0;
  }

  /** A lane whose clock is not far behind the middle: worth waiting for. */
  #isNearMiddle(lane: Lane<Entry>, now: number): boolean {
    const reference = this.#middle(now);
    return (
      reference === undefined || lane.clear === undefined || lane.clear.realtime >= reference - this.#holdBack * 1_000
    );
  }

  /** A lane whose next entry is so far ahead of all clocks' middle that waiting would not bring it into order. */
  #ahead(now: number): Lane<Entry> | undefined {
    if (!this.#live) return undefined;
    const reference = this.#middle(now);
    if (reference === undefined) return undefined;
    const limit = reference + this.#holdBack * 1_000;
    return this.#heads.data.find((lane) => lane.state === 'live' && (lane.head as Entry).realtime > limit);
  }

  /** The lower middle of the live agents' clocks, as far as their lines tell. */
  #middle(now: number): number | undefined {
    if (now - this.#referenceSince < referenceAge) return this.#reference;
    const clocks: number[] = [];
    for (const lane of this.#lanes.values()) {
      if (lane.state === 'live' && lane.clock !== undefined) clocks.push(lane.clock);
    }
    clocks.sort((a, b) => a - b);
    this.#reference = clocks[(clocks.length - 1) >> 1];
    this.#referenceSince = now;
    return this.#reference;
  }

  /** Takes a lane out that is not on top. */
  #take(lane: Lane<Entry>): Lane<Entry> {
    const others = this.#heads.data.filter((other) => other !== lane);
    this.#heads.data.length = 0;
    this.#heads.length = 0;
    for (const other of others) this.#heads.push(other);
    return lane;
  }

  #heard(agentId: string, now: number): Lane<Entry> | undefined {
    const lane = this.#lanes.get(agentId);
    if (lane === undefined) return undefined;
    lane.heardAt = now;
    if (lane.state === 'silent' || lane.state === 'lost') lane.state = 'starting';
    return lane;
  }

  #farther(a: number, b: number): number {
    return this.order === 'asc' ? Math.max(a, b) : Math.min(a, b);
  }

  #headKey(lane: Lane<Entry>): EntryKey {
    const { head } = lane;
    return head === undefined ? foremost : { realtime: head.realtime, agentId: lane.agentId };
  }

  #compareHeads(a: Lane<Entry>, b: Lane<Entry>): number {
    const difference = (a.head as Entry).realtime - (b.head as Entry).realtime;
    const ascending = difference || (a.agentId < b.agentId ? -1 : 1);
    return this.order === 'asc' ? ascending : -ascending;
  }

  #compare(a: EntryKey, b: EntryKey): number {
    return compareKeys(a, b, this.order);
  }
}

function frontierHash({ agentId, agentHash: hash }: EntryKey): number | undefined {
  return agentId === everyAgent ? undefined : (hash ?? agentHash(agentId));
}

function exceptionOf({ hash, resume, farthest }: Lane<MergeEntry>): Exception {
  return { agent: hash, resume, ...(farthest === undefined ? {} : { farthest }) };
}
