import { signal } from '@preact/signals';
import type { Entry } from '../api/entry.ts';

/** The entry that keys act on. */
export const selected = signal<Entry | undefined>(undefined);

/** Realtimes, µs, of the oldest and the newest entry on the screen. */
export interface VisibleRange {
  readonly from: number;
  readonly to: number;
}

export const visible = signal<VisibleRange | undefined>(undefined);
