import { IndexDamage } from './entry-array.ts';
import { EntryArrayCursor } from './entry-array-cursor.ts';
import type { FileParts } from './file-parts.ts';
import { chainOf, valuesOf } from './index-chains.ts';

/** A file with more boots than this, oldest first, is read for so many of them. */
const mostBoots = 4096;

/**
 * Offsets of the entries after `after` as the DATA objects of `_BOOT_ID` list them. Every entry has that field, so this is
 * a second list of all entries, for files in which the first one is damaged. What is damaged here, too, is left out.
 *
 * Gives 0 for slots without an offset, so that whoever reads along can stop anywhere; boots after each other in the file give
 * rising offsets.
 */
export function* linkedEntries(parts: FileParts, after: number): Generator<number> {
  for (const dataOffset of bootsOf(parts).reverse()) {
    try {
      const chain = chainOf(dataOffset, parts);
      let previous = after;
      for (let index = new EntryArrayCursor(chain).indexAtOrAfter(after + 1); index < chain.count; index++) {
        const offset = chain.at(index);
        yield offset > previous ? offset : 0;
        previous = Math.max(previous, offset);
      }
    } catch (error) {
      if (!(error instanceof IndexDamage)) throw error;
    }
  }
}

/** DATA objects of `_BOOT_ID`, newest first, as far as their chain goes. */
function bootsOf(parts: FileParts): number[] {
  const boots: number[] = [];
  try {
    for (const fieldOffset of parts.tables.findField('_BOOT_ID').offsets) {
      for (const dataOffset of valuesOf(fieldOffset, parts)) {
        boots.push(dataOffset);
        if (boots.length >= mostBoots) return boots;
      }
    }
  } catch (error) {
    if (!(error instanceof IndexDamage)) throw error;
  }
  return boots;
}
