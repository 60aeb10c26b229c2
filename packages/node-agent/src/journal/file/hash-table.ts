import type { FieldView } from '../entry.ts';
import type { Damage } from './damage.ts';
import { loadData } from './data-object.ts';
import type { FileBytes } from './file-bytes.ts';
import { bucketOf, type Hash64, payloadHash } from './hash.ts';
import type { FileHeader, HashTablePlace } from './header.ts';
import { DataObject, FieldObject, HashItem, ObjectType } from './layout.ts';
import { objectSize } from './object.ts';
import { nothing, Span } from './span.ts';

/** What a look-up in a hash table came to. */
export interface LookUp {
  /** The objects found, mostly one or none. A file that was once damaged can hold a value twice. */
  readonly offsets: readonly number[];
  /** False where the bucket's chain is damaged, so that there may be more. */
  readonly complete: boolean;
}

/**
 * A bucket's chain with more links is not gone along: it would take longer than 2 ms. journald starts a new file when one has
 * 100 (`HASH_CHAIN_DEPTH_MAX`, since systemd 246).
 */
const mostLinks = 4096;

/** What DATA and FIELD objects have in common as links of a bucket's chain. */
interface Link {
  readonly type: number;
  readonly least: number;
  readonly hash: number;
  readonly next: number;
}

/** The two hash tables of one file: where a `FIELD=value`, or a field, lies. */
export class HashTables {
  readonly #file: FileBytes;
  readonly #damage: Damage;
  readonly #header: () => FileHeader;
  #fileId: Buffer | undefined;
  readonly #span = new Span();
  readonly #view: FieldView = { bytes: nothing, start: 0, equals: 0, end: 0 };

  /** @param header what the file's header says now */
  constructor(file: FileBytes, damage: Damage, header: () => FileHeader) {
    this.#file = file;
    this.#damage = damage;
    this.#header = header;
  }

  /** @param payload `FIELD=value` */
  findData(payload: Buffer): LookUp {
    const { layout, dataHashTable } = this.#header();
    const least = layout.dataPayload + 1;
    const link = { type: ObjectType.data, least, hash: DataObject.hash, next: DataObject.nextHashOffset };
    return this.#find(dataHashTable, link, payload, (offset) => {
      const view = this.#view;
      const loaded = loadData(this.#file, this.#file, layout, this.#damage, offset, this.#span, view);
      return loaded && view.bytes.compare(payload, 0, payload.length, view.start, view.end) === 0;
    });
  }

  /** @param name a field's name */
  findField(name: string): LookUp {
    const payload = Buffer.from(name);
    const least = FieldObject.payload + 1;
    const link = { type: ObjectType.field, least, hash: FieldObject.hash, next: FieldObject.nextHashOffset };
    return this.#find(this.#header().fieldHashTable, link, payload, (offset, size) => {
      if (size !== FieldObject.payload + payload.length) return false;
      if (!this.#file.locate(offset + FieldObject.payload, payload.length, false, this.#span)) return false;
      const { bytes, start } = this.#span;
      return bytes.compare(payload, 0, payload.length, start, start + payload.length) === 0;
    });
  }

  #find(table: HashTablePlace, link: Link, payload: Buffer, isIt: (offset: number, size: number) => boolean): LookUp {
    if (table.buckets === 0) return { offsets: [], complete: true };
    this.#fileId ??= Buffer.from(this.#header().fileId, 'hex');
    const hash = payloadHash(payload, this.#header().keyedHash, this.#fileId);
    const bucket = table.offset + bucketOf(hash, table.buckets) * HashItem.length;
    const offsets: number[] = [];
    let links = 0;
    let previous = bucket;
    let offset = this.#file.word(bucket + HashItem.headOffset);
    while (offset !== 0) {
      // Objects are appended to their bucket's chain, so offsets rise along it; this keeps it from being a ring.
      links += 1;
      const size =
        offset > previous && links <= mostLinks
          ? objectSize(this.#file, this.#file, offset, link.type, link.least, this.#span)
          : 0;
      if (size === 0) {
        return { offsets, complete: false };
      }
      if (this.#hashIs(offset + link.hash, hash) && isIt(offset, size)) offsets.push(offset);
      previous = offset;
      offset = this.#file.word(offset + link.next);
    }
    return { offsets, complete: true };
  }

  #hashIs(at: number, hash: Hash64): boolean {
    if (!this.#file.locate(at, 8, false, this.#span)) return false;
    const { view, start } = this.#span;
    return view.getUint32(start, true) === hash.low && view.getUint32(start + 4, true) === hash.high;
  }
}
