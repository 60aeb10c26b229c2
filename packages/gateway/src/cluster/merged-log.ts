import { CodedError, type EntryLine, type GapEvent, type Line, type LineGap, type V3Event } from '@clusterlog/shared';
import type { ClusterIndex } from '../mesos/cluster-index.ts';
import type { MesosTask } from '../mesos/model.ts';
import { servicePath } from '../mesos/service-path.ts';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import type { AgentClocks } from './agent-clocks.ts';
import { AgentStream, type StreamEnd } from './agent-stream.ts';
import type { CursorParts, Resume } from './cluster-cursor.ts';
import type { ClusterScope, LaneTarget } from './cluster-scope.ts';
import { CursorEncoder } from './cursor-encoder.ts';
import type { Order } from './entry-key.ts';
import { Merge } from './merge.ts';
import { positionText } from './packed-position.ts';
import { Reconnect } from './reconnect.ts';
import { type LanePlan, planNewcomer, type ResumePlan } from './resume-plan.ts';
import type { Sink } from './sink.ts';
import type { WaitingEntry } from './waiting-entry.ts';
import { Wake } from './wake.ts';

export interface MergedLogOptions {
  readonly calls: AgentCalls;
  readonly scope: ClusterScope;
  readonly targets: readonly LaneTarget[];
  readonly plan: ResumePlan;
  /** Entries that are delivered first, as if the agents had sent them: of each lane in its own order. */
  readonly given?: ReadonlyMap<string, readonly WaitingEntry[]>;
  readonly order: Order;
  /** A follow; else every agent's range is read to its end. */
  readonly live: boolean;
  /** How long an entry is held back for an agent that is behind, in ms. */
  readonly holdBack: number;
  readonly cursor: CursorParts;
  /** What an agent is asked to go on from there. */
  readonly question: (resume: Resume, live: boolean) => Pick<AgentQuestion, 'path' | 'query'>;
  /** A range tells by checkpoints how far it has been looked through while nothing matches. */
  readonly tells?: boolean;
  /** Told before the first entry. */
  readonly events?: readonly V3Event[];
  /** How long an agent may search without a word before it is not waited for, in ms. */
  readonly patience?: number;
  readonly clocks: AgentClocks;
  /** Whose tasks and agents join while it is live. */
  readonly index: Pick<ClusterIndex, 'on' | 'off'>;
}

/**
 * Bytes of one agent that wait before it is read no further, and of all agents; with half of them it is read again. They
 * wait as strings: few enough not to outlive the young generation. One piece of its stream may come on top.
 */
const [mostWaiting, leastWaiting] = [64 * 1024, 8 * 1024];
const mostWaitingOfAll = 1024 * 1024;
/** An ended task's container may have written its last lines that long after its last status, in seconds. */
const afterlife = 120;
/** Events that wait for a reader who takes nothing; of what agents tell more is left out. */
const mostEvents = 1_000;
/** After so long without anything a follower is told that all is well, in ms; every 15 s is promised. */
const quiet = 14_000;
/** The same for whoever waits for what a range is searched for. */
const quietSearch = 1_000;
/** How long a live agent that tells its clock every 50 ms may be silent before its connection is given up, in ms. */
const silentConnection = 10_000;
/** How long an agent may search its journal without a word when a range is read, in ms. */
const silentRange = 5 * 60_000;
/** Within which the first answers are awaited before the caller gets headers, in ms. */
const openingTime = 1_000;
/** How often it is looked for tasks that have ended, in ms. */
const sweepPeriod = 5_000;
/** How long the reader may take before what waited is not held against anybody, in ms. */
const slowReader = 50;

interface OpenLane {
  target: LaneTarget;
  stream: AgentStream | undefined;
  /** It is asked for what will come; else for a range. */
  follows: boolean;
  readonly reconnect: Reconnect;
  /** The gap that its silence is has been told. */
  missed: boolean;
  firstPosition: string | undefined;
}

/** The logs of many agents as one, read from them as fast as the reader takes it and no faster. */
export class MergedLog {
  readonly #options: MergedLogOptions;
  readonly #merge: Merge<WaitingEntry>;
  readonly #cursors: CursorEncoder;
  readonly #lanes = new Map<string, OpenLane>();
  readonly #events: V3Event[] = [];
  readonly #wake = new Wake();
  readonly #opening = new Set<string>();
  #opened: (() => void) | undefined;
  #failure: CodedError | undefined;
  #stopped: { readonly event: V3Event } | undefined;
  #closed = false;
  #omittedTold = false;
  #sweptAt = 0;
  /** Bytes of one agent that may wait. */
  #mostWaiting = mostWaiting;

  constructor(options: MergedLogOptions) {
    this.#options = options;
    const { order, live, holdBack, plan, events = [] } = options;
    // Whoever reads a range waits for its agents' searches; a follow must not stall.
    const patience = options.patience ?? (live ? 2_000 : silentRange);
    this.#events.push(...events);
    if (plan.unknown > 0) this.#events.push({ event: 'gap', reason: 'agents-forgotten', possible: true });
    if (plan.membersUncertain) this.#events.push({ event: 'gap', reason: 'agents-changed', possible: true });
    const { frontier, kept, absent } = plan;
    this.#merge = new Merge({ order, live, holdBack, patience, frontier, kept, absent });
    this.#cursors = new CursorEncoder(options.cursor, order);
  }

  /** What is read. */
  targets(): LaneTarget[] {
    return [...this.#lanes.values()].map(({ target }) => target);
  }

  /** The position of the first entry that came of a lane. */
  firstPosition(id: string): string | undefined {
    return this.#lanes.get(id)?.firstPosition;
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
   */
  async open(): Promise<void> {
    const { targets, plan, given, live, index } = this.#options;
    const now = performance.now();
    const byId = new Map(targets.map((target) => [target.id, target]));
    for (const lane of plan.lanes) {
      const target = byId.get(lane.agentId);
      if (target !== undefined) this.#join(target, lane, given?.get(target.id) ?? [], now);
    }
    if (live) {
      index.on('task', this.#onTask);
      index.on('agent', this.#onAgent);
      index.on('snapshot', this.#onSnapshot);
    }
    if (this.#opening.size > 0) {
      const timer = setTimeout(() => this.#opened?.(), openingTime);
      await new Promise<void>((resolve) => {
        this.#opened = resolve;
      });
      clearTimeout(timer);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Delivers to `sink` until the end of the ranges, the limit, or `stop`. Closes everything.
   *
   * @returns why it ended
   */
  async run(sink: Sink, limit: number, signal: AbortSignal): Promise<'end' | 'limit' | 'stopped'> {
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
    this.#closed = true;
    const { index } = this.#options;
    index.off('task', this.#onTask);
    index.off('agent', this.#onAgent);
    index.off('snapshot', this.#onSnapshot);
    for (const { stream, reconnect } of this.#lanes.values()) {
      stream?.close();
      reconnect.cancel();
    }
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
    const { text, omitted } = this.#merge.cursor(this.#cursors, this.#options.cursor.until !== undefined);
    if (omitted.length > 0) this.#tellOmitted(omitted.length);
    return text;
  }

  async #run(sink: Sink, limit: number, signal: AbortSignal): Promise<'end' | 'limit' | 'stopped'> {
    const cursor = (): string => this.cursorText();
    let left = limit;
    let toldAt = performance.now();
    let saidCaughtUp = false;
    for (;;) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      const now = performance.now();
      this.#tellSilent(now);
      let said = false;
      while (!sink.full && left > 0) {
        const delivery = this.#merge.next(now);
        if (delivery === undefined) break;
        said = true;
        left--;
        sink.entry(delivery, this.#targetOf(delivery.agentId), cursor);
        this.#readOn(delivery.agentId);
      }
      for (const event of this.#events.splice(0)) {
        said = true;
        sink.event(event);
      }
      if (left === 0) return 'limit';
      if (this.#stopped !== undefined) {
        sink.event(this.#stopped.event, this.cursorText());
        await sink.flush();
        return 'stopped';
      }
      const caughtUp = this.#options.live && !saidCaughtUp && this.#merge.isCaughtUp;
      if (caughtUp || (this.#options.live && !said && now - toldAt >= quiet)) {
        this.#merge.advance();
        const at = this.cursorText();
        sink.event({ event: 'checkpoint', cursor: at }, at);
        saidCaughtUp = true;
        said = true;
      }
      if (this.#options.tells === true && !said && now - toldAt >= quietSearch) {
        said = this.#tellSearched(sink);
      }
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
      this.#endSpent(now);
      await this.#wake.wait(
        Math.min(this.#merge.wait(now) ?? quiet, toldAt + quiet - now, this.#options.live ? 100 : quietSearch / 4),
      );
    }
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
    if (this.#options.live || this.#merge.hasHead()) return false;
    for (const [id, { stream, reconnect }] of this.#lanes) {
      const state = this.#merge.lane(id)?.state;
      if (state !== 'ended' && (stream !== undefined || reconnect.waiting)) return false;
    }
    return true;
  }

  #targetOf(id: string): LaneTarget {
    return (this.#lanes.get(id) as OpenLane).target;
  }

  #join(target: LaneTarget, plan: Omit<LanePlan, 'agentId'>, given: readonly WaitingEntry[], now: number): void {
    const { resume, clear, farthest } = plan;
    this.#merge.join(target.id, resume, now, clear, farthest);
    for (const entry of given) this.#merge.entry(target.id, entry, now);
    const lane: OpenLane = {
      target,
      stream: undefined,
      follows: false,
      reconnect: new Reconnect(() => this.#connect(lane)),
      missed: false,
      firstPosition: undefined,
    };
    this.#lanes.set(target.id, lane);
    this.#mostWaiting = Math.max(leastWaiting, Math.min(mostWaiting, mostWaitingOfAll / this.#lanes.size));
    const { frontier } = this.#options.plan;
    if (clear !== undefined && frontier !== undefined && endedBefore(target.task, frontier.realtime)) {
      this.#merge.end(target.id, undefined, now, true);
      return;
    }
    this.#opening.add(target.id);
    this.#connect(lane);
  }

  #connect(lane: OpenLane): void {
    if (this.#closed) return;
    const { calls, live, question, scope } = this.#options;
    const { target } = lane;
    const agent = scope.answering(target.agentId);
    if (agent === undefined) {
      this.#cut(lane, 'agent-gone');
      return;
    }
    lane.follows = live && !hasEnded(target.task);
    const asked: AgentQuestion = {
      ...question(this.#merge.resumeOf(target.id), lane.follows),
      agent,
      scope: target.scope,
      silence: lane.follows ? silentConnection : silentRange,
    };
    lane.stream = new AgentStream(calls, asked, {
      onOpen: () => this.#answered(target.id),
      onEntry: (entry) => this.#takeEntry(lane, entry),
      onLine: (line) => this.#take(lane, line),
      onEnd: (end) => this.#onEnd(lane, end),
    });
  }

  #takeEntry(lane: OpenLane, entry: WaitingEntry): void {
    const { id } = lane.target;
    this.#heard(lane);
    lane.firstPosition ??= positionText(entry.position);
    this.#merge.entry(id, entry, performance.now());
    if (this.#merge.waiting(id) >= this.#mostWaiting) lane.stream?.pause();
    this.#wake.set();
  }

  #heard(lane: OpenLane): void {
    if (!lane.missed) return;
    lane.missed = false;
    lane.reconnect.succeeded();
    this.#events.push({ event: 'lifecycle', agent: lane.target.agentId, state: 'returned' });
  }

  #take(lane: OpenLane, line: Exclude<Line, EntryLine>): void {
    const { id, agentId } = lane.target;
    const now = performance.now();
    this.#heard(lane);
    switch (line.kind) {
      case 'watermark':
        if (lane.follows) {
          this.#options.clocks.take(agentId, line.realtime);
          this.#merge.watermark(id, line.realtime, line.position, now);
        } else {
          this.#merge.searched(id, line.realtime, line.position, now);
        }
        break;
      case 'gap':
        this.#tellGap(agentId, line.gap);
        break;
      case 'end':
        this.#merge.end(id, line.position, now, hasEnded(lane.target.task));
        break;
      case 'error':
        break;
    }
    this.#wake.set();
  }

  /** Only what a gap has: an agent does not say who it is, nor what else happens. */
  #tellGap(agent: string, { reason, from, to, possible }: LineGap): void {
    if (this.#events.length >= mostEvents) return;
    this.#events.push({
      event: 'gap',
      agent,
      reason: String(reason),
      ...(typeof from === 'number' ? { from } : {}),
      ...(typeof to === 'number' ? { to } : {}),
      ...(possible === true ? { possible } : {}),
    });
  }

  #readOn(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane?.stream?.paused === true && this.#merge.waiting(id) <= this.#mostWaiting / 2) lane.stream.resume();
  }

  #onEnd(lane: OpenLane, end: StreamEnd): void {
    lane.stream = undefined;
    this.#answered(lane.target.id);
    if (end.kind === 'bad-question') {
      this.#failure ??= new CodedError('bad-parameter', { problem: end.problem.detail });
    } else if (end.kind === 'cut') {
      const isClock = end.error instanceof CodedError && end.error.code === 'clocks-apart';
      this.#cut(lane, isClock ? 'clocks-apart' : 'node-lost');
    }
    this.#wake.set();
  }

  #cut(lane: OpenLane, reason: string): void {
    const { target } = lane;
    this.#answered(target.id);
    this.#merge.lost(target.id);
    const again = this.#options.live ? lane.reconnect.later() : lane.reconnect.aFewTimes();
    if (!again || this.#options.live) this.#tellMissed(lane, reason);
  }

  /** Ends the streams of tasks that have ended, once nothing of them can come any more. */
  #endSpent(now: number): void {
    if (!this.#options.live || now - this.#sweptAt < sweepPeriod) return;
    this.#sweptAt = now;
    for (const [id, lane] of this.#lanes) {
      const merging = this.#merge.lane(id);
      if (merging?.state !== 'live' || merging.head !== undefined || !hasEnded(lane.target.task)) continue;
      lane.stream?.close();
      lane.stream = undefined;
      this.#merge.end(id, undefined, now, true);
    }
  }

  #answered(id: string): void {
    this.#opening.delete(id);
    if (this.#opening.size === 0) this.#opened?.();
  }

  #tellSilent(now: number): void {
    for (const { agentId } of this.#merge.silent(now)) {
      const lane = this.#lanes.get(agentId);
      if (lane !== undefined) this.#tellMissed(lane, 'node-silent');
    }
  }

  #tellMissed(lane: OpenLane, reason: string): void {
    if (lane.missed) return;
    lane.missed = true;
    const clock = this.#merge.lane(lane.target.id)?.clock;
    const gap: GapEvent = { event: 'gap', agent: lane.target.agentId, reason, possible: true };
    this.#events.push(clock === undefined ? gap : { ...gap, from: clock });
    this.#wake.set();
  }

  #tellOmitted(count: number): void {
    if (this.#omittedTold) return;
    this.#omittedTold = true;
    this.#events.push({ event: 'gap', reason: `cursor-too-small-for-${count}-agents`, possible: true });
  }

  readonly #onTask = (task: MesosTask): void => {
    const target = this.#options.scope.taskTarget(task);
    if (target === undefined || target === 'no-container') return;
    const lane = this.#lanes.get(target.id);
    if (lane === undefined) this.#admit(target, task.completed ? task.state : 'started');
    else {
      if (lane.target.task?.state !== task.state) this.#tellLifecycle(target, task.state);
      lane.target = target;
    }
  };

  readonly #onAgent = ({ agent }: { readonly agent: { readonly id: string } }): void => {
    for (const target of this.#options.scope.nodeTargets(agent.id)) {
      if (this.#lanes.has(target.id)) continue;
      if (target.agent !== undefined) this.#admit(target, 'joined');
    }
  };

  readonly #onSnapshot = (): void => {
    let targets: readonly LaneTarget[];
    try {
      targets = this.#options.scope.targets();
    } catch {
      // What was read goes on being read: a master that has just come up knows of nothing yet.
      return;
    }
    for (const target of targets) if (!this.#lanes.has(target.id)) this.#admit(target, 'joined');
  };

  #admit(target: LaneTarget, state: string): void {
    if (this.#closed) return;
    this.#tellLifecycle(target, state);
    const { plan, cursor } = this.#options;
    const newcomer = planNewcomer(plan, this.#lanes.keys(), target.id, cursor.start);
    if (newcomer.isGuessed === true) {
      this.#events.push({ event: 'gap', agent: target.agentId, reason: 'agents-changed', possible: true });
    }
    this.#join(target, newcomer, [], performance.now());
    this.#wake.set();
  }

  #tellLifecycle({ agentId, task }: LaneTarget, state: string): void {
    const service = task === undefined ? undefined : servicePath(task);
    this.#events.push({
      event: 'lifecycle',
      agent: agentId,
      ...(task === undefined ? {} : { task: task.id }),
      ...(service === undefined ? {} : { service }),
      state,
      realtime: Date.now() * 1_000,
    });
    this.#wake.set();
  }
}

/** Whether a task ended so long ago that its container writes nothing any more. */
function hasEnded(task: MesosTask | undefined): boolean {
  return task?.completed === true && task.updatedAt + afterlife < Date.now() / 1_000;
}

/** Whether a task had ended, its last lines written, before a realtime in µs. */
function endedBefore(task: MesosTask | undefined, realtime: number): boolean {
  return task?.completed === true && task.updatedAt > 0 && (task.updatedAt + 2 * afterlife) * 1e6 < realtime;
}
