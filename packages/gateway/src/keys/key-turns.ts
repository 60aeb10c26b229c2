import type { SigningKey } from './signing-key.ts';

/**
 * A key that does not sign any more stays published so long after the last token that it signed can have ended, in seconds:
 * the clocks of gateways differ.
 */
const farewell = 300;

/** Whose turn it is. `next` keys wait until agents know them; `previous` ones until their last tokens have ended. */
export type Turn = 'retired' | 'previous' | 'signs' | 'next';

export interface KeyTurn {
  readonly key: SigningKey;
  readonly turn: Turn;
  /** When it began to sign, or will, in seconds since 1970. */
  readonly signsFrom: number;
}

/**
 * What each key is for. Signs the newest one that was published for `delay`; the oldest, if there is none.
 *
 * @param keys the oldest first
 * @param delay in seconds
 * @param now in seconds since 1970
 */
export function turnsOf(keys: readonly SigningKey[], delay: number, now: number): readonly KeyTurn[] {
  const signing = Math.max(
    0,
    keys.findLastIndex(({ madeAt }) => madeAt + delay <= now),
  );
  return keys.map((key, index) => {
    const signsFrom = key.madeAt + delay;
    if (index === signing) return { key, turn: 'signs', signsFrom };
    if (index > signing) return { key, turn: 'next', signsFrom };
    const endedAt = (keys[index + 1]?.madeAt ?? 0) + delay;
    return { key, turn: endedAt + farewell <= now ? 'retired' : 'previous', signsFrom };
  });
}
