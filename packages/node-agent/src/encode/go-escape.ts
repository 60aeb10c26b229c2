import { copyPlain } from './copy-plain.ts';
import type { OutputBuffer } from './output-buffer.ts';

// What Go's encoding/json does to a string, versions 1.7 to 1.19: control characters as \u00xx but for \n, \r and \t;
// < > & as \u003c \u003e \u0026, so that no browser takes the answer for HTML; U+2028 and U+2029 escaped for JSONP; each byte
// that is not part of valid UTF-8 becomes the six characters \ufffd; everything else stands as it is.

/** 1 for the bytes that are written as they are. */
const plain = new Uint8Array(256);
for (let byte = 0x20; byte < 0x80; byte++) plain[byte] = '"\\<>&'.includes(String.fromCharCode(byte)) ? 0 : 1;

const hexadecimal = Buffer.from('0123456789abcdef');
const longestEscape = 6;

/** Appends `source[start..end)` as the inside of a JSON string, without the quotes. */
export function appendEscaped(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  let at = output.reserve(end - start);
  let bytes = output.bytes;
  let index = start;
  while (true) {
    const stop = copyPlain(plain, source, index, end, bytes, at);
    at += stop - index;
    index = stop;
    if (index >= end) break;
    if (at + longestEscape + (end - index) > bytes.length) {
      output.length = at;
      output.reserve(longestEscape + (end - index));
      bytes = output.bytes;
    }
    const byte = source[index] as number;
    if (byte < 0x80) {
      at = writeEscape(bytes, at, byte);
      index++;
      continue;
    }
    const size = runeSize(source, index, end);
    if (size === 0) {
      at = writeUnicodeEscape(bytes, at, 0xff, 0xfd);
      index++;
    } else if (isLineSeparator(source, index, size)) {
      at = writeUnicodeEscape(bytes, at, 0x20, 0x20 | ((source[index + 2] as number) & 0x0f));
      index += 3;
    } else {
      for (const after = index + size; index < after; index++) bytes[at++] = source[index] as number;
    }
  }
  output.length = at;
}

/**
 * Where to cut `source[start..end)` so that what {@link appendEscaped} writes for the part before is at most `limit` bytes:
 * as late as possible, and between two characters.
 */
export function escapedPrefixEnd(source: Buffer, start: number, end: number, limit: number): number {
  let remaining = limit;
  let index = start;
  while (index < end) {
    remaining -= characterSize(source, index, end);
    if (remaining < 0) break;
    index += Math.max(1, runeSize(source, index, end));
  }
  return index;
}

/** Bytes that {@link appendEscaped} writes. */
export function escapedSize(source: Buffer, start: number, end: number): number {
  let size = 0;
  for (let index = start; index < end; index += Math.max(1, runeSize(source, index, end))) {
    size += characterSize(source, index, end);
  }
  return size;
}

/** Bytes of what is written for the character at `index`. */
function characterSize(source: Buffer, index: number, end: number): number {
  const byte = source[index] as number;
  if (plain[byte] === 1) return 1;
  if (byte < 0x80) return shortEscape(byte) === 0 ? longestEscape : 2;
  const size = runeSize(source, index, end);
  return size === 0 || isLineSeparator(source, index, size) ? longestEscape : size;
}

function writeEscape(bytes: Buffer, at: number, byte: number): number {
  const letter = shortEscape(byte);
  if (letter === 0) return writeUnicodeEscape(bytes, at, 0, byte);
  bytes[at] = 0x5c;
  bytes[at + 1] = letter;
  return at + 2;
}

/** The letter behind the backslash; 0 for characters that have none. */
function shortEscape(byte: number): number {
  if (byte === 0x22 || byte === 0x5c) return byte;
  if (byte === 0x0a) return 0x6e;
  if (byte === 0x0d) return 0x72;
  return byte === 0x09 ? 0x74 : 0;
}

/** U+2028 or U+2029. */
function isLineSeparator(source: Buffer, index: number, size: number): boolean {
  return (
    size === 3 &&
    source[index] === 0xe2 &&
    source[index + 1] === 0x80 &&
    ((source[index + 2] as number) & 0xfe) === 0xa8
  );
}

function writeUnicodeEscape(bytes: Buffer, at: number, high: number, low: number): number {
  bytes[at] = 0x5c;
  bytes[at + 1] = 0x75;
  bytes[at + 2] = hexadecimal[high >> 4] as number;
  bytes[at + 3] = hexadecimal[high & 15] as number;
  bytes[at + 4] = hexadecimal[low >> 4] as number;
  bytes[at + 5] = hexadecimal[low & 15] as number;
  return at + 6;
}

/** Bytes of the UTF-8 character at `index`, 2 to 4, or 0 where Go's `utf8.DecodeRune` gives RuneError and steps one byte. */
function runeSize(source: Buffer, index: number, end: number): number {
  const first = source[index] as number;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || index + size > end) return 0;
  // No overlong forms, no surrogates, nothing past U+10FFFF: Unicode, table 3-7.
  const second = source[index + 1] as number;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  if (size > 2 && ((source[index + 2] as number) & 0xc0) !== 0x80) return 0;
  if (size > 3 && ((source[index + 3] as number) & 0xc0) !== 0x80) return 0;
  return size;
}
