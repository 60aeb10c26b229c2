import { isPrintable } from './printable-text.ts';

/** Values of so many bytes are shown as null. */
const longestValue = 4096;

/**
 * A line of gatewayd's `/fields/{field}`: the value's bytes, or as JSON `{ "FIELD" : "value" }`, with an array of numbers
 * for what is no text. (systemd src/journal-remote/journal-gatewayd.c `output_field`, src/shared/logs-show.c `json_escape`.)
 */
export function gatewaydValueLine(field: string, value: Buffer, format: 'text' | 'json'): Buffer {
  if (format === 'text') return Buffer.concat([value, Buffer.from('\n')]);
  return Buffer.from(`{ "${field}" : ${jsonValue(value)} }\n`);
}

function jsonValue(value: Buffer): string {
  if (value.length >= longestValue) return 'null';
  if (!isPrintable(value, 0, value.length, true)) return `[ ${Array.from(value).join(', ')} ]`;
  return `"${value.toString('utf8').replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\u0009')}"`;
}
