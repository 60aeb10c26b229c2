import { type Cursor, parseCursor } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { since, until } from '../journal/match.ts';
import type { Direction, EntryWalk, JournalSource } from '../journal/source.ts';
import { QueryError } from './query-error.ts';
import { lookAt } from './single-entry.ts';
import { cursorOfEntry } from './v3-progress.ts';

/** Where a v3 answer starts. */
export interface V3Start {
  readonly direction: Direction;
  /** After this entry, or before it when reading backward. */
  readonly cursor?: Cursor | undefined;
  /** At this realtime, µs since 1970, in the journal's own order. */
  readonly from?: number | undefined;
  /** So many entries before the end. */
  readonly tail?: number | undefined;
}

/** What is missing where reading starts. Times in µs since 1970. */
export interface StartGap {
  readonly reason: 'vacuumed';
  readonly from?: number;
  readonly to?: number;
}

/**
 * A cursor as v3 has it on an agent: journald's.
 *
 * @returns undefined for an empty text
 * @throws QueryError
 */
export function v3Cursor(text: string | undefined): Cursor | undefined {
  if (text === undefined || text === '') return undefined;
  const cursor = parseCursor(text);
  if (cursor === undefined) {
    throw new QueryError('cursor-malformed', 'Parameter cursor, or the header Last-Event-ID: found no journal cursor.');
  }
  return cursor;
}

/** Where a walk has been moved to. */
export interface Started {
  /** What is missing before it, when the entry of the cursor is there no more. */
  readonly startGap?: StartGap | undefined;
  /** Entries before the first for which this is true, and which are there already, are passed over. */
  readonly beginsWith?: ((entry: Entry) => boolean) | undefined;
}

/**
 * Moves `walk`, which is over what matches, to its start. Without a cursor, a time or a tail that is the end reading comes
 * from.
 */
export async function seekV3(
  journal: JournalSource,
  walk: EntryWalk,
  { direction, cursor, from, tail }: V3Start,
  signal: AbortSignal,
): Promise<Started> {
  if (cursor !== undefined) {
    const found = await walk.seekCursor(cursor, direction === 'forward' ? 'after' : 'before');
    return found === 'exact' ? {} : { startGap: await gapAt(walk, cursor, direction) };
  }
  if (from !== undefined) return seekFrom(journal, walk, from, direction, signal);
  if (direction === 'backward') await walk.seekTail();
  else if (tail === undefined) await walk.seekHead();
  else {
    await walk.seekTail();
    if (tail > 0) await walk.skip(-tail);
  }
  return {};
}

async function seekFrom(
  journal: JournalSource,
  walk: EntryWalk,
  from: number,
  direction: Direction,
  signal: AbortSignal,
): Promise<Started> {
  // Realtime can go back along a journal, so each file's first entry from then on need not be the log's: the one entry is
  // looked for, whether it matches or not, for one that matches may take long to find. The walk stands at the end first, so
  // that what comes while it is looked for is not lost.
  await walk.seekTail();
  if (direction === 'forward') {
    const first = await lookAt(journal, since(from), 'oldest', cursorOfEntry, signal);
    if (first === undefined) return {};
    await walk.seekCursor(first, 'before');
    return { beginsWith: ({ realtime }) => realtime >= from };
  }
  const last = await lookAt(journal, until(from), 'newest', cursorOfEntry, signal);
  if (last === undefined) await walk.seekHead();
  else await walk.seekCursor(last, 'after');
  return { beginsWith: ({ realtime }) => realtime <= from };
}

async function gapAt(walk: EntryWalk, cursor: Cursor, direction: Direction): Promise<StartGap> {
  const time = Number(cursor.realtime);
  const at = Number.isSafeInteger(time) ? time : undefined;
  if (direction === 'backward') return { reason: 'vacuumed', ...(at === undefined ? {} : { to: at }) };
  let next: number | undefined;
  // One look: what has to be searched for is told of when it is found.
  await walk.read('forward', (entry) => {
    next = entry.realtime;
    return false;
  });
  if (next !== undefined) await walk.skip(-1);
  return { reason: 'vacuumed', ...(at === undefined ? {} : { from: at }), ...(next === undefined ? {} : { to: next }) };
}
