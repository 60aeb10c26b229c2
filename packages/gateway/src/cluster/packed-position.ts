/**
 * A journald cursor in about 60 bytes rather than 125 characters: the two ids as bytes, the numbers without leading zeros.
 * Positions that are not as `sd_journal_get_cursor` writes them are kept as they are.
 */

/** A position, or where it stands in the bytes that an agent sent: most are never needed as text. */
export type Position = string | PositionInBytes;

export interface PositionInBytes {
  readonly bytes: Buffer;
  readonly positionStart: number;
  readonly positionEnd: number;
}

const idDigits = 32;
const mostDigits = 16;
/** From a member's key to the next member, of those that are ids: `s=` or `b=`, its digits, `;`. */
const idLength = 2 + idDigits + 1;
const [equalsSign, semicolon] = [0x3d, 0x3b];
const [keyS, keyI, keyB, keyM, keyT, keyX] = Buffer.from('sibmtx') as unknown as [
  number,
  number,
  number,
  number,
  number,
  number,
];
/** Values of hexadecimal digits by their characters; -1 of others. */
const values = new Int8Array(256).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) values[digit.charCodeAt(0)] = value;
/** Longest position that is not a journald cursor, in bytes. */
const longestText = 160;
const textMark = 0xff;

export function positionText(position: Position): string {
  if (typeof position === 'string') return position;
  return position.bytes.toString('latin1', position.positionStart, position.positionEnd);
}

/**
 * Writes a position at `offset`.
 *
 * @returns the offset after it
 */
export function writePosition(target: Buffer, offset: number, position: Position): number {
  if (typeof position === 'string') {
    const bytes = Buffer.from(position, 'latin1');
    return writeBytes(target, offset, bytes, 0, bytes.length);
  }
  return writeBytes(target, offset, position.bytes, position.positionStart, position.positionEnd);
}

function writeBytes(target: Buffer, offset: number, source: Buffer, start: number, end: number): number {
  const packed = packPosition(target, offset, source, start, end);
  if (packed !== -1) return packed;
  const length = Math.min(end - start, longestText);
  target[offset] = textMark;
  target[offset + 1] = length;
  source.copy(target, offset + 2, start, start + length);
  return offset + 2 + length;
}

/**
 * One pass over the bytes: every entry that is delivered has its position written, most of them more than one.
 *
 * @returns the offset after it, or -1 when this is no journald cursor
 */
function packPosition(target: Buffer, offset: number, source: Buffer, start: number, end: number): number {
  if (end - start < 2 * idLength) return -1;
  let from = start;
  let at = offset + 2;
  at = packId(target, at, source, from, keyS);
  if (at === -1) return -1;
  from += idLength;
  const seqnumEnd = digitsEnd(source, from, end, keyI);
  if (seqnumEnd === -1 || seqnumEnd + 1 + idLength > end) return -1;
  const boot = packNumber(target, at, source, from + 2, seqnumEnd);
  let lengths = boot - at;
  at = packId(target, boot, source, seqnumEnd + 1, keyB);
  if (at === -1) return -1;
  from = seqnumEnd + 1 + idLength;
  for (let part = 0; part < 3; part++) {
    const numberEnd = digitsEnd(source, from, end, part === 0 ? keyM : part === 1 ? keyT : keyX);
    if (numberEnd === -1 || (numberEnd === end) !== (part === 2)) return -1;
    const before = at;
    at = packNumber(target, at, source, from + 2, numberEnd);
    lengths = (lengths << 4) | (at - before);
    from = numberEnd + 1;
  }
  target[offset] = lengths >> 8;
  target[offset + 1] = lengths;
  return at;
}

/** @returns the offset after the id, or -1 when there is none */
function packId(target: Buffer, offset: number, source: Buffer, start: number, key: number): number {
  if (source[start] !== key || source[start + 1] !== equalsSign || source[start + idLength - 1] !== semicolon)
    return -1;
  let at = offset;
  let from = start + 2;
  let all = 0;
  for (let byte = 0; byte < idDigits / 2; byte++) {
    const high = values[source[from++] as number] as number;
    const low = values[source[from++] as number] as number;
    all |= high | low;
    target[at++] = (high << 4) | low;
  }
  return all < 0 ? -1 : at;
}

/** @returns where the digits of a member end that begins at `start`; -1 when this is not such a member */
function digitsEnd(source: Buffer, start: number, end: number, key: number): number {
  if (source[start] !== key || source[start + 1] !== equalsSign) return -1;
  let at = start + 2;
  while (at < end && (values[source[at] as number] as number) >= 0) at++;
  const digits = at - start - 2;
  return digits < 1 || digits > mostDigits || (at < end && source[at] !== semicolon) ? -1 : at;
}

function packNumber(target: Buffer, offset: number, source: Buffer, start: number, end: number): number {
  let at = offset;
  let from = start;
  if ((end - from) % 2 !== 0) target[at++] = values[source[from++] as number] as number;
  while (from < end) {
    const high = values[source[from++] as number] as number;
    target[at++] = (high << 4) | (values[source[from++] as number] as number);
  }
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
