/**
 * A journald cursor in about 60 bytes rather than 125 characters: the two ids as bytes, the numbers without leading zeros.
 * Positions that are not as `sd_journal_get_cursor` writes them are kept as they are.
 */
const shape =
  /^s=([0-9a-f]{32});i=([0-9a-f]{1,16});b=([0-9a-f]{32});m=([0-9a-f]{1,16});t=([0-9a-f]{1,16});x=([0-9a-f]{1,16})$/;
/** Longest position that is not a journald cursor, in bytes. */
const longestText = 160;
const textMark = 0xff;

/**
 * Writes a position at `offset`.
 *
 * @returns the offset after it
 */
export function writePosition(target: Buffer, offset: number, position: string): number {
  const match = shape.exec(position);
  if (match === null) return writeText(target, offset, position);
  let at = offset;
  const [, seqnumId = '', seqnum = '', bootId = '', monotonic = '', realtime = '', hash = ''] = match;
  target[at++] = (bytesOf(seqnum) << 4) | bytesOf(monotonic);
  target[at++] = (bytesOf(realtime) << 4) | bytesOf(hash);
  for (const digits of [seqnumId, seqnum, bootId, monotonic, realtime, hash]) {
    at += target.write(digits.length % 2 === 0 ? digits : `0${digits}`, at, 'hex');
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

function bytesOf(digits: string): number {
  return (digits.length + 1) >> 1;
}

function writeText(target: Buffer, offset: number, position: string): number {
  const length = Math.min(position.length, longestText);
  target[offset] = textMark;
  target[offset + 1] = length;
  target.write(position.slice(0, length), offset + 2, 'latin1');
  return offset + 2 + length;
}
