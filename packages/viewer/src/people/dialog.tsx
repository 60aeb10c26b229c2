import type { ReadonlySignal } from '@preact/signals';
import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly open: ReadonlySignal<boolean>;
  /** Asked for by Escape, by its button or by a click beside it; undefined: it stays until its work is done. */
  readonly onClose?: (() => void) | undefined;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A dialog over the page. While it is open nothing else can be reached; then the focus is back where it was. */
export function Dialog({ title, open, onClose, class: className = '', children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useSignalEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open === open.value) return;
    if (open.value) dialog.showModal();
    else dialog.close();
  });
  return (
    <dialog
      ref={element}
      class={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // Told of late, it may have been opened again.
        if (!open.value || element.current?.open === true) return;
        // Some browsers close at a second Escape whatever they are told.
        if (onClose === undefined) element.current?.showModal();
        else onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose?.();
      }}
      onKeyDown={() => undefined}
    >
      <div class="dialog-body">
        <header class="dialog-header">
          <h2>{title}</h2>
          {onClose === undefined ? null : (
            <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
              ✕
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
