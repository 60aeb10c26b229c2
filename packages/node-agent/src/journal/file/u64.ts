/** What {@link readUint64} gives for a word no double holds exactly. No offset, size, count or time of a sound file is that large. */
export const tooLarge = -1;

/** The little-endian 64-bit word at `at`, or {@link tooLarge} from 2^53 on. */
export function readUint64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  if (high > 0x1f_ffff) return tooLarge;
  return high * 4_294_967_296 + view.getUint32(at, true);
}
