/** So many damaged entries are passed over one after another. */
const triedOneByOne = 64;

/**
 * A sound entry at or after `from` and before `to`: the first one, or a later one where a long piece of the file is damaged,
 * which is passed over in longer and longer steps. For a bisection any will do.
 *
 * @param entryAt undefined where the entry is damaged
 * @returns undefined where none was met
 */
export function someSound<T>(
  entryAt: (index: number) => T | undefined,
  from: number,
  to: number,
): { index: number; entry: T } | undefined {
  for (let index = from, step = 1; index < to; index += step) {
    const entry = entryAt(index);
    if (entry !== undefined) return { index, entry };
    if (index - from > triedOneByOne) step *= 2;
  }
  // The last step may have led past sound ones at the end.
  for (let index = to - 1; index >= Math.max(from, to - triedOneByOne); index--) {
    const entry = entryAt(index);
    if (entry !== undefined) return { index, entry };
  }
  return undefined;
}
