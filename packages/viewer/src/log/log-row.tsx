import { useCallback, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { timeStyle } from '../people/preferences.ts';
import { changesAt } from './changes.ts';
import { place } from './log-state.ts';
import { openEntry } from './open-entry.ts';
import type { Row } from './row.ts';
import { RowView } from './row-view.tsx';
import { selectedKey } from './selection.ts';

export interface LogRowProps {
  readonly rows: readonly Row[];
  readonly index: number;
  /** Told the element, to measure its height. */
  readonly measure: (element: HTMLElement | null) => void;
}

/** A row of the list, as one element. */
export function LogRow({ rows, index, measure }: LogRowProps) {
  const element = useRef<HTMLElement | null>(null);
  const row = rows[index];
  const isEntry = row?.kind === 'entry';
  const isSelected = isEntry && selectedKey.value === row.key;
  useLayoutEffect(() => {
    if (isSelected && place.peek().key === row?.key) focusIfFree(element.current);
  }, [isSelected]);
  // A reference that stays the same is told only when the element is made and when it goes.
  const drawn = useCallback(
    (made: HTMLElement | null) => {
      element.current = made;
      measure(made);
    },
    [measure],
  );
  const { day, boot } = changesAt(rows, index, timeStyle.value);
  const content = useMemo(
    () => row && <RowView row={row} {...(day && { day })} {...(boot && { boot })} />,
    [row, day, boot?.id],
  );
  if (row === undefined) return null;
  const choose = (event: MouseEvent) => {
    if (!isEntry) return;
    // Marking text is not opening; neither is using what is in the details.
    if (getSelection()?.isCollapsed === false) return;
    if (event.target instanceof Element && event.target.closest('.details, button, a') !== null) return;
    openEntry(row);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are those of the page, in log-keys.ts
    <article
      ref={drawn}
      class="row"
      data-index={index}
      data-key={row.key}
      tabIndex={isSelected ? 0 : -1}
      aria-posinset={index + 1}
      aria-setsize={-1}
      aria-current={isSelected ? 'true' : undefined}
      onClick={choose}
    >
      {content}
    </article>
  );
}

/** Who goes from entry to entry by keys takes the focus along, unless it is in another room of the page. */
function focusIfFree(element: HTMLElement | null): void {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body || activeElement.closest('.log') !== null) {
    element?.focus({ preventScroll: true });
  }
}
