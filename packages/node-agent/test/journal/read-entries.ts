import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import type { Entry, FieldView } from '../../src/journal/entry.ts';
import type { Direction, FileWalk } from '../../src/journal/file/file-walk.ts';

/** An entry copied out of its flyweight: its cursor, and its fields as sorted `FIELD=value` in latin1. */
export interface ReadEntry {
  readonly cursor: string;
  readonly fields: readonly string[];
  /** Items that could not be loaded. */
  readonly lost: number;
}

export function copyEntry(entry: Entry): ReadEntry {
  const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
  const fields: string[] = [];
  let lost = 0;
  for (let index = 0; index < entry.itemCount; index++) {
    if (entry.load(index, view)) fields.push(view.bytes.toString('latin1', view.start, view.end));
    else lost += 1;
  }
  return { cursor: cursorOf(entry), fields: fields.sort(), lost };
}

/** Steps to the end of the file, copying what `copy` makes of each entry. */
export async function readAll<T>(walk: FileWalk, direction: Direction, copy: (entry: Entry) => T): Promise<T[]> {
  const read: T[] = [];
  for (;;) {
    const entry = walk.peek(direction);
    if (entry === 'end') return read;
    if (entry === 'pending') {
      await walk.fill();
      continue;
    }
    read.push(copy(entry));
    walk.advance(direction);
  }
}
