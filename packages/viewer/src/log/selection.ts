import { computed, signal } from '@preact/signals';
import type { Entry } from '../api/entry.ts';
import { entryKey } from './row.ts';

/** The entry that keys act on. */
export const selected = signal<Entry | undefined>(undefined);

/** What it is known by: read again, an entry is another object. */
export const selectedKey = computed(() => selected.value && entryKey(selected.value));

/** Realtimes, µs, of the oldest and the newest entry on the screen. */
export interface VisibleRange {
  readonly from: number;
  readonly to: number;
}

export const visible = signal<VisibleRange | undefined>(undefined);
