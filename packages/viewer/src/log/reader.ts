import type { View } from '../address/view.ts';
import { type PageItem, readPage } from '../api/entries.ts';
import { ApiError } from '../api/request.ts';
import { endOfTask, firstPage, isFollowed, startFollow, stopFollow } from './follow-end.ts';
import {
  atBeginning,
  attached,
  clear,
  failure,
  held,
  leaveEnd,
  loading,
  place,
  reachEnd,
  redraw,
  waiting,
} from './log-state.ts';
import { ask, asking, question } from './question.ts';
import { entryKey, entryRow, eventRow, type Row } from './row.ts';
import { selected } from './selection.ts';
import { forgetSources, seeSource } from './sources-seen.ts';
import { streamState } from './stream-state.ts';
import { taskEnd } from './task-end.ts';

/** Entries asked for when more is wanted, and on either side of an entry that is gone to. */
const page = 300;
const surroundings = 150;
const rangeEnd = 'The time range ends here.';

/** Shows another log, or another part of it. */
export async function open(view: View): Promise<void> {
  const { signal } = begin(view);
  forgetSources();
  endOfTask(undefined);
  const end = taskEnd(view.scope, signal).catch(() => undefined);
  if (view.at !== undefined) void readAround(view.at);
  else if (view.until !== undefined) void readRange();
  else startFollow(undefined);
  const why = await end;
  if (!signal.aborted) endOfTask(why);
}

/** Goes to the end, and follows what comes. */
export function showEnd(): void {
  if (attached.peek() && isFollowed() && held.rows.length > 0) {
    reachEnd();
    return;
  }
  begin();
  if (question().hasEnd) void readRange();
  else startFollow(undefined);
}

/** Goes to the oldest entry of all. */
export async function showBeginning(): Promise<void> {
  begin();
  leaveEnd();
  await load('first', async (isWanted) => {
    const since = question().parameters.get('since') ?? '@0';
    const { items } = await readPage('entries', asking({ since, order: 'asc', limit: String(firstPage) }), isWanted);
    if (isWanted.aborted) return;
    attached.value = false;
    atBeginning.value = true;
    held.append(rowsOf(items));
    place.value = { key: held.rows[0]?.key };
  });
}

/** Shows the entry with this cursor, with what is around it. */
export async function showAt(cursor: string): Promise<void> {
  begin();
  await readAround(cursor);
}

/** Reads what is before the oldest row. */
export async function loadOlder(): Promise<void> {
  const { oldest } = held;
  if (oldest === undefined || atBeginning.peek() || loading.peek() !== undefined) return;
  await load('older', async (isWanted) => {
    const asked = asking({ order: 'desc', cursor: oldest.cursor, limit: String(page) });
    const { items, more } = await readPage('entries', asked, isWanted);
    if (isWanted.aborted) return;
    if (held.prepend(rowsOf(items).reverse()) > 0) attached.value = false;
    if (more !== true) atBeginning.value = true;
  });
}

/** Reads what is behind the newest row; once there is nothing more, what comes is put there. */
export async function loadNewer(): Promise<void> {
  const { newest } = held;
  if (newest === undefined || attached.peek() || loading.peek() !== undefined) return;
  await load('newer', async (isWanted) => {
    const asked = asking({ order: 'asc', cursor: newest.cursor, limit: String(page) });
    const { items, more, cursor } = await readPage('entries', asked, isWanted);
    if (isWanted.aborted) return;
    if (held.append(rowsOf(items)) > 0) atBeginning.value = false;
    if (more === true) return;
    attached.value = true;
    waiting.value = 0;
    if (question().hasEnd) streamState.value = { state: 'ended', why: rangeEnd };
    else startFollow(cursor ?? newest.cursor);
  });
}

/** Leaves what was read: nothing of it comes any more. */
function begin(view?: View): { readonly signal: AbortSignal } {
  const asked = ask(view);
  stopFollow();
  clear();
  reachEnd();
  return asked;
}

async function readAround(cursor: string): Promise<void> {
  leaveEnd();
  await load('first', async (isWanted) => {
    const [before, after] = await Promise.all([
      readPage('context', asking({ cursor, before: String(surroundings), after: '0' }), isWanted),
      readPage('entries', asking({ at: cursor, order: 'asc', limit: String(surroundings) }), isWanted),
    ]);
    if (isWanted.aborted) return;
    attached.value = false;
    held.append(rowsOf(before.items));
    const entry = held.newest;
    held.append(rowsOf(after.items));
    place.value = { key: entry === undefined ? undefined : entryKey(entry) };
    selected.value = entry;
  });
}

async function readRange(): Promise<void> {
  await load('first', async (isWanted) => {
    const { items } = await readPage('entries', asking({ tail: String(firstPage) }), isWanted);
    if (isWanted.aborted) return;
    held.append(rowsOf(items));
    if (items.length < firstPage) atBeginning.value = true;
    streamState.value = { state: 'ended', why: rangeEnd };
  });
}

async function load(what: 'first' | 'older' | 'newer', work: (isWanted: AbortSignal) => Promise<void>): Promise<void> {
  const { signal } = question();
  loading.value = what;
  failure.value = undefined;
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted) return;
    failure.value = error instanceof ApiError ? error.message : 'The gateway cannot be reached.';
  } finally {
    if (!signal.aborted) {
      loading.value = undefined;
      redraw();
    }
  }
}

function rowsOf(items: readonly PageItem[]): Row[] {
  return items.map((item) => {
    if ('event' in item) return eventRow(item.event);
    seeSource(item.entry.source);
    return entryRow(item.entry, item.size);
  });
}
