import { useEffect, useState } from 'preact/hooks';
import { type Entry, type FieldText, textOf, valuesOf } from '../api/entry.ts';
import { entryActions } from './actions.ts';
import { FieldActions } from './field-actions.tsx';
import { sizeText } from './message.tsx';
import { MessageText } from './message-text.tsx';
import type { EntryRow } from './row.ts';
import { fullTime } from './time-text.ts';
import { readWhole } from './unfolded.ts';

/** Characters of a value that are shown at first. */
const shortened = 2_000;

/** All fields of an entry, and what can be done with them. */
export function Details({ row }: { readonly row: EntryRow }) {
  const [entry, setEntry] = useState(row.entry);
  useEffect(() => {
    let wanted = true;
    readWhole(row).then(
      (whole) => wanted && setEntry(whole),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [row.key]);
  return (
    <div class="details">
      {entryActions.value.length > 0 && (
        <div class="details-actions">
          {entryActions.value.map(({ label, title, run }) => (
            <button key={label} type="button" title={title} onClick={() => run(entry)}>
              {label}
            </button>
          ))}
        </div>
      )}
      <table aria-label="Fields of this entry">
        <tbody>
          {factsOf(entry).map(([name, value]) => (
            <tr key={name} class="fact">
              <th scope="row">{name}</th>
              <td />
              <td>
                <MessageText text={value} />
              </td>
            </tr>
          ))}
          {Object.entries(entry.fields)
            .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
            .flatMap(([name, value]) =>
              valuesOf(value).map((one, at) => (
                <tr key={`${name} ${at}`}>
                  <th scope="row">{name}</th>
                  <td class="field-actions">
                    <FieldActions name={name} value={one} />
                  </td>
                  <td>
                    <Value value={one} />
                  </td>
                </tr>
              )),
            )}
        </tbody>
      </table>
    </div>
  );
}

function Value({ value }: { readonly value: FieldText }) {
  const [all, setAll] = useState(false);
  const text = textOf(value);
  const isLong = text.length > shortened;
  return (
    <span class="value">
      <MessageText text={all || !isLong ? text : text.slice(0, shortened)} />
      {isLong && (
        <button type="button" class="fold" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'show less' : `show all ${sizeText(text.length)}`}
        </button>
      )}
      {typeof value !== 'string' && <span class="note">not UTF-8, {sizeText((value.base64.length * 3) / 4)}</span>}
    </span>
  );
}

/** What the journal and the gateway say beside the fields. */
function factsOf({
  realtime_timestamp: realtime,
  source,
  boot_id,
  late,
}: Entry): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string | undefined])[] = [
    ['time', [...new Set([fullTime(realtime, 'local'), fullTime(realtime, 'utc')])].join('  ')],
    ['service', source.service],
    ['task', source.task],
    ['node', `${source.host}  ${source.agent}`],
    ['boot', boot_id],
    ['late', late === true ? 'it came after newer entries' : undefined],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** The message first, then what programs say, then what journald does. */
function rank(name: string): number {
  if (name === 'MESSAGE') return 0;
  return name.startsWith('_') ? 2 : 1;
}
