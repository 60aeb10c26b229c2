import { mediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { EntryFields } from './entry-fields.ts';
import { shortTime } from './local-time.ts';
import { OutputBuffer } from './output-buffer.ts';
import { isPrintable } from './printable-text.ts';
import { SecondText } from './second-text.ts';
import { ShortFieldReader, shortFields } from './short-fields.ts';
import { hasTerminalNoise, withoutTerminalNoise } from './terminal-noise.ts';

/** Longer names of hosts and programs are not shown. */
const longestName = 299;

/** Times from here on are not taken for times: 2^55 µs, as systemd has it. */
const latestRealtime = 2 ** 55;

const lineFeed = 0x0a;
const blank = 0x20;
const tilde = 0x7e;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = Buffer.from(': ');
const unknown = Buffer.from(' unknown');

/**
 * `journalctl -o short`: `Nov 14 22:13:21 host program[pid]: message`, further lines of a message indented below its first
 * one; nothing for an entry without a message. (systemd src/shared/logs-show.c, `output_short`, as gatewayd calls it.)
 */
export class ShortEncoder implements EntryEncoder {
  readonly contentType = mediaTypes.text;
  readonly ping = undefined;
  readonly #fields: EntryFields;
  readonly #scratch = new OutputBuffer();
  readonly #field = new ShortFieldReader();
  readonly #time = new SecondText(shortTime);

  constructor(options: EncoderOptions) {
    this.#fields = new EntryFields(shortFields, options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    const scratch = this.#scratch;
    const field = this.#field;
    const start = output.length;
    scratch.length = 0;
    this.#fields.append(entry, scratch);
    field.open(scratch.bytes);
    field.next();
    output.append(this.#time.at(sourceRealtime(field) ?? entry.realtime));
    field.next();
    appendName(output, blank, field, 0);
    const named = appendFirstName(output, blank, field, 0);
    if (!named) output.append(unknown);
    appendFirstName(output, openBracket, field, closeBracket);
    output.append(colon);
    field.next();
    // systemd does not count the word that stands for a name.
    if (field.present) appendMessage(output, field, output.length - start - (named ? 0 : unknown.length));
    else output.length = start;
    // One giant entry does not make the encoder hold its size for the rest of the request.
    if (scratch.isFull) scratch.clear();
    return field.present;
  }
}

/** When the writer says that it wrote the entry, µs since 1970. */
function sourceRealtime({ bytes, start, end, present }: ShortFieldReader): number | undefined {
  if (!present) return undefined;
  let time = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    time = time * 10 + digit;
  }
  return time > 0 && time < latestRealtime ? time : undefined;
}

/** Appends the next field, or if that is not fit to be shown the one after it; leaves both behind. */
function appendFirstName(output: OutputBuffer, before: number, field: ShortFieldReader, after: number): boolean {
  field.next();
  const shown = appendName(output, before, field, after);
  field.next();
  return shown || appendName(output, before, field, after);
}

/**
 * @param after a byte, or 0 for none
 * @returns false, with nothing appended, when there is no name fit to be shown
 */
function appendName(output: OutputBuffer, before: number, field: ShortFieldReader, after: number): boolean {
  const { bytes, start, end, present } = field;
  if (!present || end - start > longestName || !isPrintable(bytes, start, end, true)) return false;
  let at = output.reserve(end - start + 2);
  output.bytes[at++] = before;
  for (let index = start; index < end; index++) output.bytes[at++] = bytes[index] as number;
  if (after !== 0) output.bytes[at++] = after;
  output.length = at;
  return true;
}

function appendMessage(output: OutputBuffer, { bytes, start, end }: ShortFieldReader, indentation: number): void {
  if (appendPlainLine(output, bytes, start, end)) return;
  if (!hasTerminalNoise(bytes, start, end)) appendLines(output, bytes, start, end, indentation);
  else {
    const shown = withoutTerminalNoise(bytes.subarray(start, end));
    appendLines(output, shown, 0, shown.length, indentation);
  }
}

/** The common case in one go. @returns false, with nothing appended, when it is not one line of printable ASCII */
function appendPlainLine(output: OutputBuffer, source: Buffer, start: number, end: number): boolean {
  let at = output.reserve(end - start + 1);
  const { bytes } = output;
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    if (byte < blank || byte > tilde) return false;
    bytes[at++] = byte;
  }
  bytes[at++] = lineFeed;
  output.length = at;
  return true;
}

function appendLines(output: OutputBuffer, source: Buffer, start: number, end: number, indentation: number): void {
  if (!isPrintable(source, start, end, true)) {
    output.append(Buffer.from(`[${formatBytes(end - start)} blob data]\n`));
    return;
  }
  let at = output.reserve(end - start + 1);
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    output.bytes[at++] = byte;
    if (byte !== lineFeed || index + 1 === end) continue;
    output.length = at;
    at = output.reserve(indentation + (end - index));
    output.bytes.fill(blank, at, at + indentation);
    at += indentation;
  }
  if (start === end || source[end - 1] !== lineFeed) output.bytes[at++] = lineFeed;
  output.length = at;
}

/** A size as systemd's `format_bytes` prints it: `300B`, `1.5K`. */
function formatBytes(size: number): string {
  const units = ['K', 'M', 'G', 'T'];
  if (size < 1024) return `${size}B`;
  const power = Math.min(units.length, Math.floor(Math.log2(size) / 10));
  const smaller = Math.floor(size / 1024 ** (power - 1));
  return `${Math.floor(smaller / 1024)}.${Math.floor((smaller * 10) / 1024) % 10}${units[power - 1]}`;
}
