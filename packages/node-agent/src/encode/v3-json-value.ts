import { isUtf8 } from 'node:buffer';
import type { FieldView } from '../journal/entry.ts';
import { copyPlain } from './copy-plain.ts';
import type { ValueFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';

const quotationMark = 0x22;
const backslash = 0x5c;
const longestEscape = 6;
const hexadecimal = Buffer.from('0123456789abcdef');

/** 1 for the bytes of ASCII that stand as they are in a JSON string. */
const plain = new Uint8Array(256).fill(1, 0x20, 0x80);
plain[quotationMark] = 0;
plain[backslash] = 0;

/** A value as v3 has it in JSON: a string, or `{"base64":"…"}` when it is not UTF-8. */
export const v3JsonValue: ValueFormat = {
  number: 4,

  appendValue(output: OutputBuffer, { bytes, equals, end }: FieldView): void {
    appendV3Value(output, bytes, equals + 1, end);
  },
};

/** The same for what Docker calls a container that Mesos launched, `mesos-<container id>`: the id. */
export const v3JsonContainer: ValueFormat = {
  number: 5,

  appendValue(output: OutputBuffer, view: FieldView): void {
    appendV3Value(output, view.bytes, containerStart(view), view.end);
  },
};

const mesosPrefix = Buffer.from('mesos-');

/** Where the container id begins in a value of `CONTAINER_NAME`; where the value does, if that is no Mesos container's. */
export function containerStart(view: FieldView): number {
  return isMesosContainer(view) ? view.equals + 1 + mesosPrefix.length : view.equals + 1;
}

export function isMesosContainer({ bytes, equals, end }: FieldView): boolean {
  const start = equals + 1;
  if (end - start < mesosPrefix.length) return false;
  return bytes.compare(mesosPrefix, 0, mesosPrefix.length, start, start + mesosPrefix.length) === 0;
}

function appendV3Value(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  const before = output.length;
  let at = output.reserve(end - start + 2);
  let bytes = output.bytes;
  bytes[at++] = quotationMark;
  // All of a value is UTF-8, or it is base64: it is looked at once, when the first byte beyond ASCII is met.
  let isText = false;
  let index = start;
  while (true) {
    const stop = copyPlain(plain, source, index, end, bytes, at);
    at += stop - index;
    index = stop;
    while (index < end) {
      const byte = source[index] as number;
      if (plain[byte] === 0 && !(isText && byte >= 0x80)) break;
      bytes[at++] = byte;
      index++;
    }
    if (index >= end) break;
    const byte = source[index] as number;
    if (byte >= 0x80) {
      if (!isUtf8(source.subarray(index, end))) {
        output.length = before;
        appendBase64(output, source, start, end);
        return;
      }
      isText = true;
      continue;
    }
    if (at + longestEscape + (end - index) + 1 > bytes.length) {
      output.length = at;
      output.reserve(longestEscape + (end - index) + 1);
      bytes = output.bytes;
    }
    at = writeEscape(bytes, at, byte);
    index++;
  }
  bytes[at++] = quotationMark;
  output.length = at;
}

function appendBase64(output: OutputBuffer, source: Buffer, start: number, end: number): void {
  output.append(Buffer.from(`{"base64":"${source.toString('base64', start, end)}"}`, 'latin1'));
}

function writeEscape(bytes: Buffer, at: number, byte: number): number {
  bytes[at] = backslash;
  const letter = shortEscape(byte);
  if (letter !== 0) {
    bytes[at + 1] = letter;
    return at + 2;
  }
  bytes[at + 1] = 0x75;
  bytes[at + 2] = 0x30;
  bytes[at + 3] = 0x30;
  bytes[at + 4] = hexadecimal[byte >> 4] as number;
  bytes[at + 5] = hexadecimal[byte & 15] as number;
  return at + longestEscape;
}

/** The letter behind the backslash; 0 for characters that have none. */
function shortEscape(byte: number): number {
  if (byte === quotationMark || byte === backslash) return byte;
  if (byte === 0x0a) return 0x6e;
  if (byte === 0x0d) return 0x72;
  return byte === 0x09 ? 0x74 : 0;
}
