import { isUtf8 } from 'node:buffer';
import { continuationIndent, lineBreak } from '@clusterlog/shared';
import type { FieldView } from '../journal/entry.ts';
import { copyPlain } from './copy-plain.ts';
import type { ValueFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;
const hexadecimal = Buffer.from('0123456789abcdef');
const indentedLine = Buffer.from(`\n${continuationIndent}`);
const markedLine = Buffer.from(lineBreak);
const longestEscape = 4;

/** 1 for the bytes that stand as they are: printable ASCII and the tab. */
const plain = new Uint8Array(256).fill(1, 0x20, 0x7f);
plain[tab] = 1;

/** A message as text: control characters and what is not UTF-8 as `\xNN`, further lines indented. */
export const v3IndentedText: ValueFormat = {
  number: 8,
  appendValue: (output, view) => appendText(output, view, indentedLine),
};

/** The same, with the line stream's mark for a line break. */
export const v3MarkedText: ValueFormat = {
  number: 9,
  appendValue: (output, view) => appendText(output, view, markedLine),
};

/** Text that stays on its line: a line feed is a control character, too. */
export const v3OneLineText: ValueFormat = {
  number: 10,
  appendValue: (output, view) => appendText(output, view, undefined),
};

/** The bytes as they are. */
export const v3RawText: ValueFormat = {
  number: 11,

  appendValue(output: OutputBuffer, { bytes, equals, end }: FieldView): void {
    const at = output.reserve(end - equals - 1);
    bytes.copy(output.bytes, at, equals + 1, end);
    output.length = at + (end - equals - 1);
  },
};

/** @param newLine what becomes of a line feed within the text; those at its end are left out */
function appendText(
  output: OutputBuffer,
  { bytes: source, equals, end }: FieldView,
  newLine: Buffer | undefined,
): void {
  const last = newLine === undefined ? end : withoutLineEnd(source, equals + 1, end);
  let index = equals + 1;
  let at = output.reserve(last - index);
  let bytes = output.bytes;
  while (index < last) {
    const stop = copyPlain(plain, source, index, last, bytes, at);
    at += stop - index;
    index = stop;
    if (index >= last) break;
    const byte = source[index] as number;
    const room = longestEscape + (newLine?.length ?? 0) + (last - index);
    if (at + room > bytes.length) {
      output.length = at;
      output.reserve(room);
      bytes = output.bytes;
    }
    if (byte === lineFeed && newLine !== undefined) {
      at += newLine.copy(bytes, at);
      index++;
      continue;
    }
    const size = byte < 0x80 ? 0 : characterSize(source, index, last);
    if (size === 0) {
      at = writeEscape(bytes, at, byte);
      index++;
    } else {
      for (const after = index + size; index < after; index++) bytes[at++] = source[index] as number;
    }
  }
  output.length = at;
}

function withoutLineEnd(source: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && source[last - 1] === lineFeed) {
    last--;
    if (last > start && source[last - 1] === carriageReturn) last--;
  }
  return last;
}

/** Bytes of the character beyond ASCII at `index`; 0 where there is none, or a control character of U+0080 to U+009F. */
function characterSize(source: Buffer, index: number, end: number): number {
  const first = source[index] as number;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || index + size > end) return 0;
  if (first === 0xc2 && (source[index + 1] as number) < 0xa0) return 0;
  return isUtf8(source.subarray(index, index + size)) ? size : 0;
}

function writeEscape(bytes: Buffer, at: number, byte: number): number {
  bytes[at] = 0x5c;
  bytes[at + 1] = 0x78;
  bytes[at + 2] = hexadecimal[byte >> 4] as number;
  bytes[at + 3] = hexadecimal[byte & 15] as number;
  return at + longestEscape;
}
