import type { FilterParameter, Filters } from '../address/view.ts';
import { grepParts, isPlain, literalOf, patternOf } from './pattern.ts';
import { parsePriorityTerm, priorityTerm } from './priority-term.ts';
import { type Place, QueryError, quoted, readValue, slashed, termsOf } from './query-terms.ts';

export type { Place } from './query-terms.ts';

/** One term of a query: one value of one parameter, and how it is written. */
export interface Term {
  readonly parameter: FilterParameter;
  readonly value: string;
  readonly text: string;
}

/** What is wrong with a query, and where. */
export interface Problem extends Place {
  readonly message: string;
}

export interface ParsedQuery {
  readonly filters: Filters;
  /** In the order of the text; what cannot be read is left out. */
  readonly terms: readonly (Term & Place)[];
  readonly problems: readonly Problem[];
}

const condition = /^([A-Z_][A-Z0-9_]{0,63})(!=|=|~)/;
const keyed = /^(stream|boot|identifier|kernel)[:=]/;
const priority = /^priority(<=|>=|=|:)/;

/**
 * Reads a query as it is typed. Terms are separated by blanks, and all of them hold:
 *
 * - `word`, `"several words"`: is in the message
 * - `/expression/`: RE2, matches a part of the message
 * - `FIELD=value`, `FIELD!=value`, `FIELD~expression`
 * - `priority<=err`, `priority=err`, `priority=crit..warning`, `priority>=notice`
 * - `stream:stderr`, `identifier:sshd`, `boot:-1`, `kernel:true`
 *
 * Values are quoted where they hold blanks; `\"`, `\\`, `\n` and `\t` stand for these characters in quotes.
 */
export function parseQuery(text: string): ParsedQuery {
  const terms: (Term & Place)[] = [];
  const problems: Problem[] = [];
  for (const { from, to } of termsOf(text)) {
    const written = text.slice(from, to);
    try {
      terms.push({ ...readTerm(written), text: written, from, to });
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      // What is missing at the end of a term is shown at its last character.
      const start = Math.min(from + error.from, to - 1);
      problems.push({ message: error.message, from: start, to: Math.min(to, Math.max(from + error.to, start + 1)) });
    }
  }
  const priorities = terms.filter(({ parameter }) => parameter === 'priority');
  for (const { from, to } of priorities.slice(1)) {
    problems.push({ message: 'Expected one priority, found another one.', from, to });
  }
  return { filters: filtersOf(terms), terms, problems };
}

/** Filters as their terms. */
export function termsOfFilters(filters: Filters): Term[] {
  const terms: Term[] = [];
  for (const parameter of ['grep', 'filter', 'priority', 'stream', 'identifier', 'kernel', 'boot'] as const) {
    for (const value of filters[parameter] ?? []) terms.push({ parameter, value, text: textOf(parameter, value) });
  }
  return terms;
}

/** Filters as a query that {@link parseQuery} reads as the same filters. */
export function printQuery(filters: Filters): string {
  return termsOfFilters(filters)
    .map(({ text }) => text)
    .join(' ');
}

/** The filters that some terms make. */
export function filtersOf(terms: readonly Pick<Term, 'parameter' | 'value'>[]): Filters {
  const filters: { [parameter in FilterParameter]?: string[] } = {};
  for (const { parameter, value } of terms) {
    const values = filters[parameter] ?? [];
    filters[parameter] = values;
    if (!values.includes(value)) values.push(value);
  }
  return filters;
}

/** Says the opposite of a condition on a field; of anything else nothing. */
export function negated({ parameter, value }: Pick<Term, 'parameter' | 'value'>): string | undefined {
  if (parameter !== 'filter') return undefined;
  return value.startsWith('!') ? value.slice(1) : `!${value}`;
}

function readTerm(term: string): Pick<Term, 'parameter' | 'value'> {
  const [start = '', field = '', operator] = condition.exec(term) ?? [];
  if (operator === '~') {
    const value = readValue(term, start.length, 'expression');
    if (value === '') throw new QueryError('Expected an expression behind ~, found nothing.', 0, term.length);
    return { parameter: 'grep', value: `${field}~${value}` };
  }
  if (operator !== undefined) {
    const value = readValue(term, start.length, 'text');
    return { parameter: 'filter', value: `${operator === '=' ? '' : '!'}${field}:${value}` };
  }
  const [priorityStart, comparison] = priority.exec(term) ?? [];
  if (priorityStart !== undefined && comparison !== undefined) {
    const value = readValue(term, priorityStart.length, 'text');
    return { parameter: 'priority', value: parsePriorityTerm(comparison, value, priorityStart.length) };
  }
  const [keyStart, key] = keyed.exec(term) ?? [];
  if (keyStart !== undefined && key !== undefined) {
    const value = readValue(term, keyStart.length, 'text');
    checkKeyed(key, value, keyStart.length);
    return { parameter: key as FilterParameter, value };
  }
  if (term.startsWith('/')) {
    const expression = readValue(term, 0, 'expression');
    if (expression === '')
      throw new QueryError('Expected an expression between slashes, found nothing.', 0, term.length);
    return { parameter: 'grep', value: ofMessage(expression) };
  }
  const words = readValue(term, 0, 'text');
  if (words === '') throw new QueryError('Expected text in quotes, found nothing.', 0, term.length);
  return { parameter: 'grep', value: ofMessage(patternOf(words)) };
}

/** An expression about the message that does not look like one about a field. */
function ofMessage(expression: string): string {
  return grepParts(expression).field !== undefined ? `MESSAGE~${expression}` : expression;
}

function checkKeyed(key: string, value: string, from: number): void {
  const expected = {
    stream: { test: /^std(out|err)$/, words: 'stdout or stderr' },
    boot: { test: /^([+-]?\d{1,6}|[0-9a-fA-F-]{32,36})$/, words: 'a number such as 0 or -1, or a boot id' },
    kernel: { test: /^true$/, words: 'true' },
    identifier: { test: /^.+$/s, words: 'an identifier' },
  }[key];
  if (expected === undefined || expected.test.test(value)) return;
  const found = value === '' ? 'nothing' : JSON.stringify(value);
  throw new QueryError(`Expected ${expected.words} behind ${key}, found ${found}.`, from, from + value.length);
}

function textOf(parameter: FilterParameter, value: string): string {
  switch (parameter) {
    case 'filter': {
      const isNegated = value.startsWith('!');
      const [field = '', ...rest] = value.slice(isNegated ? 1 : 0).split(':');
      return `${field}${isNegated ? '!=' : '='}${plainOrQuoted(rest.join(':'))}`;
    }
    case 'grep': {
      const { field, expression } = grepParts(value);
      if (field !== undefined) return `${field}~${plainExpression(expression)}`;
      const literal = literalOf(value);
      if (literal === undefined) return slashed(value) ?? `MESSAGE~${quoted(value)}`;
      return isWord(literal) ? literal : quoted(literal);
    }
    case 'priority':
      return priorityTerm(value);
    default:
      return `${parameter}:${plainOrQuoted(value)}`;
  }
}

function plainOrQuoted(value: string): string {
  return isPlain(value) ? value : quoted(value);
}

function plainExpression(expression: string): string {
  if (isPlain(expression) && !expression.startsWith('/')) return expression;
  return slashed(expression) ?? quoted(expression);
}

/** Whether a text is read as one word and nothing else. */
function isWord(text: string): boolean {
  return isPlain(text) && !text.startsWith('/') && ![condition, priority, keyed].some((other) => other.test(text));
}
