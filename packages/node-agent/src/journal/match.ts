/**
 * Which entries are wanted. A small boolean language over fields, the common form of query filters (`sd_journal_add_match`:
 * same field OR, different fields AND; `or` is `sd_journal_add_disjunction`) and of the scope a gateway token grants.
 *
 * `equals` with several values means any of them. `present` means the entry has the field with any value, the empty one
 * included. `value` means the entry has the field with a value that passes the test. A field that occurs twice matches when
 * one occurrence does. `time` means an entry's realtime, in µs, lies between two times, both included; it is asked of each
 * entry, for realtime can go back along a journal.
 */
export type Match =
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'equals'; readonly field: string; readonly values: readonly Buffer[] }
  | { readonly kind: 'present'; readonly field: string }
  | { readonly kind: 'value'; readonly field: string; readonly test: ValueTest }
  | { readonly kind: 'time'; readonly since: number; readonly until: number }
  | { readonly kind: 'not'; readonly term: Match }
  | { readonly kind: 'and'; readonly terms: readonly Match[] }
  | { readonly kind: 'or'; readonly terms: readonly Match[] };

/** A test of a field's value alone, so that one answer does for all entries with that value. */
export interface ValueTest {
  /** Says what is tested. Tests of one name give the same answers. */
  readonly name: string;
  /** Whether the value `bytes[start..end)` passes. Has no memory and keeps nothing of the bytes. */
  passes(bytes: Buffer, start: number, end: number): boolean;
}

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

/** The field has a value that passes `test`. */
export function value(field: string, test: ValueTest): Match {
  return { kind: 'value', field, test };
}

/** Realtime at or after `microseconds` since 1970. */
export function since(microseconds: number): Match {
  return { kind: 'time', since: microseconds, until: Number.POSITIVE_INFINITY };
}

/** Realtime at or before `microseconds` since 1970, as `journalctl --until` has it. */
export function until(microseconds: number): Match {
  return { kind: 'time', since: Number.NEGATIVE_INFINITY, until: microseconds };
}

/**
 * `PRIORITY` at most `level`: as bad as that or worse, as `journalctl --priority` has it. Entries without a priority do not
 * match, nor do ones with a priority that is none of the digits 0 to 7.
 *
 * @param level 0 (emergency) to 7 (debug)
 */
export function priorityAtMost(level: number): Match {
  return equals('PRIORITY', ...['0', '1', '2', '3', '4', '5', '6', '7'].slice(0, level + 1));
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
