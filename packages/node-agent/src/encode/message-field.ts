import type { Entry, FieldView } from '../journal/entry.ts';
import type { EncoderOptions } from './encoder.ts';
import { type EncodingCache, messageField } from './encoding-cache.ts';
import type { OutputBuffer } from './output-buffer.ts';

const messageName = Buffer.from('MESSAGE');

/** Finds the message of one entry after another, by what is remembered of their items. */
export class MessageField {
  readonly #cache: EncodingCache;
  readonly #isWithheld: boolean;
  readonly #view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };

  constructor(options: EncoderOptions) {
    this.#cache = options.cache;
    this.#isWithheld = options.withheld?.has('MESSAGE') ?? false;
  }

  /**
   * Looks for the message of an entry; {@link append} then writes it. Of several the last counts, as in JSON. An item known
   * to be of another field is not read.
   */
  load(entry: Entry): boolean {
    if (this.#isWithheld) return false;
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

  /** Appends the bytes of the message that was found last, as they are, and a line break. */
  append(output: OutputBuffer): void {
    const view = this.#view;
    const length = view.end - view.equals - 1;
    const at = output.reserve(length + 1);
    view.bytes.copy(output.bytes, at, view.equals + 1, view.end);
    output.bytes[at + length] = 0x0a;
    output.length = at + length + 1;
  }
}

function isMessage({ bytes, start, equals }: FieldView): boolean {
  return (
    equals - start === messageName.length && bytes.compare(messageName, 0, messageName.length, start, equals) === 0
  );
}
