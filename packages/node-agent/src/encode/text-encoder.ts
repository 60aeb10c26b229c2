import type { Entry, FieldView } from '../journal/entry.ts';
import type { EncoderOptions, EntryEncoder } from './encoder.ts';
import { type EncodingCache, messageField } from './encoding-cache.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { TimePrefix } from './time-prefix.ts';

const messageName = Buffer.from('MESSAGE');

/** `YYYY-MM-DD HH:MM:SS: MESSAGE`, server-local time and the message's bytes as they are; nothing for an entry without one. */
export class TextEncoder implements EntryEncoder {
  readonly contentType = 'text/plain';
  readonly ping = undefined;
  readonly #cache: EncodingCache;
  readonly #messageWithheld: boolean;
  readonly #prefix = new TimePrefix();
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  constructor(options: EncoderOptions) {
    this.#cache = options.cache;
    this.#messageWithheld = options.withheld?.has('MESSAGE') ?? false;
  }

  encode(entry: Entry, output: OutputBuffer): boolean {
    if (this.#messageWithheld || !this.#loadMessage(entry)) return false;
    const view = this.#view;
    output.append(this.#prefix.at(entry.realtime));
    const length = view.end - view.equals - 1;
    const at = output.reserve(length + 1);
    view.bytes.copy(output.bytes, at, view.equals + 1, view.end);
    output.bytes[at + length] = 0x0a;
    output.length = at + length + 1;
    return true;
  }

  /** Of several messages the last counts, as in JSON. An item known to be of another field is not read. */
  #loadMessage(entry: Entry): boolean {
    const { domain, itemIds, newItemsAbove } = entry;
    const cache = this.#cache;
    const view = this.#view;
    cache.makeRoom();
    const domainNumber = domain === undefined ? -1 : cache.domainNumber(domain);
    for (let index = entry.itemCount - 1; index >= 0; index--) {
      const id = itemIds[index] as number;
      if (domainNumber !== -1 && id <= newItemsAbove) {
        let field = cache.knownField(domainNumber, id);
        if (field === -1) field = cache.readField(entry, index, domainNumber, view, true);
        if (field !== messageField && field !== -1) continue;
      }
      if (entry.load(index, view) && isMessage(view)) return true;
    }
    return false;
  }
}

function isMessage({ bytes, start, equals }: FieldView): boolean {
  return (
    equals - start === messageName.length && bytes.compare(messageName, 0, messageName.length, start, equals) === 0
  );
}
