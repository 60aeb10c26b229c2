import { type AgentSet, agentSetOfHashes } from './agent-set.ts';
import { ClockMiddle } from './clock-middle.ts';
import { type AbsentMembers, type Exception, madeAsTold, type Resume } from './cluster-cursor.ts';
import type { CursorEncoder, EncodedCursor } from './cursor-encoder.ts';
import { compareKeys, type EntryKey, everyAgent, type Order } from './entry-key.ts';
import { Exceptions, isPast } from './exceptions.ts';
import { Frontier } from './frontier.ts';
import { Lane, type LanePast, type MergeEntry } from './lane.ts';
import { LaneHeads } from './lane-heads.ts';

export interface MergeOptions {
  readonly order: Order;
  /** A follow: agents tell of their clocks by watermarks, and an agent that is behind is waited for only so long. */
  readonly live: boolean;
  /** Greatest key that was delivered in order before, when this merge goes on from a cursor. */
  readonly frontier?: EntryKey | undefined;
  /** Members that are not known yet: cursors keep them until they join. */
  readonly kept?: readonly Exception[] | undefined;
  /** Members that are not even known by name: cursors keep what tells them. */
  readonly absent?: readonly AbsentMembers[] | undefined;
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
  readonly #heads: LaneHeads<Entry>;
  /** Lanes without a waiting entry that may yet get one. */
  readonly #headless = new Set<Lane<Entry>>();
  readonly #ended = new Set<Lane<Entry>>();
  /** Lanes of a follow whose tasks have ended, and which cursors still count. */
  readonly #leaving = new Set<Lane<Entry>>();
  #countsEnded = false;
  /** Who is counted is another one for cursors that are made before the one time, or from the other on. */
  #countedSince = Number.NEGATIVE_INFINITY;
  #countAgainAt = Number.POSITIVE_INFINITY;
  readonly #frontier: Frontier;
  readonly #middle: ClockMiddle;
  readonly #exceptions: Exceptions;
  readonly #kept: Map<number, Exception & { readonly foremost: number }>;
  readonly #absent: readonly AbsentMembers[];
  #members: AgentSet | undefined;

  constructor({
    order,
    live,
    frontier,
    kept = [],
    absent = [],
    holdBack = 250,
    patience = 2_000,
    silence = 1_000,
  }: MergeOptions) {
    this.order = order;
    this.#live = live;
    this.#holdBack = holdBack;
    this.#patience = patience;
    this.#silence = silence;
    this.#frontier = new Frontier(order, frontier);
    // What was delivered of them nobody knows.
    const foremost = order === 'asc' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.#kept = new Map(kept.map((exception) => [exception.agent, { ...exception, foremost }]));
    this.#absent = absent;
    this.#heads = new LaneHeads(order);
    this.#middle = new ClockMiddle(this.#lanes, holdBack);
    this.#exceptions = new Exceptions({
      order,
      live,
      frontier: this.#frontier,
      all: this.#lanes,
      heads: this.#heads,
      headless: this.#headless,
      ended: this.#ended,
      leaving: this.#leaving,
    });
  }

  get frontier(): EntryKey | undefined {
    return this.#frontier.key;
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
   * @param past what is known of what it has delivered before
   */
  join(agentId: string, resume: Resume, now: number, past: LanePast = {}): void {
    const lane = new Lane<Entry>(agentId, this.order, resume, { passed: this.frontier?.realtime, ...past }, now);
    this.#lanes.set(agentId, lane);
    this.#headless.add(lane);
    this.#members = undefined;
    this.#kept.delete(lane.hash);
    this.#frontier.joined(lane, past.farthest);
  }

  /** Whether nothing waits, and every agent that can be read has said that it has caught up with its journal. */
  get isCaughtUp(): boolean {
    if (this.#heads.size > 0) return false;
    for (const lane of this.#headless) if (lane.state === 'starting') return false;
    return true;
  }

  hasHead(): boolean {
    return this.#heads.size > 0;
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
    this.#heads.add(lane);
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
   * The agent's range has been looked through up to an entry of this realtime, the newest first down to it: all that matches
   * before it has been put in.
   */
  searched(agentId: string, realtime: number, position: string | undefined, now: number): void {
    const lane = this.#heard(agentId, now);
    if (lane === undefined) return;
    if (position !== undefined) lane.quietAt(position);
    const key = { realtime, agentId };
    if (lane.clear === undefined || compareKeys(key, lane.clear, this.order) > 0) lane.clear = key;
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

  /**
   * The task that a follow reads of an agent has ended.
   *
   * @param uncountedFrom when cursors do not count it any more, µs since 1970
   */
  leaves(agentId: string, uncountedFrom: number): void {
    const lane = this.#lanes.get(agentId);
    if (!this.#live || lane === undefined || lane.uncountedFrom === uncountedFrom) return;
    lane.uncountedFrom = uncountedFrom;
    this.#countAgainAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether cursors count tasks that have ended: what is known of tasks is old. */
  set countsEnded(countsEnded: boolean) {
    if (this.#countsEnded === countsEnded) return;
    this.#countsEnded = countsEnded;
    this.#countAgainAt = Number.NEGATIVE_INFINITY;
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

  /** Agents that are heard, and may still have something at or before a realtime. */
  behind(realtime: number): Lane<Entry>[] {
    const key = { realtime, agentId: everyAgent };
    return [...this.#headless].filter(
      (lane) => (lane.state === 'live' || lane.state === 'starting') && !isPast(lane, key, this.order),
    );
  }

  /** The reader did not take anything for a while: what waited meanwhile was not held back for anybody. */
  readerReturned(now: number): void {
    for (const lane of this.#heads.all) lane.headSince = now;
  }

  /** The next entry that can be delivered now. */
  next(now: number): Delivery<Entry> | undefined {
    const { first } = this.#heads;
    if (first === undefined) return undefined;
    const ahead = this.#live ? this.#ahead(now) : undefined;
    if (ahead === undefined && this.#headless.size === 0) return this.#deliver(first, false);
    const key = { realtime: first.headRealtime, agentId: first.agentId };
    if (ahead !== undefined && (ahead !== first || this.#mustWaitFor(key, now))) return this.#deliver(ahead, true);
    return this.#isHeldBack(key, now) ? undefined : this.#deliver(first, false);
  }

  /** In how many ms `next` may have something, when nothing is put in until then; undefined when only that helps. */
  wait(now: number): number | undefined {
    if (this.#heads.size === 0) return undefined;
    let wait = Number.POSITIVE_INFINITY;
    for (const lane of this.#heads.all) wait = Math.min(wait, lane.headSince + this.#holdBack - now);
    for (const lane of this.#headless) {
      if (lane.state === 'starting') wait = Math.max(wait, lane.heardAt + this.#patience - now);
    }
    return Number.isFinite(wait) ? Math.max(1, wait) : undefined;
  }

  /** Moves the frontier as far as it goes without an entry, for a checkpoint. */
  advance(): void {
    const realtime = this.#live ? this.#clearOfLive() : this.#clearOfSearch();
    if (realtime === undefined) return;
    const key = { realtime, agentId: everyAgent };
    const frontier = this.#frontier.key;
    if (frontier !== undefined && compareKeys(key, frontier, this.order) <= 0) return;
    this.#frontier.move(key, undefined);
  }

  /** Up to when everything was delivered of a follow. */
  #clearOfLive(): number | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (const lane of this.#headless) {
      if (lane.state === 'starting') return undefined;
      if (lane.state === 'live' && lane.clear !== undefined) least = Math.min(least, lane.clear.realtime);
    }
    const { first } = this.#heads;
    if (first !== undefined) least = Math.min(least, first.headRealtime - 1);
    return Number.isFinite(least) ? least : undefined;
  }

  /** Up to when everything was delivered of a range; newest first: after when. Entries of that very time may still come. */
  #clearOfSearch(): number | undefined {
    const isAscending = this.order === 'asc';
    const { first } = this.#heads;
    let nearest = first?.headRealtime;
    for (const { state, clear } of this.#headless) {
      // What is missing of the others their places in the cursor tell.
      if (state !== 'starting') continue;
      if (clear === undefined) return undefined;
      const { realtime } = clear;
      if (nearest === undefined || (isAscending ? realtime < nearest : realtime > nearest)) nearest = realtime;
    }
    return nearest === undefined || !isAscending ? nearest : nearest - 1;
  }

  /**
   * Where the merged log stands after the last delivery.
   *
   * @param isBounded what is read has an end in time
   * @param made what the clock shows, µs since 1970
   */
  cursor(encoder: CursorEncoder, isBounded: boolean, made: number, now: number): EncodedCursor {
    const frontier = this.#frontier.inCursor;
    const leavesOutEnded = this.#live && !this.#countsEnded && frontier !== undefined;
    if (leavesOutEnded) {
      const told = madeAsTold(made, frontier);
      if (told >= this.#countAgainAt || told < this.#countedSince) this.#countAt(told);
    } else if (this.#countAgainAt === Number.NEGATIVE_INFINITY) {
      this.#countAt(this.#countAgainAt);
    }
    this.#members ??= agentSetOfHashes([...this.#countedHashes()]);
    encoder.begin(this.#members, frontier, made, now, leavesOutEnded);
    for (const group of this.#absent) encoder.addAbsent(group);
    this.#exceptions.write(encoder, isBounded);
    for (const exception of this.#kept.values()) encoder.add(exception.agent, exception.resume, exception);
    return encoder.end();
  }

  *#countedHashes(): Iterable<number> {
    for (const { agent, uncounted } of this.#kept.values()) if (uncounted !== true) yield agent;
    for (const { hash, uncounted } of this.#lanes.values()) if (!uncounted) yield hash;
  }

  /** Finds who is counted in cursors that are made at a realtime. */
  #countAt(made: number): void {
    this.#members = undefined;
    this.#leaving.clear();
    this.#countedSince = Number.NEGATIVE_INFINITY;
    this.#countAgainAt = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      const { uncountedFrom } = lane;
      if (uncountedFrom === undefined) continue;
      lane.uncounted = uncountedFrom <= made;
      if (lane.uncounted) {
        this.#countedSince = Math.max(this.#countedSince, uncountedFrom);
      } else {
        this.#leaving.add(lane);
        this.#countAgainAt = Math.min(this.#countAgainAt, uncountedFrom);
      }
    }
  }

  #deliver(lane: Lane<Entry>, isAhead: boolean): Delivery<Entry> {
    this.#heads.take(lane);
    const entry = lane.head as Entry;
    const late = this.#frontier.take(lane.shift() as EntryKey, lane, isAhead);
    if (lane.head !== undefined) this.#heads.add(lane);
    else if (lane.state !== 'ended') this.#headless.add(lane);
    return { agentId: lane.agentId, entry, late };
  }

  /** Whether an agent that is waited for may still have something before `key`, and nothing has waited long enough. */
  #isHeldBack(key: EntryKey, now: number): boolean {
    let blocked = false;
    for (const lane of this.#headless) {
      if (isPast(lane, key, this.order)) continue;
      if (lane.state === 'starting' && now - lane.heardAt < this.#patience) return true;
      if (lane.state === 'live' && this.#middle.isWorthWaiting(lane, now)) blocked = true;
    }
    if (!blocked) return false;
    return !this.#heads.all.some((lane) => now - lane.headSince >= this.#holdBack);
  }

  /** Whether any agent that lives is not yet past `key`. */
  #mustWaitFor(key: EntryKey, now: number): boolean {
    for (const lane of this.#headless) {
      if (lane.state === 'live' && !isPast(lane, key, this.order) && this.#middle.isWorthWaiting(lane, now))
        return true;
    }
    return false;
  }

  /** A lane whose next entry is so far ahead of all clocks' middle that waiting would not bring it into order. */
  #ahead(now: number): Lane<Entry> | undefined {
    const foremost = this.#middle.foremost(now);
    if (foremost === undefined) return undefined;
    return this.#heads.all.find((lane) => lane.state === 'live' && lane.headRealtime > foremost);
  }

  #heard(agentId: string, now: number): Lane<Entry> | undefined {
    const lane = this.#lanes.get(agentId);
    if (lane === undefined) return undefined;
    lane.heardAt = now;
    if (lane.state === 'silent' || lane.state === 'lost') lane.state = 'starting';
    return lane;
  }
}
