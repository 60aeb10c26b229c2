import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import { parametersOf, type View } from '../address/view.ts';
import { type PageItem, readPage } from '../api/entries.ts';
import type { Entry } from '../api/entry.ts';
import { Follow } from '../api/follow.ts';
import { ApiError } from '../api/request.ts';
import { Arrivals } from './arrivals.ts';
import { entryRow, eventRow, type Row } from './row.ts';
import { selected } from './selection.ts';
import { streamState } from './stream-state.ts';
import { summarise } from './summary.ts';
import { endText, isLastState, isOfOneTask, taskEnd } from './task-end.ts';
import { LogWindow } from './window.ts';

/** Entries asked for when a log is opened, and when more of it is wanted. */
const firstPage = 200;
const page = 300;
const surroundings = 150;

/** Where the list is to stand. */
export interface Place {
  /** Of a row; undefined: at the end. */
  readonly key: string | undefined;
  /** No further than is needed to see it; otherwise it comes into the middle. */
  readonly nearest?: boolean;
}

const window = new LogWindow();
const shown = signal<readonly Row[]>([]);
/** The rows, the oldest first. */
export const rows: ReadonlySignal<readonly Row[]> = shown;
/** Entries that came while the reader was elsewhere. */
export const waiting = signal(0);
/** The list keeps to the end. */
export const following = signal(true);
export const loading = signal<'first' | 'older' | 'newer' | undefined>(undefined);
/** There is nothing older. */
export const atBeginning = signal(false);
/** What went wrong when entries were asked for. */
export const failure = signal<string | undefined>(undefined);
/** The list goes there as soon as it shows the rows. */
export const place = signal<Place>({ key: undefined });
/** Several instances or nodes are shown: rows say which. */
export const merged = signal(false);

const isAttached = signal(true);
/** The newest row is the newest there is: what comes is put behind it. */
export const attached: ReadonlySignal<boolean> = computed(() => isAttached.value);

const hosts = new Map<string, string>();
let parameters = new URLSearchParams();
let abort = new AbortController();
let follow: Follow | undefined;
let firstSource: string | undefined;
let ofOneTask = false;

const arrivals = new Arrivals((added) => {
  if (streamState.peek().state === 'live') summarise(added);
  if (following.peek()) {
    if (window.append(added) > 0) atBeginning.value = false;
  } else {
    waiting.value += added.reduce((sum, { kind }) => sum + (kind === 'entry' ? 1 : 0), 0);
    window.append(added);
    if (window.isFull) isAttached.value = false;
  }
  shown.value = window.rows.slice();
});

/** The name of a node, as far as entries have told it. */
export function hostOf(agent: string): string | undefined {
  return hosts.get(agent);
}

/** The parameters of the view that is shown. */
export function shownParameters(): URLSearchParams {
  return parameters;
}

/** Shows another log, or another part of it. */
export async function open(view: View): Promise<void> {
  reset();
  parameters = parametersOf(view);
  ofOneTask = isOfOneTask(view.scope);
  firstSource = undefined;
  merged.value = false;
  if (view.at !== undefined) await showAt(view.at);
  else if (view.until !== undefined) await showRange();
  else showEnd();
  const end = await taskEnd(view.scope, abort.signal).catch(() => undefined);
  if (end !== undefined) streamState.value = { state: 'ended', why: end };
}

/** Stops reading. */
export function close(): void {
  reset();
}

/** Goes to the end, and follows what comes. */
export function showEnd(): void {
  if (isAttached.peek() && follow !== undefined && window.rows.length > 0) {
    batch(() => {
      following.value = true;
      waiting.value = 0;
      place.value = { key: undefined };
    });
    return;
  }
  if (parameters.has('until')) {
    void showRange();
    return;
  }
  reset();
  following.value = true;
  place.value = { key: undefined };
  startFollow(undefined);
}

/** The reader goes back, or stays at what he reads: what comes waits. */
export function leaveEnd(): void {
  following.value = false;
}

/** Goes to the oldest entry of all. */
export async function showBeginning(): Promise<void> {
  reset();
  const { signal } = abort;
  await load('first', async () => {
    const since = parameters.get('since') ?? '@0';
    const { items } = await readPage('entries', asking({ since, order: 'asc', limit: String(firstPage) }), signal);
    if (signal.aborted) return;
    following.value = false;
    isAttached.value = false;
    atBeginning.value = true;
    const added = rowsOf(items);
    window.append(added);
    place.value = { key: added[0]?.key };
    shown.value = window.rows.slice();
  });
}

/** Shows the entry with this cursor, with what is around it. */
export async function showAt(cursor: string): Promise<void> {
  reset();
  const { signal } = abort;
  await load('first', async () => {
    const [before, after] = await Promise.all([
      readPage('context', asking({ cursor, before: String(surroundings), after: '0' }), signal),
      readPage('entries', asking({ at: cursor, order: 'asc', limit: String(surroundings) }), signal),
    ]);
    if (signal.aborted) return;
    following.value = false;
    isAttached.value = false;
    window.append(rowsOf(before.items));
    const entry = window.newest;
    window.append(rowsOf(after.items));
    place.value = { key: entry === undefined ? undefined : entryRow(entry, 0).key };
    selected.value = entry;
    shown.value = window.rows.slice();
  });
}

/** Reads what is before the oldest row. */
export async function loadOlder(): Promise<void> {
  const { oldest } = window;
  if (oldest === undefined || atBeginning.peek() || loading.peek() !== undefined) return;
  const { signal } = abort;
  await load('older', async () => {
    const asked = asking({ order: 'desc', cursor: oldest.cursor, limit: String(page) });
    const { items, more } = await readPage('entries', asked, signal);
    if (signal.aborted) return;
    if (window.prepend(rowsOf(items).reverse()) > 0) isAttached.value = false;
    if (more !== true) atBeginning.value = true;
    shown.value = window.rows.slice();
  });
}

/** Reads what is behind the newest row; once there is nothing more, what comes is put there. */
export async function loadNewer(): Promise<void> {
  const { newest } = window;
  if (newest === undefined || isAttached.peek() || loading.peek() !== undefined) return;
  const { signal } = abort;
  await load('newer', async () => {
    const asked = asking({ order: 'asc', cursor: newest.cursor, limit: String(page) });
    const { items, more, cursor } = await readPage('entries', asked, signal);
    if (signal.aborted) return;
    if (window.append(rowsOf(items)) > 0) atBeginning.value = false;
    shown.value = window.rows.slice();
    if (more === true) return;
    isAttached.value = true;
    waiting.value = 0;
    if (parameters.has('until')) streamState.value = { state: 'ended', why: 'The time range ends here.' };
    else startFollow(cursor ?? newest.cursor);
  });
}

async function showRange(): Promise<void> {
  reset();
  const { signal } = abort;
  await load('first', async () => {
    const { items } = await readPage('entries', asking({ tail: String(firstPage) }), signal);
    if (signal.aborted) return;
    following.value = true;
    window.append(rowsOf(items));
    if (items.length < firstPage) atBeginning.value = true;
    streamState.value = { state: 'ended', why: 'The time range ends here.' };
    place.value = { key: undefined };
    shown.value = window.rows.slice();
  });
}

function startFollow(after: string | undefined): void {
  follow?.close();
  arrivals.drop();
  if (after === undefined) loading.value = 'first';
  const { signal } = abort;
  follow = new Follow({
    parameters,
    after,
    tail: firstPage,
    onEntries: (texts) => {
      if (signal.aborted) return undefined;
      if (loading.peek() === 'first') loading.value = undefined;
      if (!isAttached.peek()) {
        waiting.value += texts.length;
        return undefined;
      }
      const rows = texts.map((text) => rowOf(JSON.parse(text) as Entry, text.length));
      arrivals.add(rows);
      return Math.max(...rows.map((row) => (row.kind === 'entry' ? row.entry.realtime_timestamp : 0)));
    },
    onEvent: (event) => {
      if (signal.aborted || !isAttached.peek()) return;
      arrivals.add([eventRow(event)]);
      if (ofOneTask && event.event === 'lifecycle' && isLastState(event.state)) {
        streamState.value = { state: 'ended', why: endText(event.state) };
      }
    },
    onState: (state) => {
      if (signal.aborted) return;
      if (state.state !== 'catching-up' && loading.peek() === 'first') loading.value = undefined;
      // That a task has ended stays true when the connection to its log is cut.
      if (streamState.peek().state !== 'ended' || state.state === 'ended') streamState.value = state;
    },
  });
  follow.start();
}

function reset(): void {
  abort.abort();
  abort = new AbortController();
  follow?.close();
  follow = undefined;
  arrivals.drop();
  window.clear();
  batch(() => {
    waiting.value = 0;
    loading.value = undefined;
    atBeginning.value = false;
    isAttached.value = true;
    failure.value = undefined;
    streamState.value = { state: 'idle' };
    shown.value = window.rows.slice();
  });
}

async function load(what: 'first' | 'older' | 'newer', work: () => Promise<void>): Promise<void> {
  const { signal } = abort;
  loading.value = what;
  failure.value = undefined;
  try {
    await work();
  } catch (error) {
    if (signal.aborted) return;
    failure.value = error instanceof ApiError ? error.message : 'The gateway cannot be reached.';
  } finally {
    if (!signal.aborted) loading.value = undefined;
  }
}

function asking(more: Readonly<Record<string, string>>): URLSearchParams {
  const asked = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(more)) asked.set(name, value);
  return asked;
}

function rowsOf(items: readonly PageItem[]): Row[] {
  return items.map((item) => ('entry' in item ? rowOf(item.entry, item.size) : eventRow(item.event)));
}

function rowOf(entry: Entry, size: number): Row {
  const { agent, host, task, container } = entry.source;
  if (!hosts.has(agent)) hosts.set(agent, host);
  if (!merged.peek()) {
    const source = `${agent} ${task ?? container ?? ''}`;
    firstSource ??= source;
    if (source !== firstSource) merged.value = true;
  }
  return entryRow(entry, size);
}
