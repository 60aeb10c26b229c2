import { type Cursor, parseCursor } from '@clusterlog/shared';
import { and, type Match, since, until } from '../journal/match.ts';
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

/**
 * Moves `walk`, which is over what matches, to its start. Without a cursor, a time or a tail that is the end reading comes
 * from.
 *
 * @returns what is missing, when the entry of the cursor is there no more
 */
export async function seekV3(
  journal: JournalSource,
  walk: EntryWalk,
  match: Match,
  { direction, cursor, from, tail }: V3Start,
  signal: AbortSignal,
): Promise<StartGap | undefined> {
  if (cursor !== undefined) {
    const found = await walk.seekCursor(cursor, direction === 'forward' ? 'after' : 'before');
    return found === 'exact' ? undefined : gapAt(walk, cursor, direction);
  }
  if (from !== undefined) await seekFrom(journal, walk, match, from, direction, signal);
  else if (direction === 'backward') await walk.seekTail();
  else if (tail === undefined) await walk.seekHead();
  else {
    await walk.seekTail();
    if (tail > 0) await walk.skip(-tail);
  }
  return undefined;
}

async function seekFrom(
  journal: JournalSource,
  walk: EntryWalk,
  match: Match,
  from: number,
  direction: Direction,
  signal: AbortSignal,
): Promise<void> {
  // Realtime can go back along a journal, so each file's first entry from then on need not be the log's: the one entry is
  // looked for. The walk stands at the end first, so that what comes while it is looked for is not lost.
  await walk.seekTail();
  if (direction === 'forward') {
    const first = await lookAt(journal, and(match, since(from)), 'oldest', cursorOfEntry, signal);
    if (first !== undefined) await walk.seekCursor(first, 'before');
    return;
  }
  const last = await lookAt(journal, and(match, until(from)), 'newest', cursorOfEntry, signal);
  if (last === undefined) await walk.seekHead();
  else await walk.seekCursor(last, 'after');
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
