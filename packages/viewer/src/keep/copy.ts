import { signal } from '@preact/signals';
import { announce } from '../people/announce.ts';

/** What was copied last, or could not be; shown for a moment. */
export const copied = signal<string | undefined>(undefined);
const shownFor = 4_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Puts a text on the clipboard, and says so. @param what in a few words, such as `Link` */
export async function copy(text: string, what: string): Promise<void> {
  const done = (await write(text))
    ? `${what} copied`
    : `${what} could not be copied: this browser does not let the page`;
  copied.value = done;
  announce(done);
  clearTimeout(timer);
  timer = setTimeout(() => {
    copied.value = undefined;
  }, shownFor);
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text);
  }
}

/** Where there is no clipboard for pages: without TLS, but on loopback. */
function writeBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  const focused = document.activeElement as HTMLElement | null;
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
    focused?.focus();
  }
}
