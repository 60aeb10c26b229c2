import { formatCursor } from '@clusterlog/shared';
import type { Direction, EntryWalk, Gap } from '../journal/source.ts';
import { ByteStream } from './byte-stream.ts';
import { EntryBatch } from './entry-batch.ts';
import { type Explain, explained, type Notices } from './v3-notices.ts';
import type { Progress } from './v3-progress.ts';
import type { StartGap } from './v3-start.ts';

/** Entries that are ready to be read: the walk stands where reading starts. Whoever has it closes the walk. */
export interface V3Reading {
  readonly walk: EntryWalk;
  readonly entries: Progress;
  readonly notices: Notices;
  readonly direction: Direction;
  /** What is missing before the first entry. */
  readonly startGap: StartGap | undefined;
  readonly explain: Explain;
}

export interface V3RangeOptions {
  /** Entries at most. */
  readonly limit: number;
  /** Where to resume when there is no entry at all; undefined when that is not known. */
  readonly position?: string | undefined;
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
  { walk, entries, notices, direction, startGap }: V3Reading,
  { limit, position }: V3RangeOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined, undefined> {
  const gaps: Gap[] = [];
  const batch = new EntryBatch(walk, entries, { direction, limit, gaps });
  const told = startGap === undefined ? undefined : notices.startGap(startGap);
  if (told !== undefined) yield told;
  let outcome: 'more' | 'end' | 'limit';
  do {
    outcome = await batch.fill(signal);
    const chunk = batch.take();
    if (chunk !== undefined) yield chunk;
    yield* notices.gaps(gaps.splice(0));
  } while (outcome === 'more');
  const last = entries.last();
  const cursor = last === undefined ? position : formatCursor(last);
  const end = notices.bytes({ event: 'end', reason: outcome, ...(cursor === undefined ? {} : { cursor }) });
  if (end !== undefined) yield end;
  return undefined;
}
