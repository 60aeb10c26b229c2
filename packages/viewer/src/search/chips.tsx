import { view } from '../address/view.ts';
import { negateTerm, removeTerm, setFilters } from './filtering.ts';
import { negated, termsOfFilters } from './query-text.ts';

/** The filters one by one: each can be taken away, and a condition on a field turned round. */
export function Chips() {
  const terms = termsOfFilters(view.value.filters);
  if (terms.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {terms.map((term) => {
        const isNegation = term.parameter === 'filter' && term.value.startsWith('!');
        return (
          <li key={`${term.parameter} ${term.value}`} class={isNegation ? 'chip chip-without' : 'chip'}>
            <span class="chip-text">{term.text}</span>
            {negated(term) !== undefined && (
              <button
                type="button"
                aria-label={`Turn round ${term.text}`}
                title={isNegation ? 'Only these' : 'All but these'}
                onClick={() => negateTerm(term)}
              >
                {isNegation ? '=' : '≠'}
              </button>
            )}
            <button type="button" aria-label={`Remove ${term.text}`} title="Remove" onClick={() => removeTerm(term)}>
              ×
            </button>
          </li>
        );
      })}
      {terms.length > 1 && (
        <li>
          <button type="button" class="quiet" onClick={() => setFilters({})}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}
