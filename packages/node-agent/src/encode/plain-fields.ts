import type { Entry, FieldView } from '../journal/entry.ts';
import { appendEscaped } from './go-escape.ts';
import { OutputBuffer } from './output-buffer.ts';

const quote = Buffer.from('"');
const comma = Buffer.from(',');
const nameEnd = Buffer.from('":"');

/**
 * The fields of an entry as the members of a JSON object, the straight way: every item is read and escaped. The names are
 * sorted by bytes; of a repeated field the last value counts. This is the meaning of the format: templates must give the
 * same.
 */
export class PlainFields {
  readonly #withheld: ReadonlySet<string>;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #scratch = new OutputBuffer();

  constructor(withheld: ReadonlySet<string>) {
    this.#withheld = withheld;
  }

  append(entry: Entry, output: OutputBuffer): void {
    const view = this.#view;
    const scratch = this.#scratch;
    const members = new Map<string, { start: number; end: number }>();
    for (let index = 0; index < entry.itemCount; index++) {
      if (!entry.load(index, view)) continue;
      const name = view.bytes.toString('latin1', view.start, view.equals);
      if (this.#withheld.has(name)) continue;
      const start = scratch.length;
      appendMember(scratch, view);
      members.set(name, { start, end: scratch.length });
    }
    let first = true;
    for (const [, { start, end }] of Array.from(members).sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (!first) output.append(comma);
      first = false;
      output.append(scratch.bytes.subarray(start, end));
    }
    if (scratch.isFull) scratch.clear();
    scratch.length = 0;
  }
}

/** `"NAME":"value"` */
export function appendMember(output: OutputBuffer, view: FieldView): void {
  appendMemberName(output, view.bytes, view.start, view.equals);
  appendEscaped(output, view.bytes, view.equals + 1, view.end);
  output.append(quote);
}

/** `"NAME":"` */
export function appendMemberName(output: OutputBuffer, name: Buffer, start: number, end: number): void {
  output.append(quote);
  appendEscaped(output, name, start, end);
  output.append(nameEnd);
}
