import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Row } from './row.ts';
import { streamState } from './stream-state.ts';
import { LogWindow } from './window.ts';

/** Where the list is to stand. */
export interface Place {
  /** Of a row; undefined: at the end. */
  readonly key: string | undefined;
  /** No further than is needed to see it; otherwise it comes into the middle. */
  readonly nearest?: boolean;
}

/** What is in memory. After a change: {@link redraw}. */
export const held = new LogWindow();
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
/** The newest row is the newest there is: what comes is put behind it. */
export const attached = signal(true);
/** What went wrong when entries were asked for. */
export const failure = signal<string | undefined>(undefined);
/** The list goes there as soon as it shows the row. */
export const place = signal<Place>({ key: undefined });

export function redraw(): void {
  shown.value = held.rows.slice();
}

/** The reader goes back, or stays at what he reads: what comes waits. */
export function leaveEnd(): void {
  following.value = false;
}

/** The reader is at the end, and stays there. */
export function reachEnd(): void {
  batch(() => {
    following.value = true;
    waiting.value = 0;
    place.value = { key: undefined };
  });
}

/** Begins anew, with nothing. */
export function clear(): void {
  held.clear();
  batch(() => {
    waiting.value = 0;
    loading.value = undefined;
    atBeginning.value = false;
    attached.value = true;
    failure.value = undefined;
    streamState.value = { state: 'idle' };
    redraw();
  });
}
