import { type Cursor, formatCursor } from '@clusterlog/shared';
import type { Notice } from '../encode/v3-encoder.ts';
import type { Gap } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch } from './entry-batch.ts';
import { entriesOrTimeout } from './follow.ts';
import type { SettledEntry } from './newest-entry.ts';
import type { Newest } from './redacted-newest.ts';
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
  readonly newest: Newest;
  /** How long an entry may take to show after its realtime, in µs: what is younger may still come. */
  readonly delay: number;
  /** Told of each piece that the follow waited for: when its first entry was received, µs since 1970. Default: nobody is. */
  readonly onNews?: (realtime: number) => void;
  readonly signal: AbortSignal;
}

/** A first checkpoint waits for an entry that has been there long enough; it is looked for again after this time, in ms. */
const settling = 25;
/** After this time, in ms, it comes when it is quiet. */
const longestSettling = 1_000;

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
  { walk, entries, notices, startGap, beginsWith }: V3Reading,
  { quiet, tells, opening, cursor, newest, delay, onNews }: V3FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const gaps: Gap[] = [];
  const batch = new EntryBatch(walk, entries, { gaps, beginsWith });
  const begins = startGap === undefined ? undefined : notices.startGap(startGap);
  if (opening !== undefined) yield opening;
  if (begins !== undefined) yield begins;
  // The walk stands where reading starts: what is the newest entry now is not before that.
  const checkpoints = new Checkpoints(cursor, cursor === undefined ? await newest.now() : undefined);
  const started = performance.now();
  let isCaughtUp = false;
  let hasWaited = false;
  let silentSince = started;
  while (true) {
    const isQuiet = performance.now() - silentSince >= quiet;
    // Both are asked before the files are looked at: at the end of them, everything until then has been read.
    const clock = Date.now() * 1000 - delay;
    const reached: SettledEntry | undefined = isQuiet || !isCaughtUp ? await newest.settled(delay) : undefined;
    const outcome = await batch.fill(signal, quiet);
    const chunk = batch.take();
    if (chunk !== undefined && hasWaited) onNews?.(batch.oldest);
    hasWaited = false;
    if (chunk !== undefined) yield chunk;
    checkpoints.sent(entries);
    yield* notices.gaps(gaps.splice(0));
    if (chunk !== undefined || isQuiet) silentSince = performance.now();
    if (reached !== undefined && outcome === 'end') {
      checkpoints.reach(reached.cursor);
      const repeats = isQuiet && entries.ping === undefined;
      const notice = tells === 'watermarks' ? checkpoints.watermark(clock) : checkpoints.checkpoint(repeats);
      const isWaitedFor: boolean = reached.isYoung || reached.cursor !== undefined;
      isCaughtUp ||= notice !== undefined || checkpoints.isTold || !isWaitedFor || isLongAgo(started);
      const bytes = notice === undefined ? undefined : notices.bytes(notice);
      if (bytes !== undefined) yield bytes;
    }
    if (isQuiet && entries.ping !== undefined) yield entries.ping;
    if (outcome !== 'end') continue;
    const patience = isCaughtUp ? quiet - (performance.now() - silentSince) : settling;
    if (patience <= 0) continue;
    await entriesOrTimeout(walk, patience, signal);
    hasWaited = isCaughtUp;
  }
}

function isLongAgo(started: number): boolean {
  return performance.now() - started > longestSettling;
}

/** How far a follow got, in entries sent and in entries looked at. */
class Checkpoints {
  #at: Cursor | undefined;
  /** Whether the reader knows the place. */
  #isTold: boolean;
  readonly #floor: Cursor | undefined;
  #sent = 0;

  /**
   * @param start the cursor that reading starts after
   * @param floor without one, an entry that is not before the start
   */
  constructor(start: Cursor | undefined, floor: Cursor | undefined) {
    this.#at = start;
    this.#isTold = start !== undefined;
    this.#floor = floor;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  /** Takes note of entries sent since the last time. */
  sent(entries: Progress): void {
    if (entries.count === this.#sent) return;
    this.#sent = entries.count;
    this.#at = entries.last();
    this.#isTold = true;
  }

  /** Takes note of up to where everything was looked at. */
  reach(reached: Cursor | undefined): void {
    if (reached === undefined || !this.#isFurther(reached)) return;
    this.#at = reached;
    this.#isTold = false;
  }

  watermark(realtime: number): Notice {
    return { event: 'watermark', realtime, cursor: this.#at === undefined ? undefined : formatCursor(this.#at) };
  }

  /** @param repeats also a place that was told before */
  checkpoint(repeats: boolean): Notice | undefined {
    if (this.#at === undefined || (this.#isTold && !repeats)) return undefined;
    this.#isTold = true;
    return { event: 'checkpoint', cursor: formatCursor(this.#at) };
  }

  #isFurther(reached: Cursor): boolean {
    if (this.#at !== undefined) return liesAfter(reached, this.#at);
    const floor = this.#floor;
    return floor === undefined || formatCursor(reached) === formatCursor(floor) || liesAfter(reached, floor);
  }
}
