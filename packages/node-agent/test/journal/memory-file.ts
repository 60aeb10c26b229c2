import type { FieldView } from '../../src/journal/entry.ts';
import type { FileEntry } from '../../src/journal/file/file-entry.ts';
import { matchesFields } from '../../src/journal/journalctl/journalctl-match.ts';
import type { EntryKey } from '../../src/journal/log/entry-order.ts';
import type { OpenedFile, OpenedWalk } from '../../src/journal/log/log-file.ts';
import type { Match } from '../../src/journal/match.ts';
import type { Direction } from '../../src/journal/source.ts';

/** An entry of a made-up journal file. */
export interface MemoryEntry extends EntryKey {
  readonly fields: ReadonlyMap<string, readonly Buffer[]>;
}

/**
 * A journal file made of an array, for tests of everything above files. As strict as a real one: its entries are
 * flyweights that are overwritten, uncommitted ones do not exist, and now and then bytes must be read first.
 */
export class MemoryFile implements OpenedFile {
  readonly damage = { data: 0, entries: 0, arrays: 0 };
  readonly #entries: readonly MemoryEntry[];
  readonly #identity: { readonly fileId: string; readonly machineId: string; readonly seqnumId: string };
  readonly #flyweight = new Flyweight();
  /** Entries the writer has committed; {@link refresh} makes them visible. */
  committed: number;
  archived: boolean;
  /** Device and inode of the name on disk. */
  identity = '';
  closed = false;
  #visible: number;
  #wasArchived: boolean;

  constructor(
    identity: { readonly fileId: string; readonly machineId: string; readonly seqnumId: string },
    entries: readonly MemoryEntry[],
    committed: number = entries.length,
  ) {
    this.#identity = identity;
    this.#entries = entries;
    this.committed = committed;
    this.archived = committed === entries.length;
    this.#visible = committed;
    this.#wasArchived = this.archived;
  }

  get header(): OpenedFile['header'] {
    const headEntrySeqnum = this.#visible === 0 ? 0 : (this.#entries[0]?.seqnum ?? 0);
    const tailEntrySeqnum = this.#entries[this.#visible - 1]?.seqnum ?? 0;
    return {
      ...this.#identity,
      state: this.#wasArchived ? 'archived' : 'online',
      headEntrySeqnum,
      tailEntrySeqnum,
      headEntryRealtime: this.#visible === 0 ? 0 : (this.#entries[0]?.realtime ?? 0),
      tailEntryRealtime: this.#entries[this.#visible - 1]?.realtime ?? 0,
    };
  }

  get entryCount(): number {
    return this.#visible;
  }

  isErased(): boolean {
    return false;
  }

  recover(): boolean {
    return true;
  }

  refresh(): boolean {
    const moved = this.#visible !== this.committed || this.#wasArchived !== this.archived;
    this.#visible = this.committed;
    this.#wasArchived = this.archived;
    return moved;
  }

  entryAt(index: number): FileEntry | undefined {
    const entry = index < this.#visible ? this.#entries[index] : undefined;
    return entry && this.#flyweight.show(entry, index);
  }

  bisect(isAtOrAfter: (entry: FileEntry) => boolean): number {
    let low = 0;
    let high = this.#visible;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.entryAt(middle);
      if (entry === undefined || isAtOrAfter(entry)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  prepareBoot(): boolean {
    return true;
  }

  bisectBoot(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined {
    let last: number | undefined;
    for (let index = 0; index < this.#visible; index++) {
      const entry = this.entryAt(index);
      if (entry?.bootId !== bootId) continue;
      if (isAtOrAfter(entry)) return index;
      last = index;
    }
    return last === undefined ? undefined : last + 1;
  }

  walk(match: Match): OpenedWalk {
    const entries = this.#entries;
    const flyweight = new Flyweight();
    let position = 0;
    let peeks = 0;
    const next = (direction: Direction): number | undefined => {
      const step = direction === 'forward' ? 1 : -1;
      for (let at = direction === 'forward' ? position : position - 1; at >= 0 && at < this.#visible; at += step) {
        const entry = entries[at];
        if (entry !== undefined && matchesFields(match, entry.fields, entry.realtime)) return at;
      }
      return undefined;
    };
    const seekIndex = (index: number): void => {
      position = Math.min(index, this.#visible);
    };
    return {
      seekIndex,
      passTo: seekIndex,
      peek: (direction) => {
        if (this.closed) throw new Error('a walk outlived its file');
        if (++peeks % 7 === 3) return 'pending';
        const at = next(direction);
        const entry = at === undefined ? undefined : entries[at];
        return at === undefined || entry === undefined ? 'end' : flyweight.show(entry, at);
      },
      advance: (direction) => {
        const at = next(direction);
        if (at !== undefined) position = direction === 'forward' ? at + 1 : at;
      },
      passed: () => undefined,
      fill: async () => {},
      close: () => {},
      unreadable: 0,
    };
  }

  async *distinctValues(): AsyncGenerator<Buffer> {}

  async countValues(): Promise<'unfit'> {
    return 'unfit';
  }

  close(): void {
    this.closed = true;
  }
}

class Flyweight implements FileEntry {
  realtime = 0;
  monotonic = 0;
  seqnum = 0;
  seqnumId = '';
  bootId = '';
  xorHashHigh = 0;
  xorHashLow = 0;
  offset = 0;
  readonly itemIds = new Float64Array(0);
  readonly newItemsAbove = 0;
  readonly domain = undefined;
  #payloads: Buffer[] = [];

  get itemCount(): number {
    return this.#payloads.length;
  }

  show(entry: MemoryEntry, index: number): this {
    const { realtime, monotonic, seqnum, seqnumId, bootId, xorHashHigh, xorHashLow } = entry;
    Object.assign(this, { realtime, monotonic, seqnum, seqnumId, bootId, xorHashHigh, xorHashLow, offset: index * 8 });
    this.#payloads = [...entry.fields].flatMap(([name, values]) =>
      values.map((value) => Buffer.concat([Buffer.from(`${name}=`), value])),
    );
    return this;
  }

  load(index: number, view: FieldView): boolean {
    const bytes = this.#payloads[index];
    if (bytes === undefined) return false;
    Object.assign(view, { bytes, start: 0, equals: bytes.indexOf('='), end: bytes.length });
    return true;
  }
}
