/** What the other rooms of the page use of the log. */
import type { ReadonlySignal } from '@preact/signals';
import { type VisibleRange, visible } from './selection.ts';
import { type StreamState, streamState as state } from './stream-state.ts';

export {
  type EntryAction,
  entryActions,
  type FieldAction,
  fieldActions,
  type Highlighter,
  highlighter,
} from './actions.ts';
export { following, rows } from './log-state.ts';
export { showAt } from './reader.ts';
export { selected, type VisibleRange } from './selection.ts';
export type { StreamState } from './stream-state.ts';

/** Realtimes of what is on the screen. */
export const visibleRange: ReadonlySignal<VisibleRange | undefined> = visible;
export const streamState: ReadonlySignal<StreamState> = state;
