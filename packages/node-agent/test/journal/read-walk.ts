import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry, FieldView } from '../../src/journal/entry.ts';
import type { Direction, EntryWalk } from '../../src/journal/source.ts';
import { copyEntry, type ReadEntry } from './read-entries.ts';

/** Reads at most `limit` entries, slice by slice, until there are no more now. */
export async function readWalk<T = ReadEntry>(
  walk: EntryWalk,
  direction: Direction,
  limit: number = Number.POSITIVE_INFINITY,
  copy: (entry: Entry) => T = copyEntry as (entry: Entry) => T,
): Promise<T[]> {
  const entries: T[] = [];
  if (limit === 0) return entries;
  for (;;) {
    const outcome = await walk.read(direction, (entry) => {
      entries.push(copy(entry));
      return entries.length < limit;
    });
    if (outcome !== 'slice') return entries;
    await nextTurn();
  }
}

/** The text of MESSAGE; empty without one. */
export function messageOf(entry: Entry): string {
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  for (let index = 0; index < entry.itemCount; index++) {
    if (!entry.load(index, view) || view.bytes.toString('latin1', view.start, view.equals) !== 'MESSAGE') continue;
    return view.bytes.toString('utf8', view.equals + 1, view.end);
  }
  return '';
}

export function readMessages(walk: EntryWalk, direction: Direction, limit?: number): Promise<string[]> {
  return readWalk(walk, direction, limit, messageOf);
}
