import type { Entry, FieldView, ItemDomain } from '../entry.ts';
import { loadData } from './data-object.ts';
import type { FileParts } from './file-parts.ts';
import { EntryObject, type Layout, ObjectType } from './layout.ts';
import { type Locator, objectSize } from './object.ts';
import { Span } from './span.ts';
import { readUint64, tooLarge } from './u64.ts';

/** Entries with more items count as damaged; journald itself writes at most 1,024. */
const mostItems = 65_536;
/** Room for so many from the first entry on. */
const usualItems = 64;
const noItems = new Float64Array(0);

/** An entry that knows where it lies. */
export interface FileEntry extends Entry {
  /** Offset of the ENTRY object in the file: grows from entry to entry, so it is the position in this file. */
  readonly offset: number;
}

/**
 * The flyweight behind {@link FileEntry}: {@link read} fills it from an ENTRY object.
 *
 * ENTRY, le: object header, seqnum u64, realtime u64, monotonic u64, boot_id[16], xor_hash u64, then per item
 * regular { object_offset u64, hash u64 } or compact { object_offset u32 }.
 */
export class EntryReader implements FileEntry {
  offset = 0;
  realtime = 0;
  monotonic = 0;
  seqnum = 0;
  readonly seqnumId: string;
  bootId = '';
  xorHashHigh = 0;
  xorHashLow = 0;
  itemCount = 0;
  itemIds = noItems;
  newItemsAbove = 0;
  readonly domain: ItemDomain;

  readonly #parts: FileParts;
  readonly #locator: Locator;
  readonly #layout: Layout;
  readonly #span = new Span();
  /** The boot id's bytes, to notice cheaply that it is the same again. */
  #boot0 = -1;
  #boot1 = 0;
  #boot2 = 0;
  #boot3 = 0;

  /** @param locator where to look for bytes first */
  constructor(parts: FileParts, locator: Locator) {
    this.#parts = parts;
    this.#locator = locator;
    this.#layout = parts.header.layout;
    this.seqnumId = parts.header.seqnumId;
    this.domain = parts.domain;
  }

  /** Reads the ENTRY object at `offset`. False if it is damaged, which is counted. */
  read(offset: number): boolean {
    const file = this.#parts.bytes;
    const span = this.#span;
    const size = objectSize(file, this.#locator, offset, ObjectType.entry, EntryObject.items, span);
    const itemCount = Math.floor((size - EntryObject.items) / this.#layout.entryItem);
    const whole = size !== 0 && itemCount <= mostItems && this.#locator.locateSettled(offset, size, span);
    if (whole && this.#decode(span.bytes, span.view, span.start, itemCount)) {
      this.offset = offset;
      return true;
    }
    this.#parts.damage.count('entries', offset);
    return false;
  }

  load(index: number, view: FieldView): boolean {
    if (index >= this.itemCount) return false;
    const { bytes, damage } = this.#parts;
    return loadData(bytes, this.#locator, this.#layout, damage, this.itemIds[index] as number, this.#span, view);
  }

  #decode(bytes: Buffer, view: DataView, start: number, itemCount: number): boolean {
    const seqnum = readUint64(view, start + EntryObject.seqnum);
    const realtime = readUint64(view, start + EntryObject.realtime);
    const monotonic = readUint64(view, start + EntryObject.monotonic);
    if (seqnum === tooLarge || realtime === tooLarge || monotonic === tooLarge) return false;
    this.seqnum = seqnum;
    this.realtime = realtime;
    this.monotonic = monotonic;
    this.xorHashLow = view.getUint32(start + EntryObject.xorHash, true);
    this.xorHashHigh = view.getUint32(start + EntryObject.xorHash + 4, true);
    this.#decodeBootId(bytes, view, start + EntryObject.bootId);
    this.itemCount = itemCount;
    if (itemCount > this.itemIds.length) this.itemIds = new Float64Array(Math.max(usualItems, itemCount * 2));
    this.#decodeItems(view, start + EntryObject.items, itemCount);
    return true;
  }

  #decodeBootId(bytes: Buffer, view: DataView, start: number): void {
    const boot0 = view.getUint32(start, true);
    const boot1 = view.getUint32(start + 4, true);
    const boot2 = view.getUint32(start + 8, true);
    const boot3 = view.getUint32(start + 12, true);
    if (boot0 === this.#boot0 && boot1 === this.#boot1 && boot2 === this.#boot2 && boot3 === this.#boot3) return;
    this.#boot0 = boot0;
    this.#boot1 = boot1;
    this.#boot2 = boot2;
    this.#boot3 = boot3;
    this.bootId = bytes.toString('hex', start, start + 16);
  }

  /** An item offset no file can have becomes 0, which `load` then finds damaged. */
  #decodeItems(view: DataView, start: number, itemCount: number): void {
    const ids = this.itemIds;
    const step = this.#layout.entryItem;
    let at = start;
    if (this.#layout.offsetSize === 4) {
      for (let index = 0; index < itemCount; index++, at += step) ids[index] = view.getUint32(at, true);
      return;
    }
    for (let index = 0; index < itemCount; index++, at += step) {
      const high = view.getUint32(at + 4, true);
      ids[index] = high > 0x1f_ffff ? 0 : high * 4_294_967_296 + view.getUint32(at, true);
    }
  }
}
