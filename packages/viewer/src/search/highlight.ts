import type { Filters } from '../address/view.ts';
import type { Highlighter } from '../log/actions.ts';
import { grepParts, literalOf, patternOf } from './pattern.ts';

/**
 * Of a longer message only the beginning is looked at: by repetitions in the expression. At worst the time grows with the length
 * to the power of one more than their number.
 */
const mostCharacters = [100_000, 4_000, 300] as const;
const mostHits = 200;

/**
 * What JavaScript and RE2 mean alike and JavaScript finds without trying again and again: characters, classes of them, and a
 * choice of such. Repetitions of single characters and classes, none of groups.
 */
const simple =
  /^(?:[^\\.+*?()|[\]{}^$]|\\[^A-Za-z0-9]|\\[dwsDWS]|\\b|\.|\^|\$|\||\[\^?(?:[^\\[\]]|\\[^A-Za-z0-9]|\\[dwsDWS])+\]|[*+?])*$/u;

/**
 * Marks what some filters, and what is being looked for, find in a message; undefined where there is nothing to mark. Expressions
 * that only RE2 can find safely are not marked: the rows are hits all the same.
 */
export function highlighterOf(filters: Filters, find: string | undefined): Highlighter | undefined {
  const expressions = [...(filters.grep ?? []), ...(find === undefined ? [] : [find])].flatMap((grep) => {
    const { field = 'MESSAGE', expression } = grepParts(grep);
    const found = field === 'MESSAGE' ? expressionOf(expression) : undefined;
    return found === undefined ? [] : [found];
  });
  if (expressions.length === 0) return undefined;
  return (text) => hits(text, expressions);
}

interface Searched {
  readonly expression: RegExp;
  readonly mostCharacters: number;
}

function expressionOf(pattern: string): Searched | undefined {
  const literal = literalOf(pattern);
  // As the API does: upper case counts only where there is some.
  const flags = /\p{Lu}/u.test(pattern) ? 'gu' : 'giu';
  const repetitions = literal === undefined ? (pattern.replace(/\\./gs, '').match(/[*+?]/g)?.length ?? 0) : 0;
  const most = mostCharacters[repetitions];
  if (most === undefined || (literal === undefined && !simple.test(pattern))) return undefined;
  try {
    return {
      expression: new RegExp(literal === undefined ? pattern : patternOf(literal), flags),
      mostCharacters: most,
    };
  } catch {
    return undefined;
  }
}

function hits(text: string, expressions: readonly Searched[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const { expression, mostCharacters } of expressions) {
    for (const match of text.slice(0, mostCharacters).matchAll(expression)) {
      if (match[0] !== '') found.push([match.index, match.index + match[0].length]);
      if (found.length >= mostHits) break;
    }
  }
  return joined(found.sort(([a, b], [c, d]) => a - c || b - d));
}

/** Those that overlap are one. */
function joined(sorted: readonly [number, number][]): [number, number][] {
  const apart: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = apart.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}
