import { type CountOptions, defaultCountingTime, type ValueCounts } from '../counts.ts';
import { TimeSlice } from '../time-slice.ts';
import { ValueTally } from '../value-tally.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';

/**
 * Counts all entries by the values of a field, file by file, from the files' own indexes.
 *
 * @returns undefined where entries must be looked at one by one: an entry may lie in two files, or an index does not serve
 */
export async function countFilesByValue(
  files: JournalFiles,
  field: string,
  options: CountOptions = {},
): Promise<ValueCounts | undefined> {
  files.settle();
  files.requireReadable();
  const { signal, milliseconds = defaultCountingTime } = options;
  const deadline = performance.now() + milliseconds;
  const slice = new TimeSlice();
  const tally = new ValueTally(field, options);
  const inOrder = [...files.all].filter(({ entryCount }) => entryCount > 0).sort(newestFirst);
  if (haveCommonEntries(inOrder)) return undefined;

  const turn = async (): Promise<boolean> => {
    await slice.yield();
    signal?.throwIfAborted();
    return performance.now() <= deadline;
  };
  for (const file of inOrder) {
    if (!(await turn())) return tally.result('partial');
    await file.recovered();
    const opened = file.use();
    if (opened === undefined) continue;
    file.readers++;
    try {
      const outcome = await opened.countValues(field, tally, turn);
      if (outcome === 'unfit') return undefined;
      if (outcome === 'stopped') return tally.result('partial');
    } finally {
      file.readers--;
      files.release(file);
    }
  }
  return tally.result('exact');
}

/** By counter, the greatest number first. */
function newestFirst(one: LogFile, other: LogFile): number {
  if (one.seqnumId !== other.seqnumId) return one.seqnumId < other.seqnumId ? -1 : 1;
  return other.headSeqnum - one.headSeqnum;
}

/** Whether two files may hold the same entry: their numbers are of one counter and overlap. */
function haveCommonEntries(inOrder: readonly LogFile[]): boolean {
  return inOrder.some((file, index) => {
    const older = inOrder[index + 1];
    return older?.seqnumId === file.seqnumId && older.tailSeqnum >= file.headSeqnum;
  });
}
