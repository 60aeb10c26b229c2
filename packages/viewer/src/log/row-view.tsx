import { timeStyle } from '../people/preferences.ts';
import type { Changes } from './changes.ts';
import { EntryView } from './entry-view.tsx';
import { eventText } from './event-text.ts';
import type { EventRow, Row } from './row.ts';
import { hostOf } from './sources-seen.ts';

/** What is in a row, below what begins with it. */
export function RowView({ row, day, boot }: Changes & { readonly row: Row }) {
  return (
    <>
      {day !== undefined && <p class="change">{day}</p>}
      {boot !== undefined && (
        <p class="change" title={boot.id}>
          {boot.host} has been booted
        </p>
      )}
      {row.kind === 'entry' ? <EntryView row={row} /> : <EventView row={row} />}
    </>
  );
}

function EventView({ row }: { readonly row: EventRow }) {
  const { tone, text, title } = eventText(row, hostOf, timeStyle.value);
  return (
    <p class={`event event-${tone}`} title={title}>
      {text}
    </p>
  );
}
