import { parametersOf, view } from '../address/view.ts';
import { countValues } from '../api/counts.ts';
import { rows } from '../log/log-state.ts';
import { namesFor, type Suggestion, valuesFor, type Wanted } from './suggestions.ts';

/** What is typed in one go is asked for once, after this time in ms. */
const pause = 150;
const mostValues = 200;
/** Seconds that counting for a suggestion may take. */
const budget = 2;
/** Rows whose fields are suggested. */
const mostRows = 100;

const known = new Map<string, Promise<readonly { value: string; entries: number }[]>>();

/** What may be meant by what is being typed; undefined where something else was typed meanwhile. */
export async function suggest(wanted: Wanted, signal: AbortSignal): Promise<readonly Suggestion[] | undefined> {
  if (wanted.values !== undefined)
    return valuesFor(
      wanted,
      wanted.values.map((value) => ({ value })),
    );
  if (wanted.field === undefined) return namesFor(wanted, fieldsOnScreen());
  await new Promise((resolve) => setTimeout(resolve, pause));
  if (signal.aborted) return undefined;
  const values = await valuesOfField(wanted.field).catch(() => []);
  return signal.aborted ? undefined : valuesFor(wanted, values);
}

/** Within the source and the time that are shown, whatever the filters: they are just being changed. */
function valuesOfField(field: string): Promise<readonly { value: string; entries: number }[]> {
  const { scope, since, until } = view.peek();
  const parameters = parametersOf({ scope, filters: {}, since, until });
  const key = `${field} ${parameters}`;
  let values = known.get(key);
  if (values === undefined) {
    if (known.size > 50) known.clear();
    values = countValues(field, parameters, { limit: mostValues, budget }, new AbortController().signal).then(
      ({ values }) => values.flatMap(({ value, entries }) => (typeof value === 'string' ? [{ value, entries }] : [])),
    );
    known.set(key, values);
    values.catch(() => known.delete(key));
  }
  return values;
}

function fieldsOnScreen(): Set<string> {
  const names = new Set<string>();
  for (const row of rows.peek().slice(-mostRows)) {
    if (row.kind === 'entry') for (const name of Object.keys(row.entry.fields)) names.add(name);
  }
  return names;
}
