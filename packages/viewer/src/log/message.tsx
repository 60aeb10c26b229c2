import { fieldText } from '../api/entry.ts';
import { MessageText } from './message-text.tsx';
import { presentationOf } from './presentation.ts';
import type { EntryRow } from './row.ts';
import { readWhole, toggle, unfoldedRows, wholeEntries } from './unfolded.ts';

/** Characters of a line that are shown unless all are wanted. */
const shortened = 2_000;
const shownMembers = 30;

/** The message of an entry: its first line, or all of it. */
export function Message({ row }: { readonly row: EntryRow }) {
  const { message, json, lines, length, binary } = presentationOf(row);
  const isUnfolded = unfoldedRows.value.has(row.key);
  const whole = isUnfolded && row.cut !== undefined ? wholeEntries.value.get(row.key) : undefined;
  const toggled = (event: Event) => {
    event.stopPropagation();
    toggle(unfoldedRows, row.key);
    if (!isUnfolded && row.cut?.MESSAGE !== undefined) void readWhole(row);
  };
  const note = binary ? <span class="note">not UTF-8</span> : null;
  if (json !== undefined) {
    const all = isUnfolded ? json.members : json.members.slice(0, shownMembers);
    return (
      <span class="message">
        {json.text !== undefined && <MessageText text={isUnfolded ? json.text : firstLine(json.text)} />}
        {all.map(([name, value]) => (
          <span key={name} class="member">
            <span class="member-name">
              <MessageText text={name} />=
            </span>
            <MessageText text={isUnfolded ? value : value.slice(0, shortened)} />
          </span>
        ))}
        {(all.length < json.members.length || message.length > shortened) && (
          <Fold isUnfolded={isUnfolded} more={`+${json.members.length - all.length} members`} onToggle={toggled} />
        )}
        {note}
      </span>
    );
  }
  const wholeText = whole === undefined ? undefined : fieldText(whole, 'MESSAGE');
  const text = isUnfolded ? (wholeText ?? message) : firstLine(message);
  const folded = lines > 1 || length > shortened;
  return (
    <span class="message">
      <MessageText text={text} />
      {folded && <Fold isUnfolded={isUnfolded} more={moreText(lines, length)} onToggle={toggled} />}
      {note}
    </span>
  );
}

interface FoldProps {
  readonly isUnfolded: boolean;
  readonly more: string;
  readonly onToggle: (event: Event) => void;
}

function Fold({ isUnfolded, more, onToggle }: FoldProps) {
  return (
    <button type="button" class="fold" aria-expanded={isUnfolded} onClick={onToggle}>
      {isUnfolded ? 'show less' : more}
    </button>
  );
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return text.slice(0, Math.min(end === -1 ? text.length : end, shortened));
}

/** What there is beyond what is shown. */
function moreText(lines: number, length: number): string {
  if (length <= shortened) return `+${lines - 1} ${lines === 2 ? 'line' : 'lines'}`;
  return `show all ${sizeText(length)}`;
}

/** A size in the unit that fits: `1.0 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  if (bytes >= 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${bytes} B`;
}
