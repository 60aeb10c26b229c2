import { formatCursor } from '@clusterlog/shared';
import type { Notice } from '../encode/v3-encoder.ts';
import type { Entry } from '../journal/entry.ts';
import type { Direction, EntryWalk, Gap } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch } from './entry-batch.ts';
import { type Explain, explained, type Notices } from './v3-notices.ts';
import { cursorOfEntry, type Progress } from './v3-progress.ts';
import type { StartGap } from './v3-start.ts';

/** Entries that are ready to be read: the walk stands where reading starts. Whoever has it closes the walk. */
export interface V3Reading {
  readonly walk: EntryWalk;
  readonly entries: Progress;
  readonly notices: Notices;
  readonly direction: Direction;
  /** What is missing before the first entry. */
  readonly startGap?: StartGap | undefined;
  readonly explain: Explain;
  /** Entries before the first for which this is true, and which are there already, are passed over. */
  readonly beginsWith?: ((entry: Entry) => boolean) | undefined;
}

/** How a reader is told that a search for what matches goes on. */
export interface Telling {
  /** Milliseconds without an entry after which it is told. */
  readonly quiet: number;
  /** By watermarks, for whoever merges, or by checkpoints. */
  readonly by: 'watermarks' | 'checkpoints';
}

export interface V3RangeOptions {
  /** Entries at most. */
  readonly limit: number;
  /** Where to resume when there is no entry at all; undefined when that is not known. */
  readonly position?: string | undefined;
  /** Default: it is not told. */
  readonly telling?: Telling | undefined;
  readonly signal: AbortSignal;
}

/** The entries as a stream that says at its end that it is complete, in formats that can. It owns the walk and closes it. */
export function v3Range(reading: V3Reading, options: V3RangeOptions): ByteStream {
  return new ByteStream(
    (signal) => explained(rangeChunks(reading, options, signal), reading.notices, reading.explain, signal),
    () => reading.walk.close(),
    options.signal,
  );
}

async function* rangeChunks(
  reading: V3Reading,
  { limit, position, telling }: V3RangeOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const { walk, entries, notices, direction, startGap, beginsWith } = reading;
  const gaps: Gap[] = [];
  const batch = new EntryBatch(walk, entries, { direction, limit, gaps, beginsWith });
  const told = startGap === undefined ? undefined : notices.startGap(startGap);
  if (told !== undefined) yield told;
  let outcome: 'more' | 'end' | 'limit';
  let silentSince = performance.now();
  do {
    outcome = await batch.fill(signal, telling?.quiet);
    const chunk = batch.take();
    if (chunk !== undefined) {
      yield chunk;
      silentSince = performance.now();
    }
    yield* notices.gaps(gaps.splice(0));
    if (telling !== undefined && outcome === 'more' && performance.now() - silentSince >= telling.quiet) {
      const bytes = searchNotice(reading, telling.by);
      if (bytes !== undefined) yield bytes;
      silentSince = performance.now();
    }
  } while (outcome === 'more');
  const last = entries.last();
  const cursor = last === undefined ? position : formatCursor(last);
  const end = notices.bytes({ event: 'end', reason: outcome, ...(cursor === undefined ? {} : { cursor }) });
  if (end !== undefined) yield end;
  return undefined;
}

/** Up to where everything was looked at; undefined where that is not known, or the format says nothing of it. */
function searchNotice({ walk, notices, direction }: V3Reading, by: Telling['by']): Buffer | undefined {
  const reached = walk.reached(direction);
  if (reached === undefined) return undefined;
  const { realtime, entry } = reached;
  const cursor = entry === undefined ? undefined : formatCursor(cursorOfEntry(entry));
  if (by === 'watermarks') return notices.bytes({ event: 'watermark', realtime, cursor });
  return cursor === undefined ? undefined : notices.bytes({ event: 'checkpoint', cursor, realtime } satisfies Notice);
}
