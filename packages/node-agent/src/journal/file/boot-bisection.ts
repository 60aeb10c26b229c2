import { TimeSlice } from '../time-slice.ts';
import { bisectEntries } from './bisect-entries.ts';
import { BootSpan } from './boot-span.ts';
import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import { EntryReader, type FileEntry } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { chainOf, linkedEnd } from './index-chains.ts';
import { payloadOf } from './residual-match.ts';
import { someSound } from './some-sound.ts';

/** Spans of boots are remembered for so many of them. */
const mostSpans = 64;

/** Bisects among the entries of one boot, which the DATA object of its `_BOOT_ID` lists, or which are read where it does not. */
export class BootBisection {
  readonly #parts: FileParts;
  readonly #entry: EntryReader;
  readonly #spans = new Map<string, BootSpan>();

  constructor(parts: FileParts) {
    this.#parts = parts;
    this.#entry = new EntryReader(parts, parts.bytes);
  }

  /** See `JournalFile.prepareBoot`. */
  prepare(bootId: string): boolean {
    try {
      this.#linked(bootId);
      return true;
    } catch (error) {
      if (!(error instanceof IndexDamage)) throw error;
      return this.#span(bootId).find(this.#entry, new TimeSlice());
    }
  }

  /** See `JournalFile.bisectBoot`. */
  bisect(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined {
    try {
      const linked = this.#bisectLinked(bootId, isAtOrAfter);
      return linked?.found === true ? linked.index : (this.#scanUnlinked(bootId, isAtOrAfter) ?? linked?.index);
    } catch (error) {
      if (!(error instanceof IndexDamage)) throw error;
      return this.#span(bootId).bisect(this.#entry, isAtOrAfter);
    }
  }

  /** The entries of a boot, as far as they are linked, by their offsets. */
  #linked(bootId: string): { at: (ordinal: number) => number; count: number } | undefined {
    const { tables, bytes } = this.#parts;
    const { offsets, complete } = tables.findData(payloadOf('_BOOT_ID', Buffer.from(bootId)));
    if (!complete) throw new IndexDamage(`${bytes.path}: the boot ${bootId} cannot be looked up`);
    const [dataOffset] = offsets;
    if (dataOffset === undefined) return undefined;
    const chain = chainOf(dataOffset, this.#parts);
    const count = new EntryArrayCursor(chain).indexAtOrAfter(linkedEnd(this.#parts));
    return count === 0 ? undefined : { at: (ordinal) => chain.at(ordinal), count };
  }

  /** Among the entries the index knows. `found` is false if none is at or after: `index` is then the one after the last. */
  #bisectLinked(
    bootId: string,
    isAtOrAfter: (entry: FileEntry) => boolean,
  ): { index: number; found: boolean } | undefined {
    const linked = this.#linked(bootId);
    if (linked === undefined) return undefined;
    const { at, count } = linked;
    const entry = this.#entry;
    const entryAt = (one: number): FileEntry | undefined => (entry.read(at(one)) ? entry : undefined);
    const first = bisectEntries(0, count, entryAt, isAtOrAfter);
    // Where a damaged entry lies, the index need not know.
    const ordinal = someSound(entryAt, first, count)?.index ?? count;
    const place = new EntryArrayCursor(this.#parts.entries);
    const found = ordinal < count;
    return { index: place.indexAtOrAfter(at(found ? ordinal : count - 1)) + (found ? 0 : 1), found };
  }

  /** Among the last entries, which the index may not know yet. */
  #scanUnlinked(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined {
    const { entries } = this.#parts;
    const entry = this.#entry;
    const from = new EntryArrayCursor(entries).indexAtOrAfter(linkedEnd(this.#parts));
    let afterLast: number | undefined;
    for (let index = from; index < entries.count; index = entries.next(index)) {
      const offset = entries.at(index);
      if (offset === 0 || !entry.read(offset) || entry.bootId !== bootId) continue;
      if (isAtOrAfter(entry)) return index;
      afterLast = index + 1;
    }
    return afterLast;
  }

  #span(bootId: string): BootSpan {
    let span = this.#spans.get(bootId);
    if (span === undefined) {
      if (this.#spans.size >= mostSpans) this.#spans.clear();
      span = new BootSpan(this.#parts, bootId);
      this.#spans.set(bootId, span);
    }
    return span;
  }
}
