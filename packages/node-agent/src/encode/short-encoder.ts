import { mediaTypes } from '@clusterlog/shared';
import type { Entry, FieldView } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { isPrintable } from './printable-text.ts';
import { ShortFields } from './short-fields.ts';
import { ShortTime } from './short-time.ts';
import { hasTerminalNoise, withoutTerminalNoise } from './terminal-noise.ts';

/** Longer names of hosts and programs are not shown. */
const longestName = 299;

const lineFeed = 0x0a;
const blank = 0x20;
const colon = Buffer.from(': ');
const unknown = Buffer.from(' unknown');

/**
 * `journalctl -o short`: `Nov 14 22:13:21 host program[pid]: message`, further lines of a message indented below its first
 * one; nothing for an entry without a message. (systemd src/shared/logs-show.c, `output_short`, as gatewayd calls it.)
 */
export class ShortEncoder implements EntryEncoder {
  readonly contentType = mediaTypes.text;
  readonly ping = undefined;
  readonly #fields: ShortFields;
  readonly #time = new ShortTime();

  constructor(options: EncoderOptions) {
    this.#fields = new ShortFields(options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    const fields = this.#fields;
    fields.read(entry);
    const { message } = fields;
    if (message === undefined) return false;
    const start = output.length;
    output.append(this.#time.at(fields.sourceRealtime ?? entry.realtime));
    appendName(output, ' ', fields.hostname, '');
    const named = appendName(output, ' ', fields.identifier, '') || appendName(output, ' ', fields.command, '');
    if (!named) output.append(unknown);
    if (!appendName(output, '[', fields.pid, ']')) appendName(output, '[', fields.syslogPid, ']');
    output.append(colon);
    // systemd does not count the word that stands for a name.
    appendMessage(output, message, output.length - start - (named ? 0 : unknown.length));
    return true;
  }
}

/** @returns false, with nothing appended, when the name is not fit to be shown */
function appendName(output: OutputBuffer, before: string, name: FieldView | undefined, after: string): boolean {
  if (name === undefined) return false;
  const { bytes, equals, end } = name;
  if (end - equals - 1 > longestName || !isPrintable(bytes, equals + 1, end, true)) return false;
  let at = output.reserve(end - equals + 1);
  output.bytes[at++] = before.charCodeAt(0);
  for (let index = equals + 1; index < end; index++) output.bytes[at++] = bytes[index] as number;
  if (after !== '') output.bytes[at++] = after.charCodeAt(0);
  output.length = at;
  return true;
}

function appendMessage(output: OutputBuffer, { bytes, equals, end }: FieldView, indentation: number): void {
  if (!hasTerminalNoise(bytes, equals + 1, end)) appendLines(output, bytes, equals + 1, end, indentation);
  else {
    const shown = withoutTerminalNoise(bytes.subarray(equals + 1, end));
    appendLines(output, shown, 0, shown.length, indentation);
  }
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
