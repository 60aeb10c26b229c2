import { signal } from '@preact/signals';

/** On narrow screens the sources are over the log, when they are wanted. */
export const drawerOpen = signal(false);

export function toggleDrawer(): void {
  drawerOpen.value = !drawerOpen.value;
}

export function closeDrawer(): void {
  drawerOpen.value = false;
}
