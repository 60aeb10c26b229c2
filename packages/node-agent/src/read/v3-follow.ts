import { type Cursor, formatCursor } from '@clusterlog/shared';
import type { Gap } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch } from './entry-batch.ts';
import { entriesOrTimeout } from './follow.ts';
import type { NewestEntry } from './newest-entry.ts';
import { explained } from './v3-notices.ts';
import { liesAfter, type Progress } from './v3-progress.ts';
import type { V3Reading } from './v3-range.ts';

export interface V3FollowOptions {
  /** Milliseconds without data after which is told how far everything was looked at. */
  readonly quiet: number;
  /** Told by watermarks, for whoever merges, or by checkpoints. */
  readonly tells: 'watermarks' | 'checkpoints';
  /** What stands before everything. */
  readonly opening?: Buffer | undefined;
  /** The cursor that reading starts after. */
  readonly cursor: Cursor | undefined;
  readonly newest: NewestEntry;
  /** How long an entry may take to show after its realtime, in µs: what is younger may still come. */
  readonly delay: number;
  readonly signal: AbortSignal;
}

/**
 * The entries from where the walk stands, and then those that come. While there are none it tells how far everything was
 * looked at: at first as soon as there is nothing more to read, then whenever it was quiet for long enough. Owns the walk
 * and closes it.
 */
export function v3Follow(reading: V3Reading, options: V3FollowOptions): ByteStream {
  return new ByteStream(
    (signal) => explained(followChunks(reading, options, signal), reading.notices, reading.explain, signal),
    () => reading.walk.close(),
    options.signal,
  );
}

async function* followChunks(
  { walk, entries, notices, startGap }: V3Reading,
  { quiet, tells, opening, cursor, newest, delay }: V3FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const gaps: Gap[] = [];
  const batch = new EntryBatch(walk, entries, { gaps });
  const begins = startGap === undefined ? undefined : notices.startGap(startGap);
  if (opening !== undefined) yield opening;
  if (begins !== undefined) yield begins;
  const checkpoints = new Checkpoints(cursor);
  let isCaughtUp = false;
  let silentSince = performance.now();
  while (true) {
    const isQuiet = performance.now() - silentSince >= quiet;
    const isDue = isQuiet || !isCaughtUp;
    // Both are asked before the files are looked at: at the end of them, everything until then has been read.
    const clock = Date.now() * 1000 - delay;
    const reached = isDue ? await newest.olderThan(delay) : undefined;
    const outcome = await batch.fill(signal, quiet);
    const chunk = batch.take();
    if (chunk !== undefined) yield chunk;
    checkpoints.sent(entries);
    yield* notices.gaps(gaps.splice(0));
    if (chunk !== undefined || isQuiet) silentSince = performance.now();
    if (isDue && outcome === 'end') {
      const at = checkpoints.reach(reached);
      const notice =
        tells === 'watermarks'
          ? notices.bytes({ event: 'watermark', realtime: clock, cursor: at })
          : at === undefined || (checkpoints.isTold && !(isQuiet && entries.ping === undefined))
            ? undefined
            : notices.bytes({ event: 'checkpoint', cursor: at });
      checkpoints.isTold = true;
      isCaughtUp = true;
      if (notice !== undefined) yield notice;
    }
    if (isQuiet && entries.ping !== undefined) yield entries.ping;
    if (outcome !== 'end') continue;
    const silence = performance.now() - silentSince;
    if (silence < quiet) await entriesOrTimeout(walk, quiet - silence, signal);
  }
}

/** How far a follow got, in entries sent and in entries looked at. */
class Checkpoints {
  /** Whether the reader knows the place already. */
  isTold = true;
  #at: Cursor | undefined;
  #sent = 0;

  constructor(start: Cursor | undefined) {
    this.#at = start;
  }

  sent(entries: Progress): void {
    if (entries.count === this.#sent) return;
    this.#sent = entries.count;
    this.#at = entries.last();
    this.isTold = true;
  }

  /**
   * @param reached up to where everything was looked at
   * @returns where to resume; undefined when nobody knows
   */
  reach(reached: Cursor | undefined): string | undefined {
    if (reached !== undefined && (this.#at === undefined || liesAfter(reached, this.#at))) {
      this.#at = reached;
      this.isTold = false;
    }
    return this.#at === undefined ? undefined : formatCursor(this.#at);
  }
}
