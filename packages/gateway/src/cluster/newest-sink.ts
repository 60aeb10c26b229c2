import type { V3Event } from '@clusterlog/shared';
import type { LaneTarget } from './cluster-scope.ts';
import type { Delivery } from './merge.ts';
import type { Sink } from './sink.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** Collects entries that come newest first, and gives them back by lane in their own order. */
export class NewestSink implements Sink {
  /** Gaps and the like, which stand before the entries. */
  readonly events: V3Event[] = [];
  readonly #byLane = new Map<string, WaitingEntry[]>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What was taken has reached its greatest size. */
  get full(): boolean {
    return this.#bytes >= this.#mostBytes;
  }

  entry({ agentId, entry }: Delivery<WaitingEntry>, _target: LaneTarget): void {
    this.#bytes += entry.size;
    const entries = this.#byLane.get(agentId);
    const alone = entry.alone();
    if (entries === undefined) this.#byLane.set(agentId, [alone]);
    else entries.push(alone);
  }

  event(event: V3Event): void {
    this.events.push(event);
  }

  flush(): undefined {
    return undefined;
  }

  /** The entries of each lane, the oldest first. */
  byLane(): Map<string, readonly WaitingEntry[]> {
    return new Map([...this.#byLane].map(([id, entries]) => [id, entries.toReversed()]));
  }
}
