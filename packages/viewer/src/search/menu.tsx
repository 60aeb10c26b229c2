import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { registerKey } from '../people/keys.ts';

interface MenuProps {
  readonly class: string;
  readonly label: ComponentChildren;
  readonly title: string;
  /** A key that opens it, and what the help says of that. */
  readonly opens?: { readonly key: string; readonly label: string };
  /** What is in it; made when it is opened. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that opens something below it, which a click beside it or Escape closes. */
export function Menu({ class: className, label, title, opens, children }: MenuProps) {
  const id = `${className}-choices`;
  const around = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const open = useSignal(false);
  const close = () => {
    if (!open.peek()) return false;
    const hadFocus = around.current?.contains(document.activeElement) === true;
    open.value = false;
    if (hadFocus) button.current?.focus();
    return true;
  };
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (around.current?.contains(event.target as Node) === false) open.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, []);
  useEffect(() => {
    if (!open.value) return undefined;
    return registerKey({ key: 'Escape', label: `Close: ${title}`, group: 'Page', run: close });
  }, [open.value]);
  useEffect(
    () =>
      opens === undefined ? undefined : registerKey({ ...opens, group: 'Search', run: () => button.current?.click() }),
    [],
  );
  return (
    <div class={`menu ${className}`} ref={around}>
      <button
        ref={button}
        type="button"
        aria-expanded={open}
        aria-controls={id}
        title={title}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {label} <span aria-hidden="true">▾</span>
      </button>
      {open.value && (
        <div id={id} class="menu-choices">
          {children(close)}
        </div>
      )}
    </div>
  );
}
