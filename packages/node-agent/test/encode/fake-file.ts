import type { Entry, FieldView, ItemDomain } from '../../src/journal/entry.ts';

export interface FakeEntryOptions {
  readonly realtime?: number;
  readonly monotonic?: number;
  readonly seqnum?: number;
  readonly seqnumId?: string;
  readonly bootId?: string;
  readonly xorHashHigh?: number;
  readonly xorHashLow?: number;
}

export type FakeItem = readonly [name: string | Buffer, value: string | Buffer];

/** Items of this value are damaged: they cannot be loaded. */
export const damagedValue = 'damaged';

/** Interns `FIELD=value` as a journal file does: an item written before keeps its id, a new one gets a greater id. */
export class FakeFile {
  readonly domain: ItemDomain | undefined;
  readonly payloads = new Map<number, { bytes: Buffer; equals: number }>();
  readonly #ids = new Map<string, number>();
  #tail = 256;

  constructor(domain: ItemDomain | undefined = {}) {
    this.domain = domain;
  }

  /** @param sorted items by id, as journald stores them; otherwise in the order given */
  entry(items: readonly FakeItem[], options: FakeEntryOptions = {}, sorted = false): FakeEntry {
    const newItemsAbove = this.#tail;
    const ids = items.map(([name, value]) => this.#intern(Buffer.from(name), Buffer.from(value)));
    if (sorted) ids.sort((one, other) => one - other);
    return new FakeEntry(this, ids, newItemsAbove, options);
  }

  #intern(name: Buffer, value: Buffer): number {
    const bytes = Buffer.concat([name, Buffer.from('='), value]);
    const key = bytes.toString('latin1');
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#tail += 64 + 8 * Math.ceil(bytes.length / 8);
    this.#ids.set(key, this.#tail);
    this.payloads.set(this.#tail, { bytes, equals: name.length });
    return this.#tail;
  }
}

export class FakeEntry implements Entry {
  readonly realtime: number;
  readonly monotonic: number;
  readonly seqnum: number;
  readonly seqnumId: string;
  readonly bootId: string;
  readonly xorHashHigh: number;
  readonly xorHashLow: number;
  readonly itemCount: number;
  readonly itemIds: Float64Array;
  readonly newItemsAbove: number;
  readonly domain: ItemDomain | undefined;
  /** Indexes of the items read so far. */
  readonly loaded: number[] = [];
  readonly #file: FakeFile;
  #last = Buffer.alloc(0);

  constructor(file: FakeFile, ids: readonly number[], newItemsAbove: number, options: FakeEntryOptions) {
    this.realtime = options.realtime ?? 1_795_253_196_157_329;
    this.monotonic = options.monotonic ?? 1_192_698_917;
    this.seqnum = options.seqnum ?? 4711;
    this.seqnumId = options.seqnumId ?? '0123456789abcdef0123456789abcdef';
    this.bootId = options.bootId ?? 'fedcba9876543210fedcba9876543210';
    this.xorHashHigh = options.xorHashHigh ?? 0xdeadbeef;
    this.xorHashLow = options.xorHashLow ?? 0x0badcafe;
    this.itemCount = ids.length;
    // Longer than the entry, as a flyweight's is.
    this.itemIds = Float64Array.from([...ids, 8, 16]);
    this.newItemsAbove = newItemsAbove;
    this.domain = file.domain;
    this.#file = file;
  }

  load(index: number, view: FieldView): boolean {
    this.loaded.push(index);
    // What the last load gave is gone.
    this.#last.fill(0x3f);
    const payload = this.#file.payloads.get(this.itemIds[index] as number);
    if (payload === undefined || payload.bytes.toString('latin1', payload.equals + 1) === damagedValue) return false;
    this.#last = Buffer.concat([Buffer.from('??'), payload.bytes, Buffer.from('??')]);
    view.bytes = this.#last;
    view.start = 2;
    view.equals = 2 + payload.equals;
    view.end = 2 + payload.bytes.length;
    return true;
  }
}
