import type { TimeStyle } from '../people/preferences.ts';
import type { Row } from './row.ts';
import { dayText } from './time-text.ts';

/** What begins with a row: it is said in a line above it. */
export interface Changes {
  /** Another day than the row before it. */
  readonly day?: string;
  /** The node has been booted since its entry before. */
  readonly boot?: { readonly host: string; readonly id: string };
}

const none: Changes = {};
/** How many rows are looked through for the node's entry before. */
const lookBack = 200;

/** What is new at the row at `index` against those before it. */
export function changesAt(rows: readonly Row[], index: number, style: TimeStyle): Changes {
  const row = rows[index];
  if (row?.kind !== 'entry') return none;
  const { realtime_timestamp: realtime, boot_id: boot, source } = row.entry;
  let day: string | undefined;
  let bootedAnew = false;
  let before = false;
  for (let at = index - 1; at >= Math.max(0, index - lookBack); at--) {
    const older = rows[at];
    if (older?.kind !== 'entry') continue;
    if (!before) {
      before = true;
      const own = dayText(realtime, style);
      if (!row.entry.late && own !== dayText(older.entry.realtime_timestamp, style)) day = own;
    }
    if (older.entry.source.agent !== source.agent) continue;
    bootedAnew = older.entry.boot_id !== boot;
    break;
  }
  if (day === undefined && !bootedAnew) return none;
  return {
    ...(day === undefined ? {} : { day }),
    ...(bootedAnew ? { boot: { host: source.host, id: boot } } : {}),
  };
}
