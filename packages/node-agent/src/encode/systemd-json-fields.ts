import type { FieldView } from '../journal/entry.ts';
import { isExported } from './exported-field.ts';
import type { Arrangement, FieldsFormat, NamedItem } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { appendSystemdJsonValue } from './systemd-json-value.ts';

/** Fields of so many bytes, name and equals sign included, are shown as null. */
const longestField = 4096;

const nullValue = Buffer.from('null');
const comma = Buffer.from(',');
const listEnd = Buffer.from(']');

/**
 * The fields as the tail of an object of `journalctl -o json`, `,"NAME":value` each, in the entry's own order. A repeated
 * field is an array where it occurs first; text that systemd would not print is an array of bytes; what is too long is
 * null. (systemd src/shared/logs-show.c, `output_json`.)
 */
export const systemdJsonFields: FieldsFormat = {
  number: 2,

  arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
    for (const [name, [first, ...others]] of byName(items)) {
      if (first === undefined) continue;
      arrangement.bytes(Buffer.from(`,"${name}":${others.length > 0 ? '[' : ''}`));
      arrangement.value(first);
      for (const other of others) {
        arrangement.bytes(comma);
        arrangement.value(other);
      }
      if (others.length > 0) arrangement.bytes(listEnd);
    }
  },

  appendValue(output: OutputBuffer, { bytes, start, equals, end }: FieldView): void {
    if (end - start >= longestField) output.append(nullValue);
    else appendSystemdJsonValue(output, bytes, equals + 1, end);
  },
};

function byName(items: readonly NamedItem[]): Map<string, NamedItem[]> {
  const named = new Map<string, NamedItem[]>();
  for (const item of items) {
    if (!isExported(item)) continue;
    const others = named.get(item.text);
    if (others === undefined) named.set(item.text, [item]);
    else others.push(item);
  }
  return named;
}
