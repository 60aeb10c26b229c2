import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { findSession, session } from './session.ts';

/** How long before the end of a token its reader is told, in seconds. */
export const noticePeriod = 300;

const now = signal(Date.now() / 1_000);

/** Minds the end of the token: the reader is told before, and asked for another even if the page asks for nothing just then. */
export function watchExpiry(): void {
  setInterval(() => {
    now.value = Date.now() / 1_000;
    // Clocks differ: that it has ended is the gateway's word.
    if (remaining.value === 0) void findSession();
  }, 5_000);
}

/** Seconds until the token ends, from {@link noticePeriod} on; undefined before, and where it never does. */
export const remaining: ReadonlySignal<number | undefined> = computed(() => remainingOf(session.value, now.value));

export function remainingOf(
  { state, expires }: { readonly state: string; readonly expires?: number },
  at: number,
): number | undefined {
  if (state !== 'signed-in' || expires === undefined) return undefined;
  const left = Math.max(0, expires - at);
  return left <= noticePeriod ? left : undefined;
}
