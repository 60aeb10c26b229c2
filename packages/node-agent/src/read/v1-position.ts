import type { Cursor } from '@clusterlog/shared';
import type { Direction, EntryWalk } from '../journal/source.ts';

/** Where an API v1 request starts. */
export interface V1Position {
  readonly cursor: Cursor | undefined;
  /** Entries; 0 when not asked for. */
  readonly skipNext: number;
  /** Entries; 0 when not asked for. */
  readonly skipPrev: number;
  readonly direction: Direction;
}

export interface V1Start {
  /** For the header X-Journal-Skip-Next: entries really skipped. */
  readonly skippedNext: number;
  /** For the header X-Journal-Skip-Prev. */
  readonly skippedPrev: number;
  /** Whether the cursor's own entry is still there; undefined without a cursor. `nearest` deserves a line in the log. */
  readonly cursorFound: 'exact' | 'nearest' | undefined;
}

/**
 * Moves a walk to where dcos-log v1 would start reading, its bugs excepted. Read on in the position's direction.
 *
 * Without a cursor: `skip_next=N` starts at the N-th entry (so 1 changes nothing; past the end, at the last one);
 * `skip_prev=N` starts N entries before the end and overrides `skip_next`; otherwise reading starts at the first entry,
 * in reverse at the newest.
 *
 * With a cursor, entries are counted from its entry c, which itself is left out when nothing moves it: c + skip_next -
 * skip_prev, each as far as there are entries. Reading in reverse goes down from there. A cursor whose entry is gone, or
 * does not match, counts as if its entry were there and were left out: forward the nearest later entry comes first, in
 * reverse the nearest earlier one.
 */
export async function seekV1(walk: EntryWalk, position: V1Position): Promise<V1Start> {
  if (position.cursor === undefined) return seekWithoutCursor(walk, position);
  return seekFromCursor(walk, position.cursor, position);
}

async function seekWithoutCursor(walk: EntryWalk, position: V1Position): Promise<V1Start> {
  const { skipNext, skipPrev, direction } = position;
  let skippedNext = 0;
  let skippedPrev = 0;
  if (skipNext > 0) {
    await walk.seekHead();
    skippedNext = await walk.skip(skipNext);
    if (skipPrev === 0 && direction === 'forward' && skippedNext > 0) await walk.skip(-1);
  }
  if (skipPrev > 0) {
    await walk.seekTail();
    skippedPrev = await walk.skip(-skipPrev);
    if (direction === 'backward' && skippedPrev > 0) await walk.skip(1);
  } else if (skipNext === 0) {
    if (direction === 'forward') await walk.seekHead();
    else await walk.seekTail();
  }
  return { skippedNext, skippedPrev, cursorFound: undefined };
}

async function seekFromCursor(walk: EntryWalk, cursor: Cursor, position: V1Position): Promise<V1Start> {
  const { skipNext, skipPrev, direction } = position;
  let skippedNext = 0;
  if (skipNext > 0) {
    const cursorFound = await walk.seekCursor(cursor, 'after');
    skippedNext = await walk.skip(skipNext);
    if (skipPrev < skippedNext) {
      const back = direction === 'forward' ? skipPrev + 1 : skipPrev;
      if (back > 0) await walk.skip(-back);
      return { skippedNext, skippedPrev: skipPrev, cursorFound };
    }
  }
  if (skipPrev > skippedNext) {
    const cursorFound = await walk.seekCursor(cursor, 'before');
    const beforeCursor = await walk.skip(skippedNext - skipPrev);
    if (beforeCursor > 0) {
      if (direction === 'backward') await walk.skip(1);
      return { skippedNext, skippedPrev: skippedNext + beforeCursor, cursorFound };
    }
  }
  const cursorFound = await walk.seekCursor(cursor, direction === 'forward' ? 'after' : 'before');
  return { skippedNext, skippedPrev: skippedNext, cursorFound };
}
