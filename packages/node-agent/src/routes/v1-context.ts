import type { EncodingCache } from '../encode/encoding-cache.ts';
import type { JournalSource } from '../journal/source.ts';

/** What the routes read from and count with. */
export interface RouteContext {
  readonly journal: JournalSource;
  readonly cache: EncodingCache;
  /** Counts what was sent; plain numbers because they move with every entry. */
  readonly sent: { entries: number; gaps: number };
  /** Told of each piece that a follow waited for: when its first entry was received, µs since 1970. */
  readonly onNews: (realtime: number) => void;
}
