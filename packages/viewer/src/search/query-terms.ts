/** From and to in a text, the latter not included. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** A term that cannot be read; the place counts from its beginning. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly from: number;
  readonly to: number;

  constructor(message: string, from: number, to: number) {
    super(message);
    this.from = from;
    this.to = to;
  }
}

const blank = /\s/;
/** What stands before a value that may be quoted or, where it is an expression, between slashes. */
const beforeValue = /^(?:[A-Z_][A-Z0-9_]{0,63}(?:!=|=|~)|(?:stream|boot|identifier|kernel)[:=]|priority(?:<=|>=|=|:))?/;

/** Where the terms of a query stand. An unclosed quote goes on to the end. */
export function termsOf(text: string): Place[] {
  const places: Place[] = [];
  let at = 0;
  while (at < text.length) {
    if (blank.test(text.charAt(at))) {
      at++;
      continue;
    }
    const from = at;
    const start = beforeValue.exec(text.slice(from))?.[0] ?? '';
    at = endOfValue(text, from + start.length, start === '' || start.endsWith('~'));
    places.push({ from, to: at });
  }
  return places;
}

/**
 * The value that begins at `from` and goes on to the end of the term: as it is, in quotes, or (an expression) between slashes.
 *
 * @throws QueryError
 */
export function readValue(term: string, from: number, kind: 'text' | 'expression'): string {
  const first = term.charAt(from);
  if (first === '"') return readQuoted(term, from);
  if (first === '/' && kind === 'expression') return readSlashed(term, from);
  return term.slice(from);
}

/** A text in quotes. */
export function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' };
  return `"${text.replace(/[\n\t"\\]/g, (character) => escapes[character] ?? character)}"`;
}

/** An expression between slashes; undefined where that is not possible: it ends within an escape. */
export function slashed(expression: string): string | undefined {
  let text = '';
  for (let at = 0; at < expression.length; at++) {
    const character = expression.charAt(at);
    if (character === '\n') return undefined;
    if (character === '/') text += '\\/';
    else text += character;
    if (character !== '\\') continue;
    if (at + 1 === expression.length) return undefined;
    text += expression.charAt(++at);
  }
  return `/${text}/`;
}

function endOfValue(text: string, from: number, mayBeExpression: boolean): number {
  const first = text.charAt(from);
  if (first !== '"' && !(first === '/' && mayBeExpression)) {
    let at = from;
    while (at < text.length && !blank.test(text.charAt(at))) at++;
    return at;
  }
  let at = closing(text, from) ?? text.length;
  // Whatever hangs on to the closing quote belongs to the term, and is a mistake in it.
  while (at < text.length && !blank.test(text.charAt(at))) at++;
  return at;
}

/** Behind the quote or slash that closes the one at `from`. */
function closing(text: string, from: number): number | undefined {
  const mark = text.charAt(from);
  for (let at = from + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === mark) return at + 1;
  }
  return undefined;
}

function readQuoted(term: string, from: number): string {
  const end = closedAtEnd(term, from, 'quote');
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };
  let text = '';
  for (let at = from + 1; at < end - 1; at++) {
    if (term.charAt(at) !== '\\') {
      text += term.charAt(at);
      continue;
    }
    const escaped = escapes[term.charAt(at + 1)];
    if (escaped === undefined) {
      throw new QueryError('Expected \\", \\\\, \\n or \\t in quotes, found another escape.', at, at + 2);
    }
    text += escaped;
    at++;
  }
  return text;
}

function readSlashed(term: string, from: number): string {
  const end = closedAtEnd(term, from, 'slash');
  return term.slice(from + 1, end - 1).replace(/\\(.)/gs, (whole, escaped) => (escaped === '/' ? '/' : whole));
}

function closedAtEnd(term: string, from: number, what: 'quote' | 'slash'): number {
  const end = closing(term, from);
  if (end === undefined) throw new QueryError(`Expected a closing ${what}, found none.`, from, term.length);
  if (end < term.length) {
    throw new QueryError(`Expected a blank behind the closing ${what}, found something else.`, end, term.length);
  }
  return end;
}
