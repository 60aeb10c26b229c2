import type { Cursor } from '@clusterlog/shared';
import type { Entry } from '../journal/entry.ts';
import type { EntryWalk } from '../journal/source.ts';
import { QueryError } from './query-error.ts';

/** A cursor of which parts may be missing: `sd_journal_seek_cursor` takes a time alone for a place. */
export type CursorParts = Partial<Cursor>;

const keys = { s: 'seqnumId', i: 'seqnum', b: 'bootId', m: 'monotonic', t: 'realtime', x: 'xorHash' } as const;

/**
 * Reads `KEY=value` parts separated by semicolons, in any order. Together they must say a place: all six, or a boot id and
 * a monotonic time, or a realtime.
 *
 * @throws QueryError `cursor-malformed`
 */
export function parseCursorParts(text: string): CursorParts {
  const parts: { -readonly [Key in keyof Cursor]?: Cursor[Key] } = {};
  for (const part of text.split(';')) {
    const [, key = '', value = ''] = /^([a-z])=([0-9a-f]+)$/i.exec(part) ?? [];
    const isId = key === 's' || key === 'b';
    if (key === '' || (isId ? value.length !== 32 : value.length > 16)) throw malformed();
    if (key === 's' || key === 'b') parts[keys[key]] = value.toLowerCase();
    else if (key === 'i' || key === 'm' || key === 't' || key === 'x') parts[keys[key]] = BigInt(`0x${value}`);
  }
  if (parts.realtime === undefined && (parts.bootId === undefined || parts.monotonic === undefined)) throw malformed();
  return parts;
}

/** Moves `walk` to the place: before its entry, or after it. */
export async function seekCursorParts(walk: EntryWalk, parts: CursorParts, side: 'before' | 'after'): Promise<void> {
  const { seqnumId, seqnum, bootId, monotonic, realtime, xorHash } = parts;
  if (bootId === undefined || monotonic === undefined) {
    // Whole microseconds: after those of one is before those of the next.
    return walk.seekRealtime(Number(realtime ?? 0n) + (side === 'after' ? 1 : 0));
  }
  if (seqnumId !== undefined && seqnum !== undefined && realtime !== undefined && xorHash !== undefined) {
    await walk.seekCursor({ seqnumId, seqnum, bootId, monotonic, realtime, xorHash }, side);
    return;
  }
  // No entry is this one, so the walk comes to stand at the first one of the boot that is later.
  const nearest = side === 'after' || monotonic === 0n ? monotonic : monotonic - 1n;
  await walk.seekCursor(
    { seqnumId: '0'.repeat(32), seqnum: 0n, bootId, monotonic: nearest, realtime: realtime ?? 0n, xorHash: 0n },
    side,
  );
}

/** Whether the entry has every part. */
export function hasCursorParts(entry: Entry, parts: CursorParts): boolean {
  const { seqnumId, seqnum, bootId, monotonic, realtime, xorHash } = parts;
  if (seqnumId !== undefined && seqnumId !== entry.seqnumId) return false;
  if (bootId !== undefined && bootId !== entry.bootId) return false;
  if (seqnum !== undefined && seqnum !== BigInt(entry.seqnum)) return false;
  if (monotonic !== undefined && monotonic !== BigInt(entry.monotonic)) return false;
  if (realtime !== undefined && realtime !== BigInt(entry.realtime)) return false;
  return xorHash === undefined || xorHash === (BigInt(entry.xorHashHigh) << 32n) + BigInt(entry.xorHashLow);
}

function malformed(): QueryError {
  return new QueryError('cursor-malformed', 'Failed to seek in journal.');
}
