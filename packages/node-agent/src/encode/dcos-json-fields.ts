import type { FieldView } from '../journal/entry.ts';
import type { Arrangement, FieldsFormat, NamedItem } from './fields-format.ts';
import { appendEscaped } from './go-escape.ts';
import { OutputBuffer } from './output-buffer.ts';

const beforeFields = Buffer.from('{"fields":{');
const afterFields = Buffer.from('},"cursor":"');
const quote = Buffer.from('"');
const nextMember = Buffer.from('","');
const firstMember = Buffer.from('"');
const nameEnd = Buffer.from('":"');

/**
 * The fields as the head of dcos-log's JSON object, up to the quote before the cursor: `{"fields":{…},"cursor":"`. The
 * names are sorted by bytes; of a repeated field the last value counts; every value is a string.
 */
export const dcosJsonFields: FieldsFormat = {
  number: 0,

  arrange(items: readonly NamedItem[], arrangement: Arrangement): void {
    const shown = new Map<string, NamedItem>();
    for (const item of items) shown.set(item.text, item);
    arrangement.bytes(beforeFields);
    let separator = firstMember;
    for (const item of Array.from(shown.values()).sort((one, other) => (one.text < other.text ? -1 : 1))) {
      arrangement.bytes(separator);
      separator = nextMember;
      arrangement.bytes(escaped(item.name));
      arrangement.bytes(nameEnd);
      arrangement.value(item);
    }
    if (shown.size > 0) arrangement.bytes(quote);
    arrangement.bytes(afterFields);
  },

  appendValue(output: OutputBuffer, view: FieldView): void {
    appendEscaped(output, view.bytes, view.equals + 1, view.end);
  },
};

function escaped(name: Buffer): Buffer {
  const output = new OutputBuffer();
  appendEscaped(output, name, 0, name.length);
  return output.take() ?? Buffer.alloc(0);
}
