import { effect, signal } from '@preact/signals';
import { timeStyle } from '../people/preferences.ts';

const period = 1_000;

/** The time, ms since 1970; it moves on once a second while times are shown relative to it. */
export const now = signal(Date.now());

effect(() => {
  if (timeStyle.value !== 'relative') return undefined;
  now.value = Date.now();
  const timer = setInterval(() => {
    if (!globalThis.document?.hidden) now.value = Date.now();
  }, period);
  return () => clearInterval(timer);
});
