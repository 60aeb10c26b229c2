import { mediaTypes } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { EntryAddress } from './entry-address.ts';
import { EntryFields } from './entry-fields.ts';
import { exportFields } from './export-fields.ts';
import type { OutputBuffer } from './output-buffer.ts';

const entryEnd = Buffer.from('\n');

/** systemd's export format, as `journalctl -o export` prints it since systemd 254: what systemd-journal-remote reads. */
export class ExportEncoder implements EntryEncoder {
  readonly contentType = mediaTypes.journalExport;
  readonly ping = undefined;
  readonly #address = new EntryAddress({ start: '', nameEnd: '=', separator: '\n', end: '\n' });
  readonly #fields: EntryFields;

  constructor(options: EncoderOptions) {
    this.#fields = new EntryFields(exportFields, options);
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    this.#address.append(entry, output);
    this.#fields.append(entry, output);
    output.append(entryEnd);
    return true;
  }
}
