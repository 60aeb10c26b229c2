import { type Cursor, formatCursor } from '@clusterlog/shared';
import { compareEntries, type EntryKey, isSameEntry } from '../log/entry-order.ts';
import type { JournalctlEntry } from './journalctl-entry.ts';
import type { JournalctlStrand, StrandPlace } from './journalctl-strand.ts';

/** journalctl tells nothing of boots' ages. */
const noAges = { newestOf: () => undefined };

export function compareKeys(a: EntryKey, b: EntryKey): number {
  return compareEntries(a, b, noAges);
}

/** The position after the last entry of a directory. */
export async function tailOf(strand: JournalctlStrand): Promise<StrandPlace> {
  return after(await strand.find(['--reverse', '--lines=1']));
}

/** The position before the first entry whose realtime is at or after `microseconds`. */
export async function placeAtRealtime(strand: JournalctlStrand, microseconds: number): Promise<StrandPlace> {
  const first = await strand.find([sinceArgument(microseconds)], (entry) => entry.realtime >= microseconds);
  return first === undefined ? tailOf(strand) : before(first);
}

/** Places all directories at a cursor by the cursor rule; see cursor-seek.ts. */
export async function placeAtCursor(
  strands: readonly JournalctlStrand[],
  cursor: Cursor,
  side: 'before' | 'after',
): Promise<'exact' | 'nearest'> {
  const found = (await byNumber(strands, cursor)) ?? (await byTimestamps(strands, cursor));
  if (found !== undefined) {
    await placeBeside(strands, found, side);
    return 'exact';
  }
  const next = await nextOfBoot(strands, cursor);
  const last = next ?? (await lastOfBoot(strands, cursor));
  for (const strand of last === undefined ? strands : []) {
    await strand.moveTo(await placeAtRealtime(strand, Number(cursor.realtime) + 1));
  }
  if (last !== undefined) await placeBeside(strands, last, next === undefined ? 'after' : 'before');
  return 'nearest';
}

async function placeBeside(
  strands: readonly JournalctlStrand[],
  entry: JournalctlEntry,
  side: 'before' | 'after',
): Promise<void> {
  for (const strand of strands) {
    const first = await strand.find([`--cursor=${entry.cursor}`], (other) => {
      const order = isSameEntry(other, entry) ? 0 : compareKeys(other, entry);
      return side === 'before' ? order >= 0 : order > 0;
    });
    await strand.moveTo(first === undefined ? await tailOf(strand) : before(first));
  }
}

async function byNumber(strands: readonly JournalctlStrand[], cursor: Cursor): Promise<JournalctlEntry | undefined> {
  const text = formatCursor(cursor);
  for (const strand of strands) {
    const entry = await strand.find([`--cursor=${text}`]);
    if (entry !== undefined && entry.cursor === text) return entry;
  }
  return undefined;
}

async function byTimestamps(
  strands: readonly JournalctlStrand[],
  cursor: Cursor,
): Promise<JournalctlEntry | undefined> {
  const realtime = Number(cursor.realtime);
  const rest = timestampsIn(formatCursor(cursor));
  let first: JournalctlEntry | undefined;
  for (const strand of strands) {
    for await (const entry of strand.list([sinceArgument(realtime), `_BOOT_ID=${cursor.bootId}`])) {
      if (entry.realtime > realtime) break;
      if (timestampsIn(entry.cursor) !== rest) continue;
      if (entry.seqnum === Number(cursor.seqnum)) return entry;
      first ??= entry;
    }
  }
  return first;
}

async function nextOfBoot(strands: readonly JournalctlStrand[], cursor: Cursor): Promise<JournalctlEntry | undefined> {
  const { bootId, seqnumId } = cursor;
  const monotonic = Number(cursor.monotonic);
  const isAfter = (entry: EntryKey): boolean =>
    entry.monotonic > monotonic ||
    (entry.monotonic === monotonic && entry.seqnumId === seqnumId && entry.seqnum > Number(cursor.seqnum));
  const args = [`--cursor=b=${bootId};m=${cursor.monotonic.toString(16)}`, `_BOOT_ID=${bootId}`];
  let least: JournalctlEntry | undefined;
  for (const strand of strands) {
    const entry = await strand.find(args, isAfter);
    if (entry !== undefined && (least === undefined || compareKeys(entry, least) < 0)) least = entry;
  }
  return least;
}

async function lastOfBoot(strands: readonly JournalctlStrand[], cursor: Cursor): Promise<JournalctlEntry | undefined> {
  let last: JournalctlEntry | undefined;
  for (const strand of strands) {
    const entry = await strand.find(['--reverse', '--lines=1', `_BOOT_ID=${cursor.bootId}`]);
    if (entry !== undefined && (last === undefined || compareKeys(entry, last) > 0)) last = entry;
  }
  return last;
}

/** Boot, times and xor hash: what stays when journald numbers an entry anew. */
function timestampsIn(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b='));
}

function sinceArgument(microseconds: number): string {
  const fraction = String(microseconds % 1_000_000).padStart(6, '0');
  return `--since=@${Math.floor(microseconds / 1_000_000)}.${fraction}`;
}

function before(entry: JournalctlEntry): StrandPlace {
  return { kind: 'beside', entry, side: 'before' };
}

function after(entry: JournalctlEntry | undefined): StrandPlace {
  return entry === undefined ? { kind: 'head' } : { kind: 'beside', entry, side: 'after' };
}
