import type { V3Event } from '@clusterlog/shared';
import type { LaneTarget } from './cluster-scope.ts';
import type { Delivery } from './merge.ts';
import type { WaitingEntry } from './waiting-entry.ts';

/** What takes the merged entries. */
export interface Sink {
  entry(delivery: Delivery<WaitingEntry>, target: LaneTarget, cursor: () => string): void;
  /** @param cursor of the place where it happens, for events that are resumed after */
  event(event: V3Event, cursor?: string): void;
  /** It has enough for the moment. */
  readonly full: boolean;
  /** Sends on what it was given; a promise while its reader is not ready for more. */
  flush(): Promise<void> | undefined;
}
