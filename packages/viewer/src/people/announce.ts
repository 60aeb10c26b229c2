import { type ReadonlySignal, signal } from '@preact/signals';

/** Something that was said. */
export interface Announcement {
  readonly id: number;
  readonly text: string;
}

/** So many stay: what follows at once does not take the words of the one before. */
const most = 3;
let said = 0;
const recent = signal<readonly Announcement[]>([]);

/** What was said last to those who do not see the page. */
export const announcements: ReadonlySignal<readonly Announcement[]> = recent;

/** Says something by the live region, when a screen reader has a pause: in a few words, and not for every entry. */
export function announce(text: string): void {
  recent.value = [...recent.value, { id: said++, text }].slice(-most);
}
