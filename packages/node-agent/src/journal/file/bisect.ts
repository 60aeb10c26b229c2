import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import type { EntryReader, FileEntry } from './file-entry.ts';
import type { FileParts } from './file-parts.ts';
import { chainOf, linkedEnd } from './index-chains.ts';
import { payloadOf } from './residual-match.ts';

/**
 * The first number in [low, high] whose entry is at or after what is looked for, damaged entries aside.
 *
 * @param entryAt undefined where the entry is damaged
 */
export function bisectEntries(
  low: number,
  high: number,
  entryAt: (number: number) => FileEntry | undefined,
  isAtOrAfter: (entry: FileEntry) => boolean,
): number {
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    let sound = middle;
    let entry = entryAt(sound);
    while (entry === undefined && sound + 1 < high) {
      sound += 1;
      entry = entryAt(sound);
    }
    if (entry === undefined || isAtOrAfter(entry)) high = middle;
    else low = sound + 1;
  }
  return low;
}

/** Bisects among the entries of one boot, which the DATA object of its `_BOOT_ID` lists. See `JournalFile.bisectBoot`. */
export function bisectBoot(
  parts: FileParts,
  entry: EntryReader,
  bootId: string,
  isAtOrAfter: (entry: FileEntry) => boolean,
): number | undefined {
  try {
    const linked = bisectLinked(parts, entry, bootId, isAtOrAfter);
    if (linked?.found === true) return linked.index;
    const from = new EntryArrayCursor(parts.entries).indexAtOrAfter(linkedEnd(parts));
    return scanBoot(parts, entry, bootId, isAtOrAfter, from) ?? linked?.index;
  } catch (error) {
    if (!(error instanceof IndexDamage)) throw error;
    return scanBoot(parts, entry, bootId, isAtOrAfter, 0);
  }
}

/** Among the entries the index knows. `found` is false if none is at or after: `index` is then the one after the last. */
function bisectLinked(
  parts: FileParts,
  entry: EntryReader,
  bootId: string,
  isAtOrAfter: (entry: FileEntry) => boolean,
): { index: number; found: boolean } | undefined {
  const { offsets, complete } = parts.tables.findData(payloadOf('_BOOT_ID', Buffer.from(bootId)));
  if (!complete) throw new IndexDamage(`${parts.bytes.path}: the boot ${bootId} cannot be looked up`);
  const [dataOffset] = offsets;
  if (dataOffset === undefined) return undefined;
  const chain = chainOf(dataOffset, parts);
  const border = linkedEnd(parts);
  const cursor = new EntryArrayCursor(chain);
  const count = cursor.indexAtOrAfter(border);
  if (count === 0) return undefined;
  const entryAt = (ordinal: number): FileEntry | undefined => (entry.read(chain.at(ordinal)) ? entry : undefined);
  const ordinal = bisectEntries(0, count, entryAt, isAtOrAfter);
  const place = new EntryArrayCursor(parts.entries);
  const found = ordinal < count;
  return { index: place.indexAtOrAfter(chain.at(found ? ordinal : count - 1)) + (found ? 0 : 1), found };
}

/** The same, entry by entry. */
function scanBoot(
  parts: FileParts,
  entry: EntryReader,
  bootId: string,
  isAtOrAfter: (entry: FileEntry) => boolean,
  from: number,
): number | undefined {
  let afterLast: number | undefined;
  for (let index = from; index < parts.entries.count; index++) {
    const offset = parts.entries.at(index);
    if (offset === 0 || !entry.read(offset) || entry.bootId !== bootId) continue;
    if (isAtOrAfter(entry)) return index;
    afterLast = index + 1;
  }
  return afterLast;
}
