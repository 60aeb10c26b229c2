import { hostname } from 'node:os';
import { v3MediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import { EntryAddress } from './entry-address.ts';
import { EntryFields } from './entry-fields.ts';
import { exportFields } from './export-fields.ts';
import type { FieldsFormat } from './fields-format.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { V3Encoder, V3EncoderOptions } from './v3-encoder.ts';
import { shownFields } from './v3-shown.ts';

const entryEnd = Buffer.from('\n');
const ownPrefix = 'CLUSTERLOG_';

/**
 * Without the fields that are named as ours: anyone may write `CLUSTERLOG_AGENT=` into a journal, and of two fields of one name
 * no reader knows which to believe.
 */
const foreignFields: FieldsFormat = {
  number: exportFields.number,
  variant: 'foreign',
  arrange: (items, arrangement) =>
    exportFields.arrange(
      items.filter(({ text }) => !text.startsWith(ownPrefix)),
      arrangement,
    ),
  appendValue: (output, view) => exportFields.appendValue(output, view),
};

/**
 * systemd's export format, with `CLUSTERLOG_AGENT` and `CLUSTERLOG_HOST` behind the entry's own fields. It has no place for
 * anything but entries: gaps and the end are not told.
 */
export class V3ExportEncoder implements V3Encoder {
  readonly contentType = v3MediaTypes.export;
  readonly ping = undefined;
  readonly #address = new EntryAddress({ start: '', nameEnd: '=', separator: '\n', end: '\n' });
  readonly #fields: EntryFields;
  readonly #end: Buffer;

  /** @param source whether the entries say where they come from */
  constructor(options: V3EncoderOptions, source = true) {
    this.#fields = new EntryFields(shownFields(foreignFields, options.shown), options);
    const agent = options.agentId === undefined ? '' : `CLUSTERLOG_AGENT=${options.agentId}\n`;
    this.#end = source ? Buffer.from(`${agent}CLUSTERLOG_HOST=${hostname()}\n\n`) : entryEnd;
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    this.#address.append(entry, output);
    this.#fields.append(entry, output);
    output.append(this.#end);
    return true;
  }

  notice(): undefined {
    return undefined;
  }
}
