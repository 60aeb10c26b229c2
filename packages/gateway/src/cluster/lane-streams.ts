import { CodedError, type EntryLine, type Line, type MergeGapReason } from '@clusterlog/shared';
import type { AgentCalls, AgentQuestion } from './agent-calls.ts';
import type { AgentClocks } from './agent-clocks.ts';
import { AgentStream, type StreamEnd } from './agent-stream.ts';
import type { Resume } from './cluster-cursor.ts';
import type { ClusterScope, LaneTarget } from './cluster-scope.ts';
import type { LogEvents } from './log-events.ts';
import type { Merge } from './merge.ts';
import { positionText } from './packed-position.ts';
import { Reconnect } from './reconnect.ts';
import type { LanePlan } from './resume-plan.ts';
import { endedBefore, hasEnded, uncountedFrom } from './task-end.ts';
import type { WaitingEntry } from './waiting-entry.ts';

export interface LaneStreamsOptions {
  readonly calls: AgentCalls;
  readonly scope: ClusterScope;
  /** A follow; else every agent's range is read to its end. */
  readonly live: boolean;
  /** What an agent is asked to go on from there. */
  readonly question: (resume: Resume, live: boolean, reachedAt?: number) => Pick<AgentQuestion, 'path' | 'query'>;
  readonly clocks: AgentClocks;
}

/**
 * Bytes of one agent that wait before it is read no further, and of all agents; with half of them it is read again. What one
 * read has brought may come on top.
 */
const [mostWaiting, leastWaiting] = [64 * 1024, 8 * 1024];
const mostWaitingOfAll = 1024 * 1024;
/** How long a live agent that tells its clock every 50 ms may be silent before its connection is given up, in ms. */
const silentConnection = 10_000;
/** How long an agent may search its journal without a word when a range is read, in ms. */
export const silentRange = 5 * 60_000;
/** How long an agent may take to begin its answer, in ms: as long as for one that is passed on. One that hangs is missed then. */
const firstSilence = 15_000;
/** How often it is looked for tasks that have ended, in ms. */
const sweepPeriod = 5_000;

interface OpenLane {
  target: LaneTarget;
  stream: AgentStream | undefined;
  /** It is asked for what will come; else for a range. */
  follows: boolean;
  readonly reconnect: Reconnect;
  /** The gap that its silence is has been told. */
  missed: boolean;
  firstPosition: string | undefined;
  /** As {@link LanePlan} has it. */
  readonly reachedAt: number | undefined;
}

/** The agents' streams of one merged log: opened, read as far as there is room, and opened again when they break. */
export class LaneStreams {
  readonly #options: LaneStreamsOptions;
  readonly #merge: Merge<WaitingEntry>;
  readonly #events: LogEvents;
  readonly #onNews: () => void;
  readonly #lanes = new Map<string, OpenLane>();
  /** Those that have not answered yet. */
  readonly #opening = new Set<string>();
  #onOpened: (() => void) | undefined;
  #refusal: CodedError | undefined;
  /** An agent has taken the question. */
  #isTaken = false;
  #isClosed = false;
  #sweptAt = 0;
  /** Bytes of one agent that may wait. */
  #mostWaiting = mostWaiting;

  /** @param onNews called when something has come */
  constructor(options: LaneStreamsOptions, merge: Merge<WaitingEntry>, events: LogEvents, onNews: () => void) {
    this.#options = options;
    this.#merge = merge;
    this.#events = events;
    this.#onNews = onNews;
  }

  /** Why all agents refuse the question; one that refuses what another takes is missed like one that is lost. */
  get failure(): CodedError | undefined {
    return this.#isTaken || this.#opening.size > 0 ? undefined : this.#refusal;
  }

  /** What is read. */
  targets(): LaneTarget[] {
    return Array.from(this.#lanes.values(), ({ target }) => target);
  }

  ids(): Iterable<string> {
    return this.#lanes.keys();
  }

  target(id: string): LaneTarget | undefined {
    return this.#lanes.get(id)?.target;
  }

  setTarget(target: LaneTarget): void {
    const lane = this.#lanes.get(target.id);
    if (lane === undefined) return;
    lane.target = target;
    this.#tellEnd(target);
  }

  /** The position of the first entry that came of a lane. */
  firstPosition(id: string): string | undefined {
    return this.#lanes.get(id)?.firstPosition;
  }

  /**
   * Begins to read a lane.
   *
   * @param given entries that come before what its agent sends
   */
  join(
    target: LaneTarget,
    { resume, clear, ...past }: Omit<LanePlan, 'agentId'>,
    given: readonly WaitingEntry[],
  ): void {
    const now = performance.now();
    this.#merge.join(target.id, resume, now, { clear, ...past });
    this.#tellEnd(target);
    for (const entry of given) this.#merge.entry(target.id, entry, now);
    const lane: OpenLane = {
      target,
      stream: undefined,
      follows: false,
      reconnect: new Reconnect(() => this.#connect(lane)),
      missed: false,
      firstPosition: undefined,
      reachedAt: past.reachedAt,
    };
    this.#lanes.set(target.id, lane);
    this.#mostWaiting = Math.max(leastWaiting, Math.min(mostWaiting, mostWaitingOfAll / this.#lanes.size));
    if (clear !== undefined && endedBefore(target.task, clear.realtime)) {
      this.#merge.end(target.id, undefined, now, true);
      return;
    }
    this.#opening.add(target.id);
    this.#connect(lane);
  }

  /** Waits until all have answered, at most so many ms, and no longer than the caller does. */
  async opened(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#opening.size === 0 || signal.aborted) return;
    const over = (): void => this.#onOpened?.();
    const timer = setTimeout(over, milliseconds);
    signal.addEventListener('abort', over, { once: true });
    await new Promise<void>((resolve) => {
      this.#onOpened = resolve;
    });
    signal.removeEventListener('abort', over);
    clearTimeout(timer);
  }

  /** Something of a lane was delivered: there may be room for more. */
  readOn(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane?.stream?.paused === true && this.#merge.waiting(id) <= this.#mostWaiting / 2) lane.stream.resume();
  }

  /** Whether no lane will bring anything more. */
  get areOver(): boolean {
    for (const [id, { stream, reconnect }] of this.#lanes) {
      const state = this.#merge.lane(id)?.state;
      if (state !== 'ended' && (stream !== undefined || reconnect.waiting)) return false;
    }
    return true;
  }

  /** A lane has been silent for too long. */
  missed(id: string): void {
    const lane = this.#lanes.get(id);
    if (lane !== undefined) this.#tellMissed(lane, 'node-silent');
  }

  /** Ends the streams of tasks that have ended, once nothing of them can come any more. */
  endSpent(now: number): void {
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

  #tellEnd({ id, task }: LaneTarget): void {
    const from = uncountedFrom(task);
    if (from !== undefined) this.#merge.leaves(id, from);
  }

  close(): void {
    this.#isClosed = true;
    for (const { stream, reconnect } of this.#lanes.values()) {
      stream?.close();
      reconnect.cancel();
    }
  }

  #connect(lane: OpenLane): void {
    if (this.#isClosed) return;
    const { calls, live, question, scope } = this.#options;
    const { target } = lane;
    const agent = scope.answering(target.agentId);
    if (agent === undefined) {
      this.#cut(lane, 'agent-gone');
      return;
    }
    lane.follows = live && !hasEnded(target.task);
    const asked: AgentQuestion = {
      ...question(this.#merge.resumeOf(target.id), lane.follows, lane.reachedAt),
      agent,
      scope: target.scope,
      ...(lane.follows ? { silence: silentConnection } : { silence: silentRange, firstSilence }),
    };
    lane.stream = new AgentStream(calls, asked, {
      onOpen: () => {
        this.#isTaken = true;
        this.#answered(target.id);
      },
      onEntry: (entry) => this.#takeEntry(lane, entry),
      onLine: (line) => this.#takeLine(lane, line),
      onEnd: (end) => this.#onEnd(lane, end),
    });
  }

  #takeEntry(lane: OpenLane, entry: WaitingEntry): void {
    const { id } = lane.target;
    this.#heard(lane);
    lane.firstPosition ??= positionText(entry.position);
    this.#merge.entry(id, entry, performance.now());
    if (this.#merge.waiting(id) >= this.#mostWaiting) lane.stream?.pause();
    this.#onNews();
  }

  #takeLine(lane: OpenLane, line: Exclude<Line, EntryLine>): void {
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
        this.#events.gapOfAgent(agentId, line.gap);
        break;
      case 'end':
        this.#merge.end(id, line.position, now, hasEnded(lane.target.task));
        break;
      case 'error':
        break;
    }
    this.#onNews();
  }

  #heard(lane: OpenLane): void {
    if (!lane.missed) return;
    lane.missed = false;
    lane.reconnect.succeeded();
    this.#events.returned(lane.target.agentId);
  }

  #onEnd(lane: OpenLane, end: StreamEnd): void {
    lane.stream = undefined;
    if (end.kind === 'bad-question') {
      this.#refusal ??= new CodedError('bad-parameter', { problem: end.problem.detail });
      this.#cut(lane, 'node-refused');
    } else if (end.kind === 'cut') {
      const code = end.error instanceof CodedError ? end.error.code : undefined;
      if (code === 'clocks-apart') this.#cut(lane, code);
      else if (code === 'agent-timeout') this.#cut(lane, 'node-silent', false);
      else this.#cut(lane, 'node-lost');
    }
    this.#answered(lane.target.id);
    this.#onNews();
  }

  /** @param isTriedAgain a range is waited for no longer where false; a follow always is */
  #cut(lane: OpenLane, reason: MergeGapReason, isTriedAgain = true): void {
    const { target } = lane;
    this.#answered(target.id);
    this.#merge.lost(target.id);
    const again = this.#options.live ? lane.reconnect.later() : isTriedAgain && lane.reconnect.aFewTimes();
    if (!again || this.#options.live) this.#tellMissed(lane, reason);
  }

  #answered(id: string): void {
    this.#opening.delete(id);
    if (this.#opening.size === 0) this.#onOpened?.();
  }

  #tellMissed(lane: OpenLane, reason: MergeGapReason): void {
    if (lane.missed) return;
    lane.missed = true;
    const clock = this.#merge.lane(lane.target.id)?.clock;
    this.#events.gap({ agent: lane.target.agentId, reason, ...(clock === undefined ? {} : { from: clock }) });
  }
}
