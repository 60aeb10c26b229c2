/** What means something else than itself in a regular expression of RE2. */
const special = /[\\.+*?()|[\]{}^$]/;
const everySpecial = new RegExp(special.source, 'g');

/** An expression that matches this text and nothing else (but for case, where the text has no upper-case letter). */
export function patternOf(text: string): string {
  return text.replace(everySpecial, '\\$&');
}

/** The text that an expression is for, if it is for one: the opposite of {@link patternOf}. */
export function literalOf(expression: string): string | undefined {
  const text = expression.replace(/\\([^A-Za-z0-9])/g, '$1');
  return text !== '' && patternOf(text) === expression ? text : undefined;
}

/** Whether a value can stand in a query as it is, without quotes. */
export function isPlain(value: string): boolean {
  return value !== '' && !/[\s\p{Cc}]/u.test(value) && !value.startsWith('"');
}

/** The field that a parameter `grep` is about, and what it looks for there. */
export function grepParts(grep: string): { readonly field: string | undefined; readonly expression: string } {
  const [, field, expression = grep] = /^([A-Z_][A-Z0-9_]{0,63})~(.*)$/s.exec(grep) ?? [];
  return { field, expression };
}
