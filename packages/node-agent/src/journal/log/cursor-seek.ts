import type { Cursor } from '@clusterlog/shared';
import { TimeSlice } from '../time-slice.ts';
import { type EntryKey, isSameEntry, keyOf } from './entry-order.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile, OpenedFile } from './log-file.ts';

/** Where a cursor leads. */
export interface CursorPlace {
  readonly found: 'exact' | 'nearest';
  /** The entry the position lies beside; undefined when only the cursor's realtime is of use. */
  readonly beside: EntryKey | undefined;
  readonly side: 'before' | 'after';
  /** Positions, as indexes of main entry arrays, in the files where they are known already. */
  readonly indexes: ReadonlyMap<LogFile, number>;
}

/**
 * Resolves a cursor, by the first of these that there is:
 *
 * 1. the entry with its seqnum id and seqnum, if boot, monotonic, realtime and xor hash agree;
 * 2. in the files of its boot, the entry with equal monotonic, realtime and xor hash (several: that with the same seqnum,
 *    else the first of them), which is the very entry under another number, since journald numbers anew what it flushes
 *    from /run to /var;
 * 3. before the first entry of its boot after its monotonic time;
 * 4. after its realtime.
 *
 * @param side where to stand when the very entry is found
 */
export async function findCursor(files: JournalFiles, cursor: Cursor, side: 'before' | 'after'): Promise<CursorPlace> {
  const wanted = wantedOf(cursor);
  const exact = (await byNumber(files, wanted, side)) ?? (await byTimestamps(files, wanted, side));
  return exact ?? (await byBoot(files, wanted)) ?? byRealtime();
}

async function byNumber(
  files: JournalFiles,
  wanted: EntryKey,
  side: 'before' | 'after',
): Promise<CursorPlace | undefined> {
  for (const file of [...files.all]) {
    if (file.seqnumId !== wanted.seqnumId || file.entryCount === 0) continue;
    if (wanted.seqnum < file.headSeqnum || wanted.seqnum > file.tailSeqnum) continue;
    await file.recovered();
    const opened = file.use();
    if (opened === undefined) continue;
    const index = opened.bisect((entry) => entry.seqnum >= wanted.seqnum);
    const entry = index < opened.entryCount ? opened.entryAt(index) : undefined;
    if (entry !== undefined && isSameEntry(entry, wanted)) return exactly(file, index, keyOf(entry), side);
  }
  return undefined;
}

async function byTimestamps(
  files: JournalFiles,
  wanted: EntryKey,
  side: 'before' | 'after',
): Promise<CursorPlace | undefined> {
  const slice = new TimeSlice();
  let first: CursorPlace | undefined;
  for (const file of [...files.all]) {
    await slice.yield();
    if (file.entryCount > 0) await file.bootKnown(wanted.bootId);
    const opened = file.entryCount > 0 ? file.use() : undefined;
    for (const { index, key } of opened === undefined ? [] : entriesAt(opened, wanted)) {
      if (key.realtime !== wanted.realtime) continue;
      if (key.xorHashHigh !== wanted.xorHashHigh || key.xorHashLow !== wanted.xorHashLow) continue;
      const place = exactly(file, index, key, side);
      if (key.seqnum === wanted.seqnum) return place;
      if (first?.beside === undefined || files.compare(key, first.beside) < 0) first = place;
    }
  }
  return first;
}

/** The entries of the wanted boot at the wanted monotonic time. */
export function* entriesAt(
  file: OpenedFile,
  { bootId, monotonic }: EntryKey,
): Generator<{ index: number; key: EntryKey }> {
  const from = file.bisectBoot(bootId, (entry) => entry.monotonic >= monotonic);
  const to = from === undefined ? undefined : file.bisectBoot(bootId, (entry) => entry.monotonic > monotonic);
  for (let index = from ?? 0; index < (to ?? 0); index++) {
    const entry = file.entryAt(index);
    if (entry?.bootId === bootId && entry.monotonic === monotonic) yield { index, key: keyOf(entry) };
  }
}

async function byBoot(files: JournalFiles, wanted: EntryKey): Promise<CursorPlace | undefined> {
  // Lines of one write share their times; the counter, where it is the same one, tells which of them come after.
  const isAfter = (entry: EntryKey): boolean =>
    entry.monotonic > wanted.monotonic ||
    (entry.monotonic === wanted.monotonic && entry.seqnumId === wanted.seqnumId && entry.seqnum > wanted.seqnum);
  const slice = new TimeSlice();
  const indexes = new Map<LogFile, number>();
  await files.orderKnown();
  let after: EntryKey | undefined;
  let before: EntryKey | undefined;
  for (const file of [...files.all]) {
    await slice.yield();
    if (file.entryCount > 0) await file.bootKnown(wanted.bootId);
    files.prepareOrder();
    const opened = file.entryCount > 0 ? file.use() : undefined;
    const index = opened?.bisectBoot(wanted.bootId, isAfter);
    if (opened === undefined || index === undefined) continue;
    indexes.set(file, index);
    const next = index < opened.entryCount ? opened.entryAt(index) : undefined;
    if (next?.bootId === wanted.bootId && (after === undefined || files.compare(next, after) < 0)) after = keyOf(next);
    const last = file.keyBefore(index);
    if (last?.bootId === wanted.bootId && (before === undefined || files.compare(last, before) > 0)) before = last;
  }
  if (after !== undefined) return { found: 'nearest', beside: after, side: 'before', indexes };
  if (before !== undefined) return { found: 'nearest', beside: before, side: 'after', indexes };
  return undefined;
}

function byRealtime(): CursorPlace {
  return { found: 'nearest', beside: undefined, side: 'after', indexes: new Map() };
}

function exactly(file: LogFile, index: number, key: EntryKey, side: 'before' | 'after'): CursorPlace {
  return { found: 'exact', beside: key, side, indexes: new Map([[file, side === 'before' ? index : index + 1]]) };
}

function wantedOf(cursor: Cursor): EntryKey {
  return {
    seqnumId: cursor.seqnumId,
    seqnum: Number(cursor.seqnum),
    bootId: cursor.bootId,
    monotonic: Number(cursor.monotonic),
    realtime: Number(cursor.realtime),
    xorHashHigh: Number(cursor.xorHash >> 32n),
    xorHashLow: Number(cursor.xorHash & 0xffff_ffffn),
  };
}
