import type { Cursor } from '@clusterlog/shared';
import type { V1Position } from './v1-position.ts';

/** Where API v2 counts `skip` from: the entry of a cursor, or an end of the journal (`BEG`, `END`). */
export type V2Origin = Cursor | 'beginning' | 'end';

/**
 * Where an API v2 request starts, in terms of v1: above 0 `skip` is v1's `skip_next`, otherwise its `skip_prev`.
 *
 * From the beginning a skip below 0 counts back from the end all the same, as `dcos node log` asks it to: there is nothing
 * before the beginning. From the end at least the last entry is read.
 */
export function v2Position(origin: V2Origin, skip: number): V1Position {
  const skipPrev = Math.max(0, -skip);
  if (origin === 'end')
    return { cursor: undefined, skipNext: 0, skipPrev: Math.max(1, skipPrev), direction: 'forward' };
  const cursor = origin === 'beginning' ? undefined : origin;
  return { cursor, skipNext: Math.max(0, skip), skipPrev, direction: 'forward' };
}
