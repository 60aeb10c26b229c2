import type { Entry } from '../entry.ts';

/** What of an entry decides its place in the log and tells it from every other. */
export type EntryKey = Pick<
  Entry,
  'realtime' | 'monotonic' | 'seqnum' | 'seqnumId' | 'bootId' | 'xorHashHigh' | 'xorHashLow'
>;

/** Copies the key out of an entry, whose object the reader uses again. */
export function keyOf(entry: EntryKey): EntryKey {
  const { realtime, monotonic, seqnum, seqnumId, bootId, xorHashHigh, xorHashLow } = entry;
  return { realtime, monotonic, seqnum, seqnumId, bootId, xorHashHigh, xorHashLow };
}

/** The newest entry known of a boot. */
export interface NewestOfBoot {
  readonly machineId: string;
  readonly realtime: number;
}

/** What is known of boots; systemd looks only at the last entry of each file, and so do we. */
export interface BootAges {
  newestOf(bootId: string): NewestOfBoot | undefined;
}

/** One entry stored twice, in a file and its copy: everything systemd compares is equal. */
export function isSameEntry(a: EntryKey, b: EntryKey): boolean {
  return (
    a.seqnum === b.seqnum &&
    a.monotonic === b.monotonic &&
    a.realtime === b.realtime &&
    a.xorHashLow === b.xorHashLow &&
    a.xorHashHigh === b.xorHashHigh &&
    a.bootId === b.bootId &&
    a.seqnumId === b.seqnumId
  );
}

/**
 * The order of systemd 254 and newer (`compare_locations` of sd-journal.c): entries numbered by one counter by number;
 * entries of one boot by monotonic time; entries of different boots of one machine by the boots' newest entries; else by
 * realtime; then by xor hash.
 *
 * Not an order in the mathematical sense: three entries can form a cycle. Whoever sorts by it must lose nothing then.
 *
 * @returns negative when `a` comes first, positive when `b` does, 0 when nothing tells them apart
 */
export function compareEntries(a: EntryKey, b: EntryKey, boots: BootAges): number {
  if (a.seqnumId === b.seqnumId && a.seqnum !== b.seqnum) return a.seqnum - b.seqnum;
  if (a.bootId === b.bootId) {
    if (a.monotonic !== b.monotonic) return a.monotonic - b.monotonic;
  } else {
    const byAge = compareBoots(a.bootId, b.bootId, boots);
    if (byAge !== 0) return byAge;
  }
  if (a.realtime !== b.realtime) return a.realtime - b.realtime;
  return a.xorHashHigh - b.xorHashHigh || a.xorHashLow - b.xorHashLow;
}

function compareBoots(a: string, b: string, boots: BootAges): number {
  const newestOfA = boots.newestOf(a);
  const newestOfB = boots.newestOf(b);
  if (newestOfA === undefined || newestOfB === undefined || newestOfA.machineId !== newestOfB.machineId) return 0;
  return newestOfA.realtime - newestOfB.realtime;
}
