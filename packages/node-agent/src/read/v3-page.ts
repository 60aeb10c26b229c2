import { type Cursor, formatCursor } from '@clusterlog/shared';
import { giveMemoryBack } from '../encode/chunk-memory.ts';
import type { Gap } from '../journal/source.ts';
import { EntryBatch } from './entry-batch.ts';
import type { V3Reading } from './v3-range.ts';

export interface V3PageOptions {
  /** Entries at most. */
  readonly limit: number;
  /** The page ends after about so many bytes. */
  readonly maximumBytes: number;
  /** Tells of its end, also where that shows in the headers: a browser would ask for server-sent events again and again. */
  readonly saysEnd: boolean;
  readonly signal: AbortSignal;
}

export interface V3Page {
  readonly body: Buffer;
  /** Where the next page starts; undefined when there is no more now. */
  readonly next: Cursor | undefined;
}

/** Reads a page whole, so that what follows it is known before its headers are sent. Closes the walk. */
export async function readV3Page(reading: V3Reading, options: V3PageOptions): Promise<V3Page> {
  try {
    return await page(reading, options);
  } finally {
    reading.walk.close();
  }
}

async function page(reading: V3Reading, { limit, maximumBytes, saysEnd, signal }: V3PageOptions): Promise<V3Page> {
  const { walk, entries, notices, direction, startGap } = reading;
  const gaps: Gap[] = [];
  const batch = new EntryBatch(walk, entries, { direction, limit, gaps });
  const chunks: Buffer[] = [];
  let bytes = 0;
  const add = (chunk: Buffer | undefined): void => {
    if (chunk === undefined) return;
    chunks.push(chunk);
    bytes += chunk.length;
  };
  if (startGap !== undefined) add(notices.startGap(startGap));
  let outcome: 'more' | 'end' | 'limit';
  do {
    outcome = await batch.fill(signal);
    add(batch.take());
    for (const gap of notices.gaps(gaps.splice(0))) add(gap);
  } while (outcome === 'more' && bytes < maximumBytes);
  const last = entries.last();
  const next = outcome !== 'end' && last !== undefined && (await hasMore(reading, signal)) ? last : undefined;
  if (saysEnd) {
    const cursor = last === undefined ? {} : { cursor: formatCursor(last) };
    add(notices.bytes({ event: 'end', reason: next === undefined ? 'end' : 'limit', ...cursor }));
  }
  const body = Buffer.concat(chunks, bytes);
  for (const chunk of chunks) giveMemoryBack(chunk);
  return { body, next };
}

async function hasMore({ walk, direction }: V3Reading, signal: AbortSignal): Promise<boolean> {
  let outcome: 'stopped' | 'end' | 'slice';
  do {
    await new Promise(setImmediate);
    signal.throwIfAborted();
    outcome = await walk.read(direction, () => false);
  } while (outcome === 'slice');
  return outcome === 'stopped';
}
