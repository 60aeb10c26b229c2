/**
 * One field of an entry under the reader's hand: `bytes[start..equals)` is the field's name, `bytes[equals + 1..end)` its
 * value. The bytes belong to the reader and hold only until its next `load`.
 */
export interface FieldView {
  bytes: Buffer;
  start: number;
  /** Index of the `=` that ends the name. */
  equals: number;
  end: number;
}

/** The world in which item ids are stable: one journal file. Compared by identity. */
export type ItemDomain = object;

/**
 * One journal entry, as the reader hands it to its visitor. A flyweight: one object is reused for every entry, so nothing
 * of it may be kept past the visit but copies.
 *
 * Times are integers in microseconds. All 128-bit ids are 32 lower-case hexadecimal digits, as journalctl prints them.
 */
export interface Entry {
  /** CLOCK_REALTIME when journald received the entry, µs since 1970. */
  readonly realtime: number;
  /** CLOCK_MONOTONIC within {@link bootId}, µs. */
  readonly monotonic: number;
  readonly seqnum: number;
  readonly seqnumId: string;
  readonly bootId: string;
  /** The entry's xor hash, upper and lower 32 bits, unsigned. */
  readonly xorHashHigh: number;
  readonly xorHashLow: number;

  /** Items (fields) of the entry, repeated fields counted each. */
  readonly itemCount: number;
  /**
   * Ids of the items in the entry's own order; the first {@link itemCount} elements count. Within {@link domain} equal
   * ids mean the same `FIELD=value` bytes, for ever. Where the source has no such ids, {@link domain} is undefined.
   */
  readonly itemIds: Float64Array;
  /** Items with an id above this were stored together with this entry and are seldom seen again. */
  readonly newItemsAbove: number;
  readonly domain: ItemDomain | undefined;

  /**
   * Points `view` at item `index`. False when the item is damaged (already counted by the reader): the entry is then
   * delivered without that field.
   */
  load(index: number, view: FieldView): boolean;
}
