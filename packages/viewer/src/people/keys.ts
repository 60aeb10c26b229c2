import { type ReadonlySignal, signal } from '@preact/signals';

/** Something that the keyboard does. */
export interface Key {
  /** As `KeyboardEvent.key` names it, upper and lower case apart: `/`, `n`, `N`, `Escape`. Several that do the same: a list. */
  readonly key: string | readonly string[];
  /** What it does, as the help says it. */
  readonly label: string;
  /** Under which heading the help has it. */
  readonly group: 'Page' | 'Sources' | 'Log' | 'Search';
  /** Returns false where it has nothing to do: then the next one that has this key is asked, and at last the browser. */
  run(event: KeyboardEvent): unknown;
}

const registered = signal<readonly Key[]>([]);

/** All of them, for the help. */
export const keys: ReadonlySignal<readonly Key[]> = registered;

/**
 * Has a key do something wherever the focus is, but where it types: there only `Escape` and the function keys count, and in dialogs
 * none. What was registered last is asked first.
 *
 * @returns takes it back
 */
export function registerKey(key: Key): () => void {
  registered.value = [...registered.value, key];
  return () => {
    registered.value = registered.value.filter((one) => one !== key);
  };
}

/** @returns whether the key did something */
export function pressKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (isTaken(event.key, event.target as Element | null)) return false;
  for (const { key, run } of registered.value.toReversed()) {
    const fits = typeof key === 'string' ? key === event.key : key.includes(event.key);
    if (fits && run(event) !== false) {
      event.preventDefault();
      return true;
    }
  }
  return false;
}

const typing = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]';
const pressed = 'button, a[href], summary, select, input, [role=button], [role=option], [role=treeitem]';

/** Whether what has the focus has a use for the key itself. */
function isTaken(key: string, target: Element | null): boolean {
  if (target?.closest?.('dialog') != null) return true;
  if (key === 'Escape' || /^F\d+$/.test(key)) return false;
  if (target?.closest?.(typing) != null) return true;
  return (key === 'Enter' || key === ' ') && target?.closest?.(pressed) != null;
}

globalThis.addEventListener?.('keydown', pressKey);
