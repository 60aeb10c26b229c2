import { signal } from '@preact/signals';

/** On narrow screens the sources are over the log, when they are wanted. */
export const drawerOpen = signal(false);

/** Screens as narrow as that have it (style/sources.css). */
const narrow = globalThis.matchMedia?.('(max-width: 760px)');
narrow?.addEventListener('change', closeDrawer);

export function toggleDrawer(): void {
  drawerOpen.value = !drawerOpen.value;
}

export function closeDrawer(): void {
  drawerOpen.value = false;
}
