import { type Filters, go, view } from '../address/view.ts';
import { announce } from '../people/announce.ts';
import { filtersOf, negated, type Term, termsOfFilters } from './query-text.ts';

/** Shows what these filters leave. What stood on the screen stays where it is, as far as it is left. */
export function setFilters(filters: Filters): void {
  go({ filters });
}

/** Takes one condition away. */
export function removeTerm(term: Term): void {
  setFilters(filtersOf(termsOfFilters(view.peek().filters).filter((one) => !isSame(one, term))));
  announce(`Removed ${term.text}`);
}

/** Says the opposite of a condition. */
export function negateTerm(term: Term): void {
  const value = negated(term);
  if (value === undefined) return;
  setFilters(
    filtersOf(termsOfFilters(view.peek().filters).map((one) => (isSame(one, term) ? { ...one, value } : one))),
  );
}

/** Leaves only entries with this value of a field, or only those without. */
export function narrow(field: string, value: string, how: 'with' | 'without'): void {
  const wanted = `${field}:${value}`;
  const condition = how === 'with' ? wanted : `!${wanted}`;
  const opposite = how === 'with' ? `!${wanted}` : wanted;
  const terms = termsOfFilters(view.peek().filters).filter((term) => term.value !== opposite);
  setFilters(filtersOf([...terms, { parameter: 'filter', value: condition }]));
  announce(`${how === 'with' ? 'Only' : 'Without'} ${field}=${value.slice(0, 80)}`);
}

function isSame(one: Term, other: Term): boolean {
  return one.parameter === other.parameter && one.value === other.value;
}
