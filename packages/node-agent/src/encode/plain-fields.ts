import type { Entry, FieldView } from '../journal/entry.ts';
import { appendEscaped } from './go-escape.ts';
import { OutputBuffer } from './output-buffer.ts';

const nameEnd = Buffer.from('":"');

interface Member {
  name: string;
  start: number;
  end: number;
}

/**
 * The fields of an entry as a JSON object, the straight way: every item is read and escaped. The names are sorted by
 * bytes; of a repeated field the last value counts. This is the meaning of the format: templates must give the same.
 */
export class PlainFields {
  readonly #withheld: ReadonlySet<string>;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  readonly #scratch = new OutputBuffer();

  constructor(withheld: ReadonlySet<string>) {
    this.#withheld = withheld;
  }

  append(entry: Entry, output: OutputBuffer): void {
    const members = this.#encodeMembers(entry);
    const encoded = this.#scratch.bytes;
    let at = output.reserve(2 + members.length + this.#scratch.length);
    const { bytes } = output;
    bytes[at++] = 0x7b;
    for (const [index, member] of members.entries()) {
      if (index > 0) bytes[at++] = 0x2c;
      at += encoded.copy(bytes, at, member.start, member.end);
    }
    bytes[at++] = 0x7d;
    output.length = at;
    this.#scratch.clear();
  }

  #encodeMembers(entry: Entry): Member[] {
    const view = this.#view;
    const scratch = this.#scratch;
    const members = new Map<string, Member>();
    for (let index = 0; index < entry.itemCount; index++) {
      if (!entry.load(index, view)) continue;
      const name = view.bytes.toString('latin1', view.start, view.equals);
      if (this.#withheld.has(name)) continue;
      const start = scratch.length;
      appendMember(scratch, view);
      members.set(name, { name, start, end: scratch.length });
    }
    return Array.from(members.values()).sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}

/** `"NAME":"value"` */
export function appendMember(output: OutputBuffer, view: FieldView): void {
  const at = output.reserve(1);
  output.bytes[at] = 0x22;
  output.length = at + 1;
  appendEscaped(output, view.bytes, view.start, view.equals);
  output.append(nameEnd);
  appendEscaped(output, view.bytes, view.equals + 1, view.end);
  const end = output.reserve(1);
  output.bytes[end] = 0x22;
  output.length = end + 1;
}
