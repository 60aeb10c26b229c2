import type { Row } from './row.ts';
import { visible } from './selection.ts';
import type { RowsVirtualizer } from './virtual-rows.ts';

/** Tells the other rooms the times of what is on the screen. */
export function tellVisible({ range }: RowsVirtualizer, rows: readonly Row[]): void {
  let from: number | undefined;
  let to: number | undefined;
  for (let at = range?.startIndex ?? 0; at <= (range?.endIndex ?? -1); at++) {
    const row = rows[at];
    if (row?.kind !== 'entry' || row.entry.late === true) continue;
    const time = row.entry.realtime_timestamp;
    from = from === undefined ? time : Math.min(from, time);
    to = to === undefined ? time : Math.max(to, time);
  }
  const before = visible.peek();
  if (from === undefined || to === undefined) {
    if (before !== undefined) visible.value = undefined;
  } else if (before?.from !== from || before.to !== to) {
    visible.value = { from, to };
  }
}
