import { priorityNames } from '@clusterlog/shared/v3/priority';
import { isPlain } from './pattern.ts';
import { type Place, quoted, termsOf } from './query-terms.ts';

/** What may be meant by what is being typed. */
export interface Suggestion {
  /** What stands in the place of the term then. */
  readonly text: string;
  readonly detail?: string | undefined;
}

/** What the term at the caret wants to know. */
export interface Wanted extends Place {
  /** What stands before a value: `FIELD=`. */
  readonly start: string;
  /** What has been typed of the name or value. */
  readonly typed: string;
  /** The field whose values are wanted; undefined: names of fields. */
  readonly field: string | undefined;
  readonly values?: readonly string[] | undefined;
}

/** Fields that say something in most journals, the most useful first; those of the entries on the screen come behind them. */
const usualFields = [
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_IDENTIFIER',
  '_SYSTEMD_UNIT',
  'EXECUTOR_ID',
  'CONTAINER_ID',
  'FRAMEWORK_ID',
  'STREAM',
  '_HOSTNAME',
  '_PID',
  '_UID',
  '_COMM',
  '_TRANSPORT',
] as const;
const starts = ['priority<=', 'priority=', 'stream:', 'identifier:', 'boot:', 'kernel:true'] as const;
/** At most so many are shown. */
export const mostSuggestions = 12;

/** What the term at `caret` wants; undefined where nothing can be suggested. */
export function wantedAt(text: string, caret: number): Wanted | undefined {
  const place = termsOf(text).find(({ from, to }) => from < caret && caret <= to);
  if (place === undefined) return undefined;
  const term = text.slice(place.from, caret);
  const [, start = '', field = '', typed = ''] = /^(([A-Z_][A-Z0-9_]*)!?=)(.*)$/s.exec(term) ?? [];
  if (start !== '') return { ...place, start, typed: typed.replace(/^"/, ''), field };
  const [, key = '', rest = ''] = /^((?:priority(?:<=|>=|=)|stream:|identifier:))(.*)$/s.exec(term) ?? [];
  if (key === 'identifier:') return { ...place, start: key, typed: rest.replace(/^"/, ''), field: 'SYSLOG_IDENTIFIER' };
  if (key === 'stream:') return { ...place, start: key, typed: rest, field: undefined, values: ['stdout', 'stderr'] };
  if (key !== '') return { ...place, start: key, typed: rest, field: undefined, values: priorityNames };
  return /^\w+$/.test(term) ? { ...place, start: '', typed: term, field: undefined } : undefined;
}

/** Names of fields, and the words that begin other conditions, that go on as what was typed. */
export function namesFor({ typed }: Wanted, seen: Iterable<string>): Suggestion[] {
  const lower = typed.toLowerCase();
  const names = [...new Set([...usualFields, ...seen])].filter((name) => name.toLowerCase().includes(lower));
  names.sort((a, b) => rank(a, lower) - rank(b, lower));
  const words = starts.filter((start) => start.startsWith(lower));
  return [...words.map((text) => ({ text })), ...names.map((name) => ({ text: `${name}=` }))].slice(0, mostSuggestions);
}

/** Values that hold what was typed, in the order they are given in. */
export function valuesFor(
  { start, typed }: Wanted,
  values: readonly { readonly value: string; readonly entries?: number }[],
): Suggestion[] {
  const lower = typed.replace(/"$/, '').toLowerCase();
  return values
    .filter(({ value }) => value.toLowerCase().includes(lower))
    .slice(0, mostSuggestions)
    .map(({ value, entries }) => ({
      text: `${start}${isPlain(value) ? value : quoted(value)}`,
      detail: entries === undefined ? undefined : entries.toLocaleString('en'),
    }));
}

/** The text with a suggestion in the place of the term, and where the caret is then. */
export function accept(
  text: string,
  { from, to }: Place,
  { text: chosen }: Suggestion,
): { text: string; caret: number } {
  const rest = text.slice(to);
  const isValue = !/[=:]$/.test(chosen);
  const gap = isValue && !/^\s/.test(rest) ? ' ' : '';
  const before = `${text.slice(0, from)}${chosen}${gap}`;
  return { text: `${before}${rest}`, caret: before.length + (isValue && gap === '' ? 1 : 0) };
}

/** What begins with it comes first, also behind underscores. */
function rank(name: string, typed: string): number {
  const lower = name.toLowerCase();
  if (lower.startsWith(typed)) return 0;
  return lower.replace(/^_+/, '').startsWith(typed) ? 1 : 2;
}
