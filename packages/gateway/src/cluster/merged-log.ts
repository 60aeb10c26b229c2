import type { V3Event } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { CursorParts } from './cluster-cursor.ts';
import type { LaneTarget } from './cluster-scope.ts';
import { CursorEncoder } from './cursor-encoder.ts';
import type { Order } from './entry-key.ts';
import { LaneStreams, type LaneStreamsOptions, silentRange } from './lane-streams.ts';
import { LogEvents } from './log-events.ts';
import { Merge } from './merge.ts';
import { type Newcomer, planNewcomer, type ResumePlan, taskOf } from './resume-plan.ts';
import { ScopeWatch } from './scope-watch.ts';
import type { Sink } from './sink.ts';
import { startOf } from './task-start.ts';
import type { WaitingEntry } from './waiting-entry.ts';
import { Wake } from './wake.ts';

export interface MergedLogOptions extends LaneStreamsOptions {
  readonly targets: readonly LaneTarget[];
  readonly plan: ResumePlan;
  /** Entries that are delivered first, as if the agents had sent them: of each lane in its own order. */
  readonly given?: ReadonlyMap<string, readonly WaitingEntry[]>;
  readonly order: Order;
  /** How long an entry is held back for an agent that is behind, in ms. */
  readonly holdBack: number;
  readonly cursor: CursorParts;
  /** A range tells by checkpoints how far it has been looked through while nothing matches. */
  readonly tells?: boolean;
  /** Told before the first entry. */
  readonly events?: readonly V3Event[];
  /** How long an agent may search without a word before it is not waited for, in ms. */
  readonly patience?: number;
  /** Whose tasks and agents join while it is live. */
  readonly index: Pick<ClusterIndex, 'on' | 'off' | 'status'>;
}

/** Why a log ended: nothing more is to come, as much as was wanted has come, or it was stopped. */
export type LogEnd = 'end' | 'limit' | 'stopped';

/** After so long without anything a follower is told that all is well, in ms; every 15 s is promised. */
const quiet = 14_000;
/** The same for whoever waits for what a range is searched for. */
const quietSearch = 1_000;
/** Within which the first answers are awaited before the caller gets headers, in ms. */
const openingTime = 1_000;
/** So long without a word of Mesos tasks come and go unnoticed, in ms: as long as they are counted after their end, and less. */
const oldIndex = 90_000;
/** How long the reader may take before what waited is not held against anybody, in ms. */
const slowReader = 50;
/** How long after its `until` a follow waits for agents whose clocks are behind, in ms. */
const patienceAfterUntil = 10_000;

/** The logs of many agents as one, read from them as fast as the reader takes it and no faster. */
export class MergedLog {
  readonly #options: MergedLogOptions;
  readonly #merge: Merge<WaitingEntry>;
  readonly #cursors: CursorEncoder;
  readonly #wake = new Wake();
  readonly #events: LogEvents;
  readonly #streams: LaneStreams;
  #watch: ScopeWatch | undefined;
  #stopped: { readonly event: V3Event } | undefined;
  /** It has been told whose clocks have not come to the end of what is followed. */
  #areBehindTold = false;
  #isClosed = false;
  /** What the clocks showed when the last deliveries began: in ms, and in µs since 1970. */
  #now = performance.now();
  #made = Date.now() * 1_000;

  constructor(options: MergedLogOptions) {
    this.#options = options;
    const { order, live, holdBack, plan, events = [] } = options;
    // Whoever reads a range waits for its agents' searches; a follow must not stall.
    const patience = options.patience ?? (live ? 2_000 : silentRange);
    const { frontier, kept, absent } = plan;
    this.#merge = new Merge({ order, live, holdBack, patience, frontier, kept, absent });
    this.#cursors = new CursorEncoder(options.cursor, order);
    const onNews = (): void => this.#wake.set();
    this.#events = new LogEvents(events, onNews);
    this.#streams = new LaneStreams(options, this.#merge, this.#events, onNews);
    if (plan.unknown > 0) this.#events.gap({ reason: 'agents-forgotten' });
    if (plan.membersUncertain) this.#events.gap({ reason: 'agents-changed' });
  }

  /** What is read. */
  targets(): LaneTarget[] {
    return this.#streams.targets();
  }

  /** The position of the first entry that came of a lane. */
  firstPosition(id: string): string | undefined {
    return this.#streams.firstPosition(id);
  }

  /** Whether a lane was read to its end. */
  wasRead(id: string): boolean {
    return this.#merge.lane(id)?.state === 'ended';
  }

  /**
   * Opens the agents' streams.
   *
   * @returns when all have answered, or a second has passed: what is wrong with the question itself is known by then
   * @throws CodedError when the agents refuse the question
   * @throws AbortError when the caller has gone
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { targets, plan, given, live } = this.#options;
    const byId = new Map(targets.map((target) => [target.id, target]));
    for (const lane of plan.lanes) {
      const target = byId.get(lane.agentId);
      if (target !== undefined) this.#streams.join(target, lane, given?.get(target.id) ?? []);
    }
    if (live) this.#watch = this.#watchScope();
    await this.#streams.opened(openingTime, signal);
    signal.throwIfAborted();
    if (this.#streams.failure !== undefined) throw this.#streams.failure;
  }

  /** Delivers to `sink` until the end of the ranges, or of the time that is followed, the limit, or `stop`. */
  async run(sink: Sink, limit: number, signal: AbortSignal): Promise<LogEnd> {
    const onAbort = (): void => this.#wake.set();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#run(sink, limit, signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the log with an event. */
  stop(event: V3Event): void {
    this.#stopped ??= { event };
    this.#wake.set();
  }

  close(): void {
    this.#isClosed = true;
    this.#watch?.stop();
    this.#streams.close();
  }

  /** Whether there is another entry. */
  async hasMore(signal: AbortSignal): Promise<boolean> {
    while (!this.#merge.hasHead()) {
      if (this.#isOver()) return false;
      signal.throwIfAborted();
      await this.#wake.wait(1_000);
    }
    return true;
  }

  /** The cursor after the last delivery. */
  cursorText(): string {
    const { text, omitted } = this.#merge.cursor(
      this.#cursors,
      this.#options.cursor.until !== undefined,
      this.#made,
      this.#now,
    );
    if (omitted.length > 0) this.#events.omitted(omitted.length);
    return text;
  }

  async #run(sink: Sink, limit: number, signal: AbortSignal): Promise<LogEnd> {
    const { live, tells } = this.#options;
    const cursor = (): string => this.cursorText();
    let left = limit;
    let toldAt = performance.now();
    let saidCaughtUp = false;
    for (;;) {
      signal.throwIfAborted();
      if (this.#streams.failure !== undefined) throw this.#streams.failure;
      const now = performance.now();
      this.#now = now;
      this.#made = Date.now() * 1_000;
      const mesos = this.#options.index.status();
      this.#merge.countsEnded = mesos.state === 'stale' && mesos.ageMs > oldIndex;
      for (const { agentId } of this.#merge.silent(now)) this.#streams.missed(agentId);
      const before = left;
      left -= this.#deliver(sink, left, now, cursor);
      let said = left < before;
      for (const event of this.#events.take()) {
        said = true;
        sink.event(event);
      }
      if (left === 0) return 'limit';
      if (this.#stopped !== undefined) {
        sink.event(this.#stopped.event, this.cursorText());
        await sink.flush();
        return 'stopped';
      }
      const caughtUp = live && !saidCaughtUp && this.#merge.isCaughtUp;
      if (caughtUp || (live && !said && now - toldAt >= quiet)) {
        this.#merge.advance();
        const at = this.cursorText();
        sink.event({ event: 'checkpoint', cursor: at }, at);
        saidCaughtUp = true;
        said = true;
      }
      if (tells === true && !said && now - toldAt >= quietSearch) said = this.#tellSearched(sink);
      if (said) toldAt = now;
      const flushed = sink.flush();
      if (flushed !== undefined) {
        await flushed;
        const after = performance.now();
        if (after - now > slowReader) this.#merge.readerReturned(after);
        continue;
      }
      // A sink that cannot send on what it has is full for good.
      if (sink.full) return 'limit';
      if (said) continue;
      if (this.#isOver()) return 'end';
      this.#streams.endSpent(now);
      await this.#wake.wait(
        Math.min(this.#merge.wait(now) ?? quiet, toldAt + quiet - now, live ? 100 : quietSearch / 4),
      );
    }
  }

  /** Delivers what can be now. @returns how many */
  #deliver(sink: Sink, limit: number, now: number, cursor: () => string): number {
    let count = 0;
    while (!sink.full && count < limit) {
      const delivery = this.#merge.next(now);
      if (delivery === undefined) break;
      count++;
      const { agentId } = delivery;
      sink.entry(delivery, this.#streams.target(agentId) as LaneTarget, cursor);
      this.#streams.readOn(agentId);
    }
    return count;
  }

  /** @returns whether anything is known to tell */
  #tellSearched(sink: Sink): boolean {
    this.#merge.advance();
    const realtime = this.#merge.frontier?.realtime;
    if (realtime === undefined) return false;
    const cursor = this.cursorText();
    sink.event({ event: 'checkpoint', cursor, realtime }, cursor);
    return true;
  }

  #isOver(): boolean {
    if (this.#merge.hasHead()) return false;
    return this.#options.live ? this.#isPastUntil() : this.#streams.areOver;
  }

  /** Whether the time has passed until which is followed, and nothing of it can come any more. */
  #isPastUntil(): boolean {
    const { until } = this.#options.cursor;
    if (until === undefined) return false;
    const late = Date.now() - until / 1_000;
    if (late < this.#options.holdBack) return false;
    const behind = this.#merge.behind(until);
    if (behind.length === 0) return true;
    if (late < patienceAfterUntil) return false;
    if (this.#areBehindTold) return true;
    this.#areBehindTold = true;
    for (const { agentId, clock } of behind) {
      const agent = this.#streams.target(agentId)?.agentId ?? agentId;
      this.#events.gap({ agent, reason: 'clock-behind', to: until, ...(clock === undefined ? {} : { from: clock }) });
    }
    return false;
  }

  #watchScope(): ScopeWatch {
    const { index, scope } = this.#options;
    return new ScopeWatch(index, scope, {
      read: (id) => this.#streams.target(id),
      onJoined: (target, state, isNew) => this.#admit(target, state, isNew),
      onChanged: (target) => {
        const state = target.task?.state;
        if (state !== undefined && this.#streams.target(target.id)?.task?.state !== state) {
          this.#events.lifecycle(target, state);
        }
        this.#streams.setTarget(target);
      },
      onTooWide: () => this.#events.gap({ reason: 'cluster-scope-too-wide' }),
    });
  }

  #admit(target: LaneTarget, state: string, isNew: boolean): void {
    if (this.#isClosed) return;
    const { task, agentId } = target;
    const isStarted = state === 'started' && task !== undefined;
    this.#events.lifecycle(target, isStarted ? startOf(task, agentId, this.#streams.targets()) : state);
    const { plan, cursor } = this.#options;
    const newcomer: Newcomer = isNew
      ? { agentId: target.id, resume: { from: cursor.start } }
      : planNewcomer(plan, this.#streams.ids(), target.id, cursor.start, (id) =>
          taskOf(id === target.id ? target : this.#streams.target(id)),
        );
    if (newcomer.isGuessed === true) this.#events.gap({ agent: target.agentId, reason: 'agents-changed' });
    this.#streams.join(target, newcomer, []);
  }
}
