/**
 * Which entries are wanted. A small boolean language over fields, the common form of query filters (`sd_journal_add_match`:
 * same field OR, different fields AND) and of the scope a gateway token grants.
 *
 * `equals` with several values means any of them. `present` means the entry has the field with any value, the empty one
 * included. A field that occurs twice matches when one occurrence does.
 */
export type Match =
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'equals'; readonly field: string; readonly values: readonly Buffer[] }
  | { readonly kind: 'present'; readonly field: string }
  | { readonly kind: 'not'; readonly term: Match }
  | { readonly kind: 'and'; readonly terms: readonly Match[] }
  | { readonly kind: 'or'; readonly terms: readonly Match[] };

export const everything: Match = { kind: 'everything' };
export const nothing: Match = { kind: 'nothing' };

/** `FIELD=value`, any of the values. */
export function equals(field: string, ...values: (Buffer | string)[]): Match {
  return {
    kind: 'equals',
    field,
    values: values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)),
  };
}

export function present(field: string): Match {
  return { kind: 'present', field };
}

export function not(term: Match): Match {
  if (term.kind === 'everything') return nothing;
  if (term.kind === 'nothing') return everything;
  if (term.kind === 'not') return term.term;
  return { kind: 'not', term };
}

export function and(...terms: Match[]): Match {
  const needed = terms.flatMap((term) => (term.kind === 'and' ? term.terms : [term]));
  if (needed.some((term) => term.kind === 'nothing')) return nothing;
  const telling = needed.filter((term) => term.kind !== 'everything');
  if (telling.length === 0) return everything;
  return telling.length === 1 && telling[0] !== undefined ? telling[0] : { kind: 'and', terms: telling };
}

export function or(...terms: Match[]): Match {
  const offered = terms.flatMap((term) => (term.kind === 'or' ? term.terms : [term]));
  if (offered.some((term) => term.kind === 'everything')) return everything;
  const possible = offered.filter((term) => term.kind !== 'nothing');
  if (possible.length === 0) return nothing;
  return possible.length === 1 && possible[0] !== undefined ? possible[0] : { kind: 'or', terms: possible };
}
