import type { FieldView } from '../journal/entry.ts';
import type { Arrangement, FieldsFormat, NamedItem } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** The fields that `journalctl -o short` looks at, in the order of {@link shortFields}. */
export const shortFieldNames = [
  '_SOURCE_REALTIME_TIMESTAMP',
  '_HOSTNAME',
  'SYSLOG_IDENTIFIER',
  '_COMM',
  '_PID',
  'SYSLOG_PID',
  'MESSAGE',
] as const;

const lengthBytes = 4;
const absentLength = 0xffff_ffff;
const absent = Buffer.alloc(lengthBytes, 0xff);

/**
 * Not a format for clients: the few fields that a line of text is made of, each as its length (32 bits, little endian) and
 * its bytes, of a repeated one the last. So templates find them.
 */
export const shortFields: FieldsFormat = {
  number: 3,

  arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
    for (const name of shortFieldNames) {
      const item = items.findLast(({ text }) => text === name);
      if (item === undefined) arrangement.bytes(absent);
      else arrangement.value(item);
    }
  },

  appendValue(output: OutputBuffer, { bytes, equals, end }: FieldView): void {
    const length = end - equals - 1;
    const at = output.reserve(lengthBytes + length);
    output.bytes.writeUInt32LE(length, at);
    bytes.copy(output.bytes, at + lengthBytes, equals + 1, end);
    output.length = at + lengthBytes + length;
  },
};

/** Reads what {@link shortFields} wrote, one field after the other. Reused for each entry. */
export class ShortFieldReader {
  bytes: Buffer = Buffer.alloc(0);
  /** The field's value is `bytes[start..end)`. */
  start = 0;
  end = 0;
  /** Whether the entry has the field. */
  present = false;

  open(bytes: Buffer): void {
    this.bytes = bytes;
    this.end = 0;
  }

  /** Goes on to the next field. */
  next(): void {
    const length = this.bytes.readUInt32LE(this.end);
    this.present = length !== absentLength;
    this.start = this.end + lengthBytes;
    this.end = this.start + (this.present ? length : 0);
  }
}
