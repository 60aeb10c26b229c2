import { setImmediate } from 'node:timers/promises';
import { type Cursor, type NodeGapReason, parseCursor } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { everything, since, until } from '../journal/match.ts';
import type { Direction, EntryWalk, JournalSource } from '../journal/source.ts';
import { bootTime } from './machine.ts';
import { QueryError } from './query-error.ts';
import { type BootTime, type SetBack, SetBackSearch, type StampedEntry, type TimeReached } from './set-back-search.ts';
import { lookAt } from './single-entry.ts';
import { cursorOfEntry } from './v3-progress.ts';

/** Where a v3 answer starts. */
export interface V3Start {
  readonly direction: Direction;
  /** After this entry, or before it when reading backward. */
  readonly cursor?: Cursor | undefined;
  /** At this realtime, µs since 1970, in the journal's own order. */
  readonly from?: number | undefined;
  /** How long ago everything before `from` had been read, ms; what a clock that was set back has stamped since is not passed over. */
  readonly fromAge?: number | undefined;
  /** So many entries before the end. */
  readonly tail?: number | undefined;
}

/** What is missing where reading starts. Times in µs since 1970. */
export interface StartGap {
  readonly reason: Extract<NodeGapReason, 'vacuumed' | 'clock-set-back'>;
  readonly from?: number;
  readonly to?: number;
  /** It is not certain that anything is missing. */
  readonly possible?: true;
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
 *
 * @param now what the running boot's clock shows
 */
export async function seekV3(
  journal: JournalSource,
  walk: EntryWalk,
  { direction, cursor, from, fromAge, tail }: V3Start,
  signal: AbortSignal,
  now: () => BootTime = bootTime,
): Promise<Started> {
  if (cursor !== undefined) {
    const found = await walk.seekCursor(cursor, direction === 'forward' ? 'after' : 'before');
    return found === 'exact' ? {} : { startGap: await gapAt(walk, cursor, direction) };
  }
  if (from !== undefined && direction === 'backward') return seekBackFrom(journal, walk, from, signal);
  if (from !== undefined) {
    if (fromAge === undefined) return seekFrom(journal, walk, from, signal);
    return seekUnread(journal, walk, { from, age: fromAge * 1_000 }, now(), signal);
  }
  if (direction === 'backward') await walk.seekTail();
  else if (tail === undefined) await walk.seekHead();
  else {
    await walk.seekTail();
    if (tail > 0) await walk.skip(-tail);
  }
  return {};
}

// Realtime can go back along a journal, so each file's first entry from then on need not be the log's: the one entry is
// looked for, whether it matches or not, for one that matches may take long to find.

async function seekFrom(journal: JournalSource, walk: EntryWalk, from: number, signal: AbortSignal): Promise<Started> {
  // The walk stands at the end first, so that what comes while it is looked for is not lost.
  await walk.seekTail();
  const first = await lookAt(journal, since(from), 'oldest', cursorOfEntry, signal);
  if (first === undefined) return {};
  await walk.seekCursor(first, 'before');
  return { beginsWith: ({ realtime }) => realtime >= from };
}

async function seekBackFrom(
  journal: JournalSource,
  walk: EntryWalk,
  from: number,
  signal: AbortSignal,
): Promise<Started> {
  const last = await lookAt(journal, until(from), 'newest', cursorOfEntry, signal);
  if (last === undefined) await walk.seekHead();
  else await walk.seekCursor(last, 'after');
  return { beginsWith: ({ realtime }) => realtime <= from };
}

/** The same as without an age, but for what was written since with lesser realtimes, and for what is there no more. */
async function seekUnread(
  journal: JournalSource,
  walk: EntryWalk,
  reached: TimeReached,
  now: BootTime,
  signal: AbortSignal,
): Promise<Started> {
  const { from } = reached;
  const last = await lookAt(journal, everything, 'newest', cursorOfEntry, signal);
  const first = await lookAt(journal, since(from), 'oldest', placedEntry, signal);
  const start = first === undefined ? last : first.cursor;
  const side = first === undefined ? 'after' : 'before';
  if (start === undefined) await walk.seekHead();
  else await walk.seekCursor(start, side);
  if (start === undefined) return {};
  const before = await searchSetBack(journal, { cursor: start, side }, new SetBackSearch(reached, now, first), signal);
  if (before === undefined) {
    const isMissing = first !== undefined && first.seqnum > 1;
    const startGap = { reason: 'vacuumed', from, to: first?.realtime ?? from, possible: true } as const;
    return isMissing ? { startGap } : {};
  }
  const { begin, uncertain } = before;
  const startGap = { reason: 'clock-set-back', from: uncertain ?? from, to: from, possible: true } as const;
  const told = uncertain === undefined ? {} : { startGap };
  if (begin === undefined)
    return first === undefined ? told : { ...told, beginsWith: ({ realtime }) => realtime >= from };
  await walk.seekCursor(begin, 'before');
  return told;
}

/** @returns undefined when no entry stands before this place */
async function searchSetBack(
  journal: JournalSource,
  { cursor, side }: { readonly cursor: Cursor; readonly side: 'before' | 'after' },
  search: SetBackSearch<Cursor>,
  signal: AbortSignal,
): Promise<SetBack<Cursor> | undefined> {
  const walk = journal.walk(everything);
  try {
    await walk.seekCursor(cursor, side);
    let isFirst = true;
    const visit = (entry: Entry): boolean => {
      isFirst = false;
      return search.take(entry, cursorOfEntry(entry));
    };
    for (;;) {
      const outcome = await walk.read('backward', visit);
      if (outcome !== 'slice') return isFirst ? undefined : search.found(outcome === 'end');
      await setImmediate();
      signal.throwIfAborted();
    }
  } finally {
    walk.close();
  }
}

function placedEntry(entry: Entry): StampedEntry & { readonly cursor: Cursor; readonly seqnum: number } {
  const { realtime, monotonic, bootId, seqnum } = entry;
  return { realtime, monotonic, bootId, seqnum, cursor: cursorOfEntry(entry) };
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
