import type { FieldText } from '../api/entry.ts';
import { fieldActions } from './actions.ts';

/** What can be done with a value: a button for each. What is not text cannot be asked for. */
export function FieldActions({ name, value }: { readonly name: string; readonly value: FieldText }) {
  if (typeof value !== 'string') return null;
  return fieldActions.value.map(({ label, title, run }) => (
    <button
      key={label}
      type="button"
      title={title(name, value)}
      aria-label={title(name, value.slice(0, 80))}
      onClick={() => run(name, value)}
    >
      {label}
    </button>
  ));
}
