import { priorityNames } from '@clusterlog/shared/v3/priority';
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { parametersOf, view } from '../address/view.ts';
import { countValues, type FieldCounts } from '../api/counts.ts';
import { textOf } from '../api/entry.ts';
import { ApiError } from '../api/request.ts';
import { FieldActions } from '../log/field-actions.tsx';

/** What is counted without being asked for. */
const usual = [
  { field: 'PRIORITY', label: 'Severity' },
  { field: 'EXECUTOR_ID', label: 'Task' },
  { field: '_HOSTNAME', label: 'Node' },
  { field: '_SYSTEMD_UNIT', label: 'Unit' },
  { field: 'SYSLOG_IDENTIFIER', label: 'Identifier' },
  { field: 'STREAM', label: 'Stream' },
] as const;
const mostValues = 8;
/** Seconds that counting may take. */
const budget = 3;
/** What changes in one go is asked for once, after this time in ms. */
const pause = 250;

/** How many entries have which value of a field; each value can be asked for, or left out. */
export function Facets() {
  const more = useSignal<readonly string[]>([]);
  const typed = useSignal('');
  const add = (event: Event) => {
    event.preventDefault();
    const field = typed.value.trim().toUpperCase();
    const isKnown = usual.some((one) => one.field === field) || more.value.includes(field);
    if (/^[A-Z_][A-Z0-9_]{0,63}$/.test(field) && !isKnown) more.value = [...more.value, field];
    typed.value = '';
  };
  return (
    <section class="facets" id="facets" aria-label="Counts by field">
      {usual.map(({ field, label }) => (
        <Facet key={field} field={field} label={label} />
      ))}
      {more.value.map((field) => (
        <Facet
          key={field}
          field={field}
          label={field}
          onRemove={() => {
            more.value = more.value.filter((one) => one !== field);
          }}
        />
      ))}
      <form class="facet-more" onSubmit={add}>
        <label>
          Another field
          <input
            type="text"
            placeholder="_PID"
            spellcheck={false}
            value={typed}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit">Count</button>
      </form>
    </section>
  );
}

interface FacetProps {
  readonly field: string;
  readonly label: string;
  readonly onRemove?: () => void;
}

function Facet({ field, label, onRemove }: FacetProps) {
  const counts = useSignal<FieldCounts | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);
  const question = useComputed(() => parametersOf({ ...view.value, at: undefined }).toString());
  useSignalEffect(() => {
    const parameters = new URLSearchParams(question.value);
    const abort = new AbortController();
    const timer = setTimeout(() => {
      countValues(field, parameters, { limit: mostValues, budget }, abort.signal).then(
        (counted) => {
          counts.value = counted;
          failure.value = undefined;
        },
        (error: unknown) => {
          if (!abort.signal.aborted) failure.value = error instanceof ApiError ? error.message : 'not counted';
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
  const counted = counts.value;
  return (
    <section class="facet" aria-label={`Counts of ${label}`}>
      <h3 title={field}>
        {label}
        {counted?.completeness === 'partial' && <span class="facet-partial"> in part</span>}
        {onRemove !== undefined && (
          <button type="button" class="quiet" aria-label={`Leave out ${label}`} onClick={onRemove}>
            ×
          </button>
        )}
      </h3>
      {failure.value !== undefined && <p class="facet-failure">{failure}</p>}
      {counted === undefined ? <p class="facet-none">counting…</p> : <Values field={field} counted={counted} />}
    </section>
  );
}

function Values({ field, counted }: { readonly field: string; readonly counted: FieldCounts }) {
  const most = counted.values[0]?.entries ?? 0;
  if (most === 0) return <p class="facet-none">none</p>;
  const rest = counted.distinct - counted.values.length;
  return (
    <ul>
      {counted.values.map(({ value, entries }) => {
        const text = textOf(value);
        const name = field === 'PRIORITY' ? (priorityNames[Number(text)] ?? text) : text;
        return (
          <li key={text} style={{ '--share': `${(100 * entries) / most}%` }}>
            <span class="facet-value" title={text}>
              {name}
            </span>
            <span class="facet-count">{entries.toLocaleString('en')}</span>
            <FieldActions name={field} value={value} />
          </li>
        );
      })}
      {rest > 0 && <li class="facet-none">and {rest.toLocaleString('en')} more</li>}
    </ul>
  );
}
