import { TimeSlice } from '../time-slice.ts';
import type { EntryKey } from './entry-order.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';
import { firstAmong } from './realtime-seek.ts';

/** Whether an entry lies behind the place that is sought. Asked only after {@link JournalFiles.prepareOrder}. */
type IsAfter = (entry: EntryKey) => boolean;

/**
 * Positions in all files beside an entry, by the order of the log. Of the files numbered by one counter, everything comes
 * after that has a greater number than the first entry found to come after, though a clock that was set back says
 * otherwise: so it is read, and so nothing is left out.
 *
 * @param known positions found already
 * @returns indexes in the main entry arrays
 */
export async function placeBeside(
  files: JournalFiles,
  key: EntryKey,
  side: 'before' | 'after',
  known: ReadonlyMap<LogFile, number>,
): Promise<Map<LogFile, number>> {
  const isAfter: IsAfter = (entry) => {
    const order = files.compare(entry, key);
    return side === 'before' ? order >= 0 : order > 0;
  };
  const firstIn = (file: LogFile): Promise<number> => firstAfter(files, file, key.bootId, isAfter);
  return placeFrom(files, firstIn, known, (seqnumId) =>
    seqnumId === key.seqnumId ? key.seqnum + (side === 'before' ? 0 : 1) : undefined,
  );
}

/** Positions in all files before the first entry at or after a realtime, in µs; as {@link placeBeside}. */
export async function placeFromRealtime(files: JournalFiles, microseconds: number): Promise<Map<LogFile, number>> {
  return placeFrom(files, async (file) => {
    await file.timesKnown();
    return file.indexAtRealtime(microseconds);
  });
}

/**
 * @param firstIn gives the index of a file's first entry that comes after
 * @param numberIn gives the first number of a counter that comes after, where that is known
 */
async function placeFrom(
  files: JournalFiles,
  firstIn: (file: LogFile) => Promise<number>,
  known: ReadonlyMap<LogFile, number> = new Map(),
  numberIn: (seqnumId: string) => number | undefined = () => undefined,
): Promise<Map<LogFile, number>> {
  const places = new Map<LogFile, number>();
  const slice = new TimeSlice();
  for (const [seqnumId, group] of groupByCounter(files.all)) {
    const number = numberIn(seqnumId);
    let least = number ?? Number.POSITIVE_INFINITY;
    const found = new Map<LogFile, number>();
    for (const file of number === undefined ? group : []) {
      if (file.headSeqnum >= least) break;
      const index = known.get(file) ?? (await firstIn(file));
      found.set(file, index);
      const first = index < file.entryCount ? file.use()?.entryAt(index) : undefined;
      if (first !== undefined) least = Math.min(least, first.seqnum);
      await slice.yield();
    }
    for (const file of group) {
      // A header may lie about its numbers: what was found in the file itself counts.
      const index = known.get(file) ?? Math.min(await indexOfNumber(file, least), found.get(file) ?? file.entryCount);
      places.set(file, index);
      await slice.yield();
    }
  }
  return places;
}

/** By the first number. */
function groupByCounter(files: Iterable<LogFile>): Map<string, LogFile[]> {
  const groups = new Map<string, LogFile[]>();
  for (const file of files) {
    const group = groups.get(file.seqnumId);
    if (group === undefined) groups.set(file.seqnumId, [file]);
    else group.push(file);
  }
  for (const group of groups.values()) group.sort((one, other) => one.headSeqnum - other.headSeqnum);
  return groups;
}

async function firstAfter(files: JournalFiles, file: LogFile, bootId: string, isAfter: IsAfter): Promise<number> {
  if (file.entryCount === 0) return 0;
  await file.bootKnown(bootId);
  files.prepareOrder();
  const ofBoot = file.use()?.bisectBoot(bootId, isAfter);
  if (ofBoot !== undefined) return ofBoot;
  await file.timesKnown();
  const runs = file.timeRuns();
  const opened = file.use();
  if (opened === undefined || runs === undefined) return file.entryCount;
  files.prepareOrder();
  return firstAmong(runs, opened, isAfter) ?? file.entryCount;
}

async function indexOfNumber(file: LogFile, seqnum: number): Promise<number> {
  if (file.tailSeqnum < seqnum) return file.entryCount;
  if (file.headSeqnum >= seqnum) return 0;
  await file.recovered();
  return file.use()?.bisect((entry) => entry.seqnum >= seqnum) ?? file.entryCount;
}
