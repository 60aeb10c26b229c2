// How Go reads parameters, and what it says when it cannot: clients of dcos-log see these very sentences.

/** `strconv.ParseUint(text, 10, 64)`: the number (at most the greatest safe integer, which no journal reaches) or Go's error. */
export function parseUint(text: string): number | string {
  if (!/^[0-9]+$/.test(text)) return `strconv.ParseUint: parsing ${quoted(text)}: invalid syntax`;
  const digits = text.replace(/^0+(?=.)/, '');
  if (digits.length > 20 || (digits.length === 20 && digits > '18446744073709551615')) {
    return `strconv.ParseUint: parsing ${quoted(text)}: value out of range`;
  }
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** `strconv.Atoi(text)`: the number (as far as safe integers go, which no journal reaches) or Go's error. */
export function parseInteger(text: string): number | string {
  if (!/^[+-]?[0-9]+$/.test(text)) return `strconv.Atoi: parsing ${quoted(text)}: invalid syntax`;
  const [, sign, digits = ''] = /^([+-]?)0*([0-9]+)$/.exec(text) ?? [];
  const greatest = sign === '-' ? '9223372036854775808' : '9223372036854775807';
  if (digits.length > greatest.length || (digits.length === greatest.length && digits > greatest)) {
    return `strconv.Atoi: parsing ${quoted(text)}: value out of range`;
  }
  const size = Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  return sign === '-' ? -size : size;
}

/** `strconv.ParseBool(text)`: the value or Go's error. */
export function parseBool(text: string): boolean | string {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  return `strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`;
}

/** `url.QueryUnescape(text)`. Escaped bytes beyond ASCII become characters of their number: no parameter here has any. */
export function unescapeQuery(text: string): { text: string; error?: undefined } | { error: string } {
  const wrong = /%(?![0-9a-fA-F]{2})/.exec(text);
  if (wrong !== null) return { error: `invalid URL escape ${quoted(text.slice(wrong.index, wrong.index + 3))}` };
  return {
    text: text
      .replaceAll('+', ' ')
      .replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
