import { signal } from '@preact/signals';
import type { Entry } from '../api/entry.ts';

/** What can be done with an entry: a button in its details. */
export interface EntryAction {
  readonly label: string;
  /** Said by a tooltip. */
  readonly title?: string;
  run(entry: Entry): void;
}

/** What can be done with one value of a field: a button beside it. */
export interface FieldAction {
  /** One character. */
  readonly label: string;
  readonly title: (field: string, value: string) => string;
  run(field: string, value: string): void;
}

/** Other rooms add theirs. */
export const entryActions = signal<readonly EntryAction[]>([]);
export const fieldActions = signal<readonly FieldAction[]>([]);

/** Where in a text there is what was searched for: pairs of start and end, in order, not overlapping. */
export type Highlighter = (text: string) => readonly (readonly [start: number, end: number])[];

/** Marks hits in messages; undefined where nothing is searched for. */
export const highlighter = signal<Highlighter | undefined>(undefined);
