const hexadecimal = Buffer.from('0123456789abcdef');

/** The two digits of 0 to 99, one after the other. */
const pairs = Buffer.from(Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0')).join(''));

/** Most digits {@link writeDecimal} writes. */
export const longestDecimal = 24;
/** Most digits {@link writeHexadecimal} writes. */
export const longestHexadecimal = 16;

/**
 * Writes a whole number of 0 to 2^64 at `at` without making a string.
 *
 * @returns the index after the last digit
 */
export function writeDecimal(bytes: Buffer, at: number, value: number): number {
  if (value < 1e8) return writeSmall(bytes, at, value);
  // Past the safe integers the division below would not be exact. No clock is there.
  if (value > Number.MAX_SAFE_INTEGER) return at + bytes.write(BigInt(value).toString(), at, 'latin1');
  const high = Math.floor(value / 1e8);
  const after = writeDecimal(bytes, at, high);
  return writeEight(bytes, after, value - high * 1e8);
}

/** Lower-case, without leading zeros, as systemd prints the numbers of a cursor. */
export function writeHexadecimal(bytes: Buffer, at: number, value: number): number {
  return writeHexadecimalWords(bytes, at, Math.floor(value / 0x1_0000_0000), value >>> 0);
}

/** How many digits {@link writeHexadecimal} writes. */
export function hexadecimalDigits(value: number): number {
  return value < 0x1_0000_0000 ? digitsOf(value >>> 0) : 8 + digitsOf(Math.floor(value / 0x1_0000_0000));
}

/** A 64-bit number given as its upper and lower 32 bits, both unsigned. */
export function writeHexadecimalWords(bytes: Buffer, at: number, high: number, low: number): number {
  const digits = high === 0 ? digitsOf(low) : 8 + digitsOf(high);
  const end = at + digits;
  let word = low;
  for (let index = end - 1; index >= at; index--) {
    bytes[index] = hexadecimal[word & 15] as number;
    word = index === end - 8 ? high : word >>> 4;
  }
  return end;
}

function digitsOf(word: number): number {
  return word === 0 ? 1 : (35 - Math.clz32(word)) >> 2;
}

function writeSmall(bytes: Buffer, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; digits < 8 && value >= bound; bound *= 10) digits++;
  let rest = value | 0;
  for (let index = at + digits - 1; index >= at; index--) {
    const tenth = (rest / 10) | 0;
    bytes[index] = 0x30 + rest - 10 * tenth;
    rest = tenth;
  }
  return at + digits;
}

function writeEight(bytes: Buffer, at: number, value: number): number {
  let rest = value | 0;
  for (let index = at + 6; index >= at; index -= 2) {
    const hundredth = (rest / 100) | 0;
    const pair = 2 * (rest - 100 * hundredth);
    bytes[index] = pairs[pair] as number;
    bytes[index + 1] = pairs[pair + 1] as number;
    rest = hundredth;
  }
  return at + 8;
}
