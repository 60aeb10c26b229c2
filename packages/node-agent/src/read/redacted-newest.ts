import type { Cursor, Scope } from '@clusterlog/shared';
import type { NewestEntry } from './newest-entry.ts';

/** Who can be asked for the place up to which the journal goes. */
export type Newest = Pick<NewestEntry, 'now' | 'settled'>;

/** The same place, without the xor hash of its entry when something is withheld: the entry may be one that is shown in part. */
export function newestShown(newest: Newest, { withhold }: Scope): Newest {
  if (withhold.length === 0) return newest;
  return {
    now: async () => withoutHash(await newest.now()),
    async settled(delay) {
      const { cursor, isYoung } = await newest.settled(delay);
      return { cursor: withoutHash(cursor), isYoung };
    },
  };
}

/** A cursor as its entry has it when something is withheld. */
export function cursorShown(cursor: Cursor, { withhold }: Scope): Cursor {
  return withhold.length === 0 ? cursor : { ...cursor, xorHash: 0n };
}

function withoutHash(cursor: Cursor | undefined): Cursor | undefined {
  return cursor === undefined ? undefined : { ...cursor, xorHash: 0n };
}
