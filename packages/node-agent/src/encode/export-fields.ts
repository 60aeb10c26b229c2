import type { FieldView } from '../journal/entry.ts';
import { isExported } from './exported-field.ts';
import type { Arrangement, FieldsFormat, NamedItem } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { isPrintable, printableByte } from './printable-text.ts';

const equalsSign = 0x3d;
const lineFeed = 0x0a;
const lengthBytes = 8;

/**
 * The fields in systemd's export format (docs/JOURNAL_EXPORT_FORMATS.md), in the entry's own order, repeated ones as often
 * as they occur: `NAME=text` for printable text of one line, otherwise `NAME`, a line feed, the length as 64 bits little
 * endian and the bytes; a line feed after each.
 */
export const exportFields: FieldsFormat = {
  number: 1,

  arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
    for (const item of items) {
      if (!isExported(item)) continue;
      arrangement.bytes(item.name);
      arrangement.value(item);
    }
  },

  appendValue(output: OutputBuffer, { bytes: source, equals, end }: FieldView): void {
    const start = equals + 1;
    const at = output.reserve(1 + lengthBytes + (end - start) + 1);
    const { bytes } = output;
    let to = at;
    let from = start;
    bytes[to++] = equalsSign;
    while (from < end) {
      const byte = source[from] as number;
      if (printableByte[byte] === 0) break;
      bytes[to++] = byte;
      from++;
    }
    if (from < end) {
      if (!isPrintable(source, from, end, false)) {
        bytes[at] = lineFeed;
        bytes.writeUInt32LE((end - start) >>> 0, at + 1);
        bytes.writeUInt32LE(Math.floor((end - start) / 0x1_0000_0000), at + 5);
        to = at + 1 + lengthBytes;
        from = start;
      }
      source.copy(bytes, to, from, end);
      to += end - from;
    }
    bytes[to] = lineFeed;
    output.length = to + 1;
  },
};
