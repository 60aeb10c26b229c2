import { type Cursor, formatCursor } from '@clusterlog/shared';
import type { CountOptions, Histogram, HistogramRange, ValueCounts } from '../../src/journal/counts.ts';
import type { Entry, FieldView } from '../../src/journal/entry.ts';
import { countByTime, countValues } from '../../src/journal/log/count-entries.ts';
import type { Match } from '../../src/journal/match.ts';
import type { Direction, EntryWalk, Gap, JournalSource, JournalStatus, Reached } from '../../src/journal/source.ts';
import { cursorOfEntry } from '../../src/read/v3-progress.ts';
import { type FakeEntry, type FakeEntryOptions, FakeFile, type FakeItem } from '../encode/fake-file.ts';

/** A journal in memory that keeps the contract of JournalSource in the simplest way there is. */
export class MemorySource implements JournalSource {
  readonly kind = 'native';
  readonly entries: FakeEntry[] = [];
  readonly walks: MemoryWalk[] = [];
  /** Entries, matching or not, after which a read gives the event loop its turn. */
  slice = Number.POSITIVE_INFINITY;
  readonly #file = new FakeFile();
  readonly #waiting = new Set<() => void>();
  #seqnum = 0;

  /** Appends an entry a millisecond after the last and wakes who waits. */
  append(items: readonly FakeItem[], options: FakeEntryOptions = {}): FakeEntry {
    const seqnum = ++this.#seqnum;
    const entry = this.#file.entry(items, {
      seqnum,
      monotonic: 1_000_000 + 1000 * seqnum,
      realtime: 1_700_000_000_000_000 + 1000 * seqnum,
      xorHashLow: seqnum,
      ...options,
    });
    this.entries.push(entry);
    for (const wake of this.#waiting) wake();
    return entry;
  }

  /** Takes an entry away, as vacuuming does. */
  remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry as FakeEntry), 1);
  }

  walk(match: Match): MemoryWalk {
    const walk = new MemoryWalk(this, match);
    this.walks.push(walk);
    return walk;
  }

  async *distinctValues(field: string, match: Match): AsyncGenerator<Buffer, void, undefined> {
    const values = new Set<string>();
    for (const entry of this.entries) {
      if (!matches(entry, match)) continue;
      for (const [name, value] of fieldsOf(entry)) if (name === field) values.add(value.toString('latin1'));
    }
    for (const value of values) yield Buffer.from(value, 'latin1');
  }

  valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts> {
    return countValues((within) => this.walk(within), field, match, options);
  }

  async histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram> {
    return countByTime((within) => this.walk(within), match, range, options);
  }

  status(): JournalStatus {
    return { kind: 'native', directories: [], files: 1, damage: { data: 0, entries: 0, arrays: 0, files: 0 } };
  }

  async close(): Promise<void> {}

  get waiting(): number {
    return this.#waiting.size;
  }

  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

export class MemoryWalk implements EntryWalk {
  closed = 0;
  /** Entries delivered. */
  delivered = 0;
  /** What it will say to have lost. */
  readonly gaps: Gap[] = [];
  readonly #source: MemorySource;
  readonly #match: Match;
  #position = 0;

  constructor(source: MemorySource, match: Match) {
    this.#source = source;
    this.#match = match;
  }

  async seekHead(): Promise<void> {
    this.#position = 0;
  }

  async seekTail(): Promise<void> {
    this.#position = this.#source.entries.length;
  }

  async seekRealtime(microseconds: number): Promise<void> {
    this.#position = this.#firstFrom((entry) => entry.realtime >= microseconds);
  }

  async seekCursor(cursor: Cursor, side: 'before' | 'after'): Promise<'exact' | 'nearest'> {
    const exact = this.#source.entries.findIndex(
      (entry) => formatCursor(cursorOfEntry(entry)) === formatCursor(cursor),
    );
    this.#position = this.#firstFrom((entry) => entry.monotonic > Number(cursor.monotonic));
    if (exact === -1) return 'nearest';
    this.#position = side === 'before' ? exact : exact + 1;
    return 'exact';
  }

  async skip(count: number): Promise<number> {
    let skipped = 0;
    while (skipped < Math.abs(count) && this.#step(count < 0 ? 'backward' : 'forward') !== undefined) skipped++;
    return skipped;
  }

  async read(direction: Direction, visit: (entry: Entry) => boolean): Promise<'stopped' | 'end' | 'slice'> {
    for (let count = 0; count < this.#source.slice; count++) {
      const entry = this.#pass(direction);
      if (entry === undefined) return 'end';
      if (!matches(entry, this.#match)) continue;
      this.delivered++;
      if (!visit(entry)) return 'stopped';
    }
    return 'slice';
  }

  reached(direction: Direction): Reached | undefined {
    const entry = this.#source.entries[direction === 'forward' ? this.#position - 1 : this.#position];
    return entry && { realtime: entry.realtime, entry };
  }

  takeGaps(): readonly Gap[] {
    return this.gaps.splice(0);
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#source.wait(signal);
  }

  close(): void {
    this.closed++;
  }

  #step(direction: Direction): FakeEntry | undefined {
    let entry = this.#pass(direction);
    while (entry !== undefined && !matches(entry, this.#match)) entry = this.#pass(direction);
    return entry;
  }

  #pass(direction: Direction): FakeEntry | undefined {
    const entry = this.#source.entries[direction === 'forward' ? this.#position : this.#position - 1];
    if (entry !== undefined) this.#position += direction === 'forward' ? 1 : -1;
    return entry;
  }

  #firstFrom(isThere: (entry: Entry) => boolean): number {
    const index = this.#source.entries.findIndex(isThere);
    return index === -1 ? this.#source.entries.length : index;
  }
}

export function fieldsOf(entry: Entry): [name: string, value: Buffer][] {
  const fields: [string, Buffer][] = [];
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let index = 0; index < entry.itemCount; index++) {
    if (!entry.load(index, view)) continue;
    const name = view.bytes.toString('latin1', view.start, view.equals);
    fields.push([name, Buffer.from(view.bytes.subarray(view.equals + 1, view.end))]);
  }
  return fields;
}

/** What a match means, read off its definition. */
export function matches(entry: Entry, match: Match): boolean {
  switch (match.kind) {
    case 'everything':
      return true;
    case 'nothing':
      return false;
    case 'equals':
      return fieldsOf(entry).some(
        ([name, value]) => name === match.field && match.values.some((one) => one.equals(value)),
      );
    case 'present':
      return fieldsOf(entry).some(([name]) => name === match.field);
    case 'value':
      return fieldsOf(entry).some(([name, value]) => name === match.field && match.test.passes(value, 0, value.length));
    case 'time':
      return entry.realtime >= match.since && entry.realtime <= match.until;
    case 'not':
      return !matches(entry, match.term);
    case 'and':
      return match.terms.every((term) => matches(entry, term));
    case 'or':
      return match.terms.some((term) => matches(entry, term));
  }
}
