import { go, view } from '../address/view.ts';
import { following, rows } from './log-state.ts';
import { selected, visible } from './selection.ts';

/** The cursor that this room has put into the address, or has gone to. */
export const placeInAddress: { current: string | undefined } = { current: undefined };

/** Browsers refuse to be told every step of a scroll. */
const pause = 700;
let isPlanned = false;

/** Writes into the address where the reader stands, not at every step: a copied link shows the same. */
export function keepAddress(): void {
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(() => {
    isPlanned = false;
    const at = following.peek() ? undefined : cursorOfPlace();
    if (at === placeInAddress.current || (at === undefined && !following.peek())) return;
    placeInAddress.current = at;
    if (view.peek().at !== at) go({ at }, 'replace');
  }, pause);
}

/** The selected entry's if it can be seen, else that of the first one that can. */
function cursorOfPlace(): string | undefined {
  const range = visible.peek();
  const chosen = selected.peek();
  if (range === undefined) return chosen?.cursor;
  if (chosen !== undefined && chosen.realtime_timestamp >= range.from && chosen.realtime_timestamp <= range.to) {
    return chosen.cursor;
  }
  const first = rows.peek().find((row) => row.kind === 'entry' && row.entry.realtime_timestamp >= range.from);
  return first?.kind === 'entry' ? first.entry.cursor : undefined;
}
