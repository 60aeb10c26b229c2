/**
 * A journald cursor in about 60 bytes rather than 125 characters: the two ids as bytes, the numbers without leading zeros.
 * Positions that are not as `sd_journal_get_cursor` writes them are kept as they are.
 */
const keys = [...'sibmtx'].map((key) => key.charCodeAt(0));
const idDigits = 32;
const mostDigits = 16;
const [equalsSign, semicolon] = [0x3d, 0x3b];
/** Values of hexadecimal digits by their characters; -1 of others. */
const values = new Int8Array(128).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) values[digit.charCodeAt(0)] = value;
/** Longest position that is not a journald cursor, in bytes. */
const longestText = 160;
const textMark = 0xff;

/**
 * Writes a position at `offset`.
 *
 * @returns the offset after it
 */
export function writePosition(target: Buffer, offset: number, position: string): number {
  const end = packPosition(target, offset, position);
  return end === undefined ? writeText(target, offset, position) : end;
}

/** One pass over the characters: every entry that is delivered has its position written, most of them more than one. */
function packPosition(target: Buffer, offset: number, position: string): number | undefined {
  let from = 0;
  let at = offset + 2;
  let lengths = 0;
  for (let part = 0; part < keys.length; part++) {
    if (position.charCodeAt(from) !== keys[part] || position.charCodeAt(from + 1) !== equalsSign) return undefined;
    from += 2;
    const isLast = part === keys.length - 1;
    const end = isLast ? position.length : position.indexOf(';', from);
    const digits = end - from;
    const isId = part === 0 || part === 2;
    if (isId ? digits !== idDigits : digits < 1 || digits > mostDigits) return undefined;
    const before = at;
    let byte = digits % 2 === 0 ? -1 : 0;
    for (; from < end; from++) {
      const code = position.charCodeAt(from);
      const value = code < values.length ? (values[code] as number) : -1;
      if (value < 0) return undefined;
      if (byte < 0) {
        byte = value;
      } else {
        target[at++] = (byte << 4) | value;
        byte = -1;
      }
    }
    if (!isId) lengths = (lengths << 4) | (at - before);
    if (!isLast && position.charCodeAt(from++) !== semicolon) return undefined;
  }
  target.writeUInt16BE(lengths, offset);
  return at;
}

/**
 * Reads what {@link writePosition} wrote.
 *
 * @returns the position and the offset after it
 * @throws RangeError where the bytes end before it does
 */
export function readPosition(source: Buffer, offset: number): { readonly position: string; readonly end: number } {
  const first = source.readUInt8(offset);
  if (first === textMark) {
    const length = source.readUInt8(offset + 1);
    const end = offset + 2 + length;
    if (end > source.length || length > longestText) throw new RangeError('a position is cut off');
    return { position: source.toString('latin1', offset + 2, end), end };
  }
  const second = source.readUInt8(offset + 1);
  let at = offset + 2;
  const take = (length: number): string => {
    if (at + length > source.length) throw new RangeError('a position is cut off');
    at += length;
    return source.toString('hex', at - length, at);
  };
  const number = (length: number): string => take(length).replace(/^0+(?=.)/, '') || '0';
  const parts = {
    s: take(16),
    i: number(first >> 4),
    b: take(16),
    m: number(first & 15),
    t: number(second >> 4),
    x: number(second & 15),
  };
  return {
    position: Object.entries(parts)
      .map(([key, digits]) => `${key}=${digits}`)
      .join(';'),
    end: at,
  };
}

function writeText(target: Buffer, offset: number, position: string): number {
  const length = Math.min(position.length, longestText);
  target[offset] = textMark;
  target[offset + 1] = length;
  target.write(position.slice(0, length), offset + 2, 'latin1');
  return offset + 2 + length;
}
