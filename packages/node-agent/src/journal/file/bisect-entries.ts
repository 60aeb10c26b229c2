import type { FileEntry } from './file-entry.ts';
import { someSound } from './some-sound.ts';

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
    const sound = someSound(entryAt, middle, high);
    if (sound === undefined || isAtOrAfter(sound.entry)) high = middle;
    else low = sound.index + 1;
  }
  return low;
}
