import type { Cursor, Scope } from '@clusterlog/shared';
import type { NewestEntry } from './newest-entry.ts';
import { redactionOf } from './redaction.ts';

/** Who can be asked for the place up to which the journal goes. */
export type Newest = Pick<NewestEntry, 'now' | 'settled'>;

/**
 * The same place, as a cursor of whoever something is withheld from has it: its entry may be one that is shown in part.
 */
export function newestShown(newest: Newest, scope: Scope): Newest {
  if (scope.withhold.length === 0) return newest;
  const shown = (cursor: Cursor | undefined) => (cursor === undefined ? undefined : cursorShown(cursor, scope));
  return {
    now: async () => shown(await newest.now()),
    async settled(delay) {
      const { cursor, isYoung } = await newest.settled(delay);
      return { cursor: shown(cursor), isYoung };
    },
  };
}

/** A cursor as its entry has it when something is withheld: without the xor hash, and without a boot id that is withheld. */
export function cursorShown(cursor: Cursor, scope: Scope): Cursor {
  const redaction = redactionOf(scope);
  return redaction === undefined ? cursor : { ...cursor, bootId: redaction.bootShown(cursor.bootId), xorHash: 0n };
}
