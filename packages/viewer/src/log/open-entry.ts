import { leaveEnd } from './log-state.ts';
import type { EntryRow } from './row.ts';
import { selected } from './selection.ts';
import { openRows, toggle } from './unfolded.ts';

/** Selects an entry, and shows all its fields, or no more. What is read does not run away. */
export function openEntry(row: EntryRow): void {
  leaveEnd();
  selected.value = row.entry;
  toggle(openRows, row.key);
}
