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

/** `until 14:05`, with the day where that is another one. */
export function untilText(expires: number, at: Date): string {
  const end = new Date(expires * 1_000);
  const time = end.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (end.toDateString() === at.toDateString()) return `until ${time}`;
  return `until ${end.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
}

/** `in 4 minutes`, `in less than a minute`. */
export function inText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return 'in less than a minute';
  return minutes === 1 ? 'in a minute' : `in ${minutes} minutes`;
}
