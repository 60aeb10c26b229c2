import { literalOf, patternOf } from './pattern.ts';
import { slashed } from './query-terms.ts';
import type { Sought } from './sought.ts';
import { readable } from './time-range.ts';

export type Direction = 'older' | 'newer';

/** How looking for the next entry goes. */
export type Finding =
  | { readonly state: 'idle' }
  | {
      readonly state: 'searching';
      readonly sought: Sought;
      readonly direction: Direction;
      /** ms since 1970. */
      readonly since: number;
      /** How far in time it has got, µs; undefined while that has not been told. */
      readonly reached: number | undefined;
    }
  | { readonly state: 'none' | 'cancelled'; readonly sought: Sought; readonly direction: Direction }
  | { readonly state: 'failed'; readonly message: string };

/** What is typed here, as an expression: `/RE2/`, or plain text. Undefined for nothing. */
export function findOf(text: string): string | undefined {
  const [, expression] = /^\/(.+)\/$/s.exec(text) ?? [];
  if (expression !== undefined) return expression.replaceAll('\\/', '/');
  return text === '' ? undefined : patternOf(text);
}

/** What is looked for, as it is typed. */
export function findText(find: string | undefined): string {
  if (find === undefined) return '';
  const literal = literalOf(find);
  return literal === undefined || /^\/.+\/$/s.test(literal) ? (slashed(find) ?? find) : literal;
}

function noneText(sought: Sought, direction: Direction): string {
  return `No ${direction} ${sought === 'error' ? 'error' : 'hit'}.`;
}

/**
 * How looking for something goes.
 *
 * @param time ms since 1970
 */
export function findingText(state: Exclude<Finding, { state: 'idle' }>, time: number, zone: 'utc' | 'local'): string {
  switch (state.state) {
    case 'failed':
      return state.message;
    case 'none':
      return noneText(state.sought, state.direction);
    case 'cancelled':
      return 'Search cancelled.';
    case 'searching': {
      const seconds = Math.max(0, Math.floor((time - state.since) / 1_000));
      const what = `Searching ${state.direction} ${state.sought === 'error' ? 'errors' : 'hits'}`;
      const reached =
        state.reached === undefined ? '' : ` · at ${readable(Math.floor(state.reached / 1e6) * 1e6, zone)}`;
      return `${what}${reached}${seconds < 1 ? '' : ` · ${seconds} s`}`;
    }
  }
}
