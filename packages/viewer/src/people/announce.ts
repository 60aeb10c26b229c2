import { type ReadonlySignal, signal } from '@preact/signals';

const said = signal('');

/** What is said to those who do not see the page. */
export const announcement: ReadonlySignal<string> = said;

/** Says something by the live region, when a screen reader has a pause: in a few words, and not for every entry. */
export function announce(text: string): void {
  // The same words again are said only if the text differs.
  said.value = said.value === text ? `${text}\u00a0` : text;
}
