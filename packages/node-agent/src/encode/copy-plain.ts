/**
 * Copies `source[from..end)` to `into[at…)` up to the first byte that is not plain: four at a time, for most values are plain from
 * beginning to end.
 *
 * @param plain by byte: 1 where it is written as it is
 * @returns where in `source` it stopped: at a byte that is not plain, or at `end`
 */
export function copyPlain(
  plain: Uint8Array,
  source: Buffer,
  from: number,
  end: number,
  into: Buffer,
  at: number,
): number {
  let index = from;
  const shift = at - from;
  for (const lastFour = end - 4; index <= lastFour; index += 4) {
    const one = source[index] as number;
    const two = source[index + 1] as number;
    const three = source[index + 2] as number;
    const four = source[index + 3] as number;
    if (((plain[one] as number) & (plain[two] as number) & (plain[three] as number) & (plain[four] as number)) === 0)
      break;
    into[index + shift] = one;
    into[index + shift + 1] = two;
    into[index + shift + 2] = three;
    into[index + shift + 3] = four;
  }
  for (; index < end; index++) {
    const byte = source[index] as number;
    if (plain[byte] === 0) break;
    into[index + shift] = byte;
  }
  return index;
}
