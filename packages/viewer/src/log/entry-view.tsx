import { timeStyle } from '../people/preferences.ts';
import { Details } from './details.tsx';
import { Message } from './message.tsx';
import { now } from './now.ts';
import { openEntry } from './open-entry.ts';
import { presentationOf } from './presentation.ts';
import type { EntryRow } from './row.ts';
import { selectedKey } from './selection.ts';
import { severityNames } from './severity.ts';
import { sourceHue, sourceKey, sourceName } from './source-name.ts';
import { merged } from './sources-seen.ts';
import { fullTime, timeText } from './time-text.ts';
import { openRows } from './unfolded.ts';

/** An entry: when, whose, how grave, what; and all its fields where it is open. */
export function EntryView({ row }: { readonly row: EntryRow }) {
  const { entry } = row;
  const { severity, writer } = presentationOf(row);
  const style = timeStyle.value;
  const time = entry.realtime_timestamp;
  const isOpen = openRows.value.has(row.key);
  const isSelected = selectedKey.value === row.key;
  return (
    <>
      <div class="line" style={{ '--hue': String(sourceHue(sourceKey(entry.source))) }}>
        <button
          type="button"
          class="time"
          aria-expanded={isOpen}
          title={`${fullTime(time, style === 'utc' ? 'utc' : 'local')}: all fields`}
          tabIndex={isSelected ? 0 : -1}
          onClick={() => openEntry(row)}
        >
          <time dateTime={fullTime(time, 'utc')}>{timeText(time, style, style === 'relative' ? now.value : 0)}</time>
        </button>
        {merged.value && (
          <span class="source" title={entry.source.task ?? entry.source.host}>
            {sourceName(entry.source)}
          </span>
        )}
        <span
          class={`severity ${severity === undefined ? '' : `level-${severity.level}`}`}
          title={severity?.guessed ? 'as the message says' : undefined}
        >
          {severity === undefined ? (entry.source.stream === 'STDERR' ? 'stderr' : '') : severityNames[severity.level]}
        </span>
        <span class="body">
          {entry.late && (
            <span class="note" title="It came after newer entries">
              late
            </span>
          )}
          {writer !== undefined && <span class="writer">{writer}: </span>}
          <Message row={row} />
        </span>
      </div>
      {isOpen && <Details row={row} />}
    </>
  );
}
