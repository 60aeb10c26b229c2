import type { NewestEntry } from '../read/newest-entry.ts';
import type { RouteContext } from './v1-context.ts';

/** What the routes of v3 read from, count with, and have to share. */
export interface V3Context extends RouteContext {
  /** The id of this agent, as far as it is known. */
  readonly agentId: () => string | undefined;
  readonly newest: NewestEntry;
  /** Bytes of pages that wait for their clients. */
  readonly pages: { bytes: number };
}
