import { computed, signal } from '@preact/signals';
import { view } from '../address/view.ts';
import { chooseEverything, toggle } from './choose.ts';
import { togglePin } from './remembered.ts';
import { rows, type SourceRow, setOpen } from './rows.ts';
import { Row } from './source-row.tsx';

/** The row that the Tab key comes to. */
const current = signal('everything');
const everythingChosen = computed(() => Object.keys(view.value.scope).length === 0);

/** All sources by what they are. Arrow keys go from row to row, and open and close what has something in it. */
export function SourceList() {
  const list = rows.value;
  const reachable = list.some(({ key }) => key === current.value) ? current.value : 'everything';
  return (
    <ul
      class="source-list"
      onKeyDown={onKeyDown}
      onFocusIn={({ target }) => {
        const key = mainIn(target as Element)?.dataset.main;
        if (key !== undefined) current.value = key;
      }}
    >
      <li class="source-row">
        <button
          type="button"
          class="quiet source-choice"
          data-main="everything"
          tabIndex={reachable === 'everything' ? 0 : -1}
          aria-pressed={everythingChosen}
          onClick={chooseEverything}
        >
          Everything
        </button>
      </li>
      {list.map((row) => (
        <li
          key={row.key}
          class={`source-row of-${row.kind}`}
          data-level={row.level}
          ref={(element) => element?.style.setProperty('--level', String(row.level))}
        >
          <Row row={row} current={row.key === reachable} />
        </li>
      ))}
    </ul>
  );
}

function mainIn(target: Element): HTMLElement | undefined {
  return target.closest('.source-row')?.querySelector<HTMLElement>('[data-main]') ?? undefined;
}

function onKeyDown(event: KeyboardEvent): void {
  const { key, currentTarget, target } = event;
  const main = mainIn(target as Element);
  if (main === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const mains = [...(currentTarget as Element).querySelectorAll<HTMLElement>('[data-main]')];
  const at = mains.indexOf(main);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: mains.length - 1 }[key];
  const row = rows.value.find((one) => one.key === main.dataset.main);
  if (to !== undefined) mains[Math.max(0, Math.min(mains.length - 1, to))]?.focus();
  else if (key === 'ArrowRight') openRow(row, true);
  else if (key === 'ArrowLeft') openRow(row, false) || parentOf(mains, at)?.focus();
  else if (key === ' ' && row?.kind === 'source' && target === main) toggle(row.source);
  else if (key === 'p' && row?.kind === 'source') togglePin(row.source);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @returns whether there was something to open or close */
function openRow(row: SourceRow | undefined, open: boolean): boolean {
  if (row === undefined || !('open' in row) || row.open === undefined || row.open === open) return false;
  setOpen(row.key, open);
  return true;
}

function parentOf(mains: readonly HTMLElement[], at: number): HTMLElement | undefined {
  const levelOf = (main: HTMLElement | undefined) =>
    Number(main?.closest<HTMLElement>('.source-row')?.dataset.level ?? 0);
  const level = levelOf(mains[at]);
  return mains.slice(0, at).findLast((main) => levelOf(main) < level);
}
