import { writeDecimal } from './digits.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { isPrintable } from './printable-text.ts';

const quotationMark = 0x22;
const backslash = 0x5c;

/** 1 for the bytes of printable text that stand as they are in a JSON string. */
const plain = new Uint8Array(256).fill(1, 0x20);
plain[quotationMark] = 0;
plain[backslash] = 0;

/** Appends `source[start..end)` as a JSON string, or as an array of its bytes when systemd would not print it. */
export function appendSystemdJsonValue(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  if (isPrintable(source, start, end, true)) appendString(output, source, start, end);
  else appendByteArray(output, source, start, end);
}

function appendString(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  let at = output.reserve(2 * (end - start) + 2);
  const { bytes } = output;
  bytes[at++] = quotationMark;
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    if (plain[byte] === 0) bytes[at++] = backslash;
    bytes[at++] = plain[byte] === 1 ? byte : letterOf(byte);
  }
  bytes[at++] = quotationMark;
  output.length = at;
}

/** What stands behind the backslash; printable text has no other control characters. */
function letterOf(byte: number): number {
  if (byte === 0x0a) return 0x6e;
  return byte === 0x09 ? 0x74 : byte;
}

function appendByteArray(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  let at = output.reserve(4 * (end - start) + 2);
  const { bytes } = output;
  bytes[at++] = 0x5b;
  for (let index = start; index < end; index++) {
    if (index > start) bytes[at++] = 0x2c;
    at = writeDecimal(bytes, at, source[index] as number);
  }
  bytes[at++] = 0x5d;
  output.length = at;
}
