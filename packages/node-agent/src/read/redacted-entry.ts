import type { Entry, FieldView, ItemDomain } from '../journal/entry.ts';
import { DomainClasses, type ItemClasses } from '../journal/file/item-classes.ts';
import type { Redaction } from './redaction.ts';

/** What is known of an item: nothing is withheld of it. */
const isShown = 0;

const noEntry: Entry = {
  realtime: 0,
  monotonic: 0,
  seqnum: 0,
  seqnumId: '',
  bootId: '',
  xorHashHigh: 0,
  xorHashLow: 0,
  itemCount: 0,
  itemIds: new Float64Array(),
  newItemsAbove: 0,
  domain: undefined,
  load: () => false,
};

/**
 * An entry as a redaction shows it. Its items have the ids they had, in a world of their own, so that what is encoded of
 * them is kept apart from what is encoded for others, and each value is searched once.
 *
 * It has no xor hash: with it and all the fields but one, whoever guesses that one could tell that he is right.
 */
export class RedactedEntry implements Entry {
  readonly xorHashHigh = 0;
  readonly xorHashLow = 0;
  readonly #redaction: Redaction;
  readonly #classes = new DomainClasses();
  #entry: Entry = noEntry;
  #domain: ItemDomain | undefined;
  #redactedDomain: ItemDomain | undefined;
  #known: ItemClasses | undefined;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** Shows another entry, for as long as that is there. */
  of(entry: Entry): this {
    this.#entry = entry;
    const { domain } = entry;
    if (domain !== this.#domain) {
      this.#domain = domain;
      this.#redactedDomain = domain === undefined ? undefined : this.#redaction.domain(domain);
      this.#known = domain === undefined ? undefined : this.#classes.of(domain);
    }
    return this;
  }

  get realtime(): number {
    return this.#entry.realtime;
  }

  get monotonic(): number {
    return this.#entry.monotonic;
  }

  get seqnum(): number {
    return this.#entry.seqnum;
  }

  get seqnumId(): string {
    return this.#entry.seqnumId;
  }

  get bootId(): string {
    return this.#redaction.bootShown(this.#entry.bootId);
  }

  get itemCount(): number {
    return this.#entry.itemCount;
  }

  get itemIds(): Float64Array {
    return this.#entry.itemIds;
  }

  get newItemsAbove(): number {
    return this.#entry.newItemsAbove;
  }

  get domain(): ItemDomain | undefined {
    return this.#redactedDomain;
  }

  load(index: number, view: FieldView): boolean {
    const entry = this.#entry;
    if (!entry.load(index, view)) return false;
    const { bytes, start, equals, end } = view;
    const field = this.#redaction.fieldNumber(bytes, start, equals);
    if (field === -1) return true;
    const id = entry.itemIds[index] as number;
    const mayCome = id <= entry.newItemsAbove ? this.#known : undefined;
    if (mayCome?.get(id) === isShown) return true;
    const shown = this.#redaction.shown(field, bytes, equals + 1, end);
    if (shown === undefined) {
      mayCome?.set(id, isShown);
      return true;
    }
    const name = bytes.subarray(start, equals + 1);
    view.bytes = Buffer.concat([name, shown]);
    view.start = 0;
    view.equals = name.length - 1;
    view.end = view.bytes.length;
    return true;
  }
}
