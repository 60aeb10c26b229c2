/**
 * Where things lie in a journal file. Everything that differs between the regular layout and the compact one (systemd 252)
 * is in {@link Layout} and nowhere else. Numbers are bytes; words are little-endian.
 * (systemd docs/JOURNAL_FILE_FORMAT.md; src/libsystemd/sd-journal/journal-def.h)
 */

export const ObjectType = {
  unused: 0,
  data: 1,
  field: 2,
  entry: 3,
  dataHashTable: 4,
  fieldHashTable: 5,
  entryArray: 6,
  tag: 7,
} as const;

/** `ObjectHeader`: type (1), flags (1), reserved (6), size (8). Objects start at multiples of 8. */
export const ObjectHeader = { type: 0, flags: 1, size: 8, length: 16 } as const;

/** `DataObject`; the payload starts at {@link Layout.dataPayload}. */
export const DataObject = {
  hash: 16,
  nextHashOffset: 24,
  nextFieldOffset: 32,
  entryOffset: 40,
  entryArrayOffset: 48,
  entryCount: 56,
} as const;

/** `FieldObject`. */
export const FieldObject = { hash: 16, nextHashOffset: 24, headDataOffset: 32, payload: 40 } as const;

/** `EntryObject`; `xorHash` is two words of 32 bits, low first. */
export const EntryObject = {
  seqnum: 16,
  realtime: 24,
  monotonic: 32,
  bootId: 40,
  xorHash: 56,
  items: 64,
} as const;

/** `EntryArrayObject`. */
export const EntryArrayObject = { nextOffset: 16, items: 24 } as const;

/** `HashItem`: offset of the first and of the last object in the bucket. */
export const HashItem = { headOffset: 0, tailOffset: 8, length: 16 } as const;

/** `Object.flags`: how a DATA object's payload is compressed. */
export const ObjectFlag = { xz: 1, lz4: 2, zstd: 4 } as const;

export const IncompatibleFlag = { xz: 1, lz4: 2, keyedHash: 4, zstd: 8, compact: 16 } as const;

export interface Layout {
  readonly name: 'regular' | 'compact';
  /** Start of a DATA object's payload. */
  readonly dataPayload: number;
  /** Size of one item of an ENTRY object; the item's offset is its first {@link offsetSize} bytes. */
  readonly entryItem: number;
  /** Size of one item of an ENTRY_ARRAY object. */
  readonly arrayItem: number;
  /** Size of an object offset inside entries and entry arrays: 8, or 4 where files end below 4 GiB. */
  readonly offsetSize: 4 | 8;
}

export const regularLayout: Layout = { name: 'regular', dataPayload: 64, entryItem: 16, arrayItem: 8, offsetSize: 8 };
export const compactLayout: Layout = { name: 'compact', dataPayload: 72, entryItem: 4, arrayItem: 4, offsetSize: 4 };
