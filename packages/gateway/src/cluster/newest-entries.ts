import { maximumPageBytes, type V3Event } from '@clusterlog/shared';
import type { AgentCalls } from './agent-calls.ts';
import type { ClusterContext } from './cluster-context.ts';
import type { Resume } from './cluster-cursor.ts';
import type { ClusterRequest } from './cluster-request.ts';
import { CursorEncoder } from './cursor-encoder.ts';
import { Merge } from './merge.ts';
import { MergedLog } from './merged-log.ts';
import { NewestSink } from './newest-sink.ts';
import type { LanePlan, ResumePlan } from './resume-plan.ts';
import type { Sink } from './sink.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** The newest entries of a cluster, of each lane in its own order, and where each lane goes on after its newest. */
export interface NewestEntries {
  readonly byLane: ReadonlyMap<string, readonly WaitingEntry[]>;
  readonly events: readonly V3Event[];
  /** There are older ones. */
  readonly more: boolean;
  readonly plan: ResumePlan;
}

export interface NewestOptions {
  readonly count: number;
  /** How long an agent may say nothing before it is left out, in ms. */
  readonly patience?: number;
  /** Where each lane is read from, newest first; default its end. */
  readonly lanes?: readonly LanePlan[];
}

/** Finds the newest entries by merging backward from the end, so that no more is read than is shown. */
export async function newestEntries(
  context: ClusterContext,
  calls: AgentCalls,
  asked: ClusterRequest,
  { count, patience, lanes }: NewestOptions,
  signal: AbortSignal,
): Promise<NewestEntries> {
  const end: Resume = { from: undefined };
  const first = lanes ?? asked.targets.map(({ id }) => ({ agentId: id, resume: end }));
  const log = new MergedLog({
    ...context.mergeOptions,
    calls,
    scope: asked.scope,
    targets: asked.targets,
    plan: { frontier: undefined, lanes: first, unknown: 0, membersUncertain: false },
    order: 'desc',
    live: false,
    cursor: asked.cursorParts,
    question: asked.question('desc'),
    ...(patience === undefined ? {} : { patience }),
  });
  try {
    await log.open(signal);
    const sink = new NewestSink(maximumPageBytes);
    // One is read even when none is shown: it tells where its lane's end is.
    const ended = await log.run(sink, Math.max(1, count), signal);
    const byLane = count === 0 ? new Map<string, readonly WaitingEntry[]>() : sink.byLane();
    const more = ended !== 'end' && (await log.hasMore(signal));
    return { byLane, events: sink.events, more, plan: planAfter(asked, log) };
  } finally {
    log.close();
  }
}

/** Each lane goes on after its newest entry: none of those that come is missed, whatever its clock says. */
function planAfter(asked: ClusterRequest, log: MergedLog): ResumePlan {
  const lanes = asked.targets.map(({ id }): LanePlan => {
    const position = log.firstPosition(id);
    const resume: Resume =
      position !== undefined ? { position } : log.wasRead(id) ? { from: undefined } : { from: asked.start };
    return { agentId: id, resume };
  });
  return { frontier: undefined, lanes, unknown: 0, membersUncertain: false };
}

/** Delivers entries found by {@link newestEntries} as a page, the oldest first. */
export function deliverNewest(asked: ClusterRequest, newest: NewestEntries, sink: Sink): string {
  const merge = new Merge<WaitingEntry>({ order: 'asc', live: true });
  const targets = new Map(asked.targets.map((target) => [target.id, target]));
  for (const { agentId, resume } of newest.plan.lanes) {
    merge.join(agentId, resume, 0);
    for (const entry of newest.byLane.get(agentId) ?? []) merge.entry(agentId, entry, 0);
    // Nothing but these is waited for.
    merge.lost(agentId);
  }
  const encoder = new CursorEncoder(asked.cursorParts, 'asc');
  const isBounded = asked.cursorParts.until !== undefined;
  const cursor = (): string => merge.cursor(encoder, isBounded, Date.now() * 1_000, 0).text;
  for (const event of newest.events) sink.event(event);
  for (let delivery = merge.next(0); delivery !== undefined; delivery = merge.next(0)) {
    const target = targets.get(delivery.agentId);
    if (target !== undefined) sink.entry(delivery, target, cursor);
  }
  return cursor();
}
