import { registerKey } from '../people/keys.ts';
import { following, leaveEnd, place, rows } from './log-state.ts';
import { openEntry } from './open-entry.ts';
import { showBeginning, showEnd } from './reader.ts';
import type { EntryRow } from './row.ts';
import { selected, selectedKey } from './selection.ts';
import { openRows, toggle } from './unfolded.ts';
import type { RowsVirtualizer } from './virtual-rows.ts';

/** Of the height of the screen. */
const pageShare = 0.9;

/**
 * The keys of the log.
 *
 * @returns takes them back
 */
export function logKeys(scroller: HTMLElement | null, virtualizer: RowsVirtualizer): () => void {
  const turnPage = (direction: 1 | -1) => {
    if (direction < 0) leaveEnd();
    // As the reader scrolls himself: at the end he follows again.
    scroller?.scrollBy(0, direction * pageShare * scroller.clientHeight);
  };
  const group = 'Log';
  const registered = [
    registerKey({ key: ['j', 'ArrowDown'], label: 'Next entry', group, run: () => select(1, virtualizer) }),
    registerKey({ key: ['k', 'ArrowUp'], label: 'Entry before', group, run: () => select(-1, virtualizer) }),
    registerKey({ key: 'PageDown', label: 'A page down', group, run: () => turnPage(1) }),
    registerKey({ key: 'PageUp', label: 'A page up', group, run: () => turnPage(-1) }),
    registerKey({ key: ['g', 'Home'], label: 'Oldest entry', group, run: () => void showBeginning() }),
    registerKey({ key: ['G', 'End'], label: 'Newest entry, and follow', group, run: showEnd }),
    registerKey({ key: 'f', label: 'Follow, or pause', group, run: () => (following.peek() ? leaveEnd() : showEnd()) }),
    registerKey({ key: 'Enter', label: 'Fields of the entry', group, run: openSelected }),
    registerKey({ key: 'Escape', label: 'Close the entry', group, run: closeSelected }),
  ];
  return () => {
    for (const takeBack of registered) takeBack();
  };
}

/** Selects the entry after or before the selected one; without one, the last or first on the screen. */
function select(step: 1 | -1, { range }: RowsVirtualizer): boolean {
  const all = rows.peek();
  const at = all.findIndex(({ key }) => key === selectedKey.peek());
  const edge = step === 1 && !following.peek() ? range?.startIndex : range?.endIndex;
  let index = at === -1 ? (edge ?? 0) : at + step;
  while (index >= 0 && index < all.length && all[index]?.kind !== 'entry') index += step;
  const row = all[index];
  if (row?.kind !== 'entry') return true;
  leaveEnd();
  selected.value = row.entry;
  place.value = { key: row.key, nearest: true };
  return true;
}

function selectedRow(): EntryRow | undefined {
  const row = rows.peek().find(({ key }) => key === selectedKey.peek());
  return row?.kind === 'entry' ? row : undefined;
}

function openSelected(): boolean {
  const row = selectedRow();
  if (row === undefined) return false;
  openEntry(row);
  place.value = { key: row.key, nearest: true };
  return true;
}

function closeSelected(): boolean {
  const row = selectedRow();
  if (row === undefined || !openRows.peek().has(row.key)) {
    if (selected.peek() === undefined) return false;
    selected.value = undefined;
    return true;
  }
  toggle(openRows, row.key);
  return true;
}
