import type { GapEvent, LineGap, MergeGapReason, V3Event } from '@clusterlog/shared';
import { servicePath } from '../mesos/service-path.ts';
import type { LaneTarget } from './cluster-scope.ts';

/** Events that wait for a reader who takes nothing; of what agents tell more is left out. */
const mostWaiting = 1_000;

/** What there is to tell beside entries, until it is told. */
export class LogEvents {
  readonly #waiting: V3Event[] = [];
  readonly #onNews: () => void;
  #isOmittedTold = false;

  /** @param onNews called when there is something to tell */
  constructor(first: readonly V3Event[], onNews: () => void) {
    this.#waiting.push(...first);
    this.#onNews = onNews;
  }

  take(): V3Event[] {
    return this.#waiting.splice(0);
  }

  /** Entries may be missing, or come twice. */
  gap(gap: Omit<GapEvent, 'event' | 'possible' | 'reason'> & { readonly reason: MergeGapReason }): void {
    this.#add({ event: 'gap', ...gap, possible: true });
  }

  /** What an agent says is missing; only what a gap has: it does not say who it is, nor what else happens. */
  gapOfAgent(agent: string, { reason, from, to, possible }: LineGap): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#add({
      event: 'gap',
      agent,
      reason: String(reason),
      ...(typeof from === 'number' ? { from } : {}),
      ...(typeof to === 'number' ? { to } : {}),
      ...(possible === true ? { possible } : {}),
    });
  }

  /** Cursors have no room for so many agents whose places do not follow from the frontier; told once. */
  omitted(count: number): void {
    if (this.#isOmittedTold) return;
    this.#isOmittedTold = true;
    this.gap({ reason: `cursor-too-small-for-${count}-agents` });
  }

  returned(agent: string): void {
    this.#add({ event: 'lifecycle', agent, state: 'returned' });
  }

  lifecycle({ agentId, task }: LaneTarget, state: string): void {
    const service = task === undefined ? undefined : servicePath(task);
    this.#add({
      event: 'lifecycle',
      agent: agentId,
      ...(task === undefined ? {} : { task: task.id }),
      ...(service === undefined ? {} : { service }),
      state,
      realtime: Date.now() * 1_000,
    });
  }

  #add(event: V3Event): void {
    this.#waiting.push(event);
    this.#onNews();
  }
}
