import { view } from '../address/view.ts';
import { isChosen } from './choice.ts';
import { choose, chooseServices, toggle } from './choose.ts';
import { isPinned, togglePin } from './remembered.ts';
import { type SourceRow, setOpen, showMore } from './rows.ts';
import type { Source } from './source.ts';
import { SourceName } from './source-name.tsx';

interface RowProps {
  readonly row: SourceRow;
  /** Whether the Tab key comes to this row: it does to one of all, arrow keys go on from there. */
  readonly current: boolean;
}

/** A row of the panel. */
export function Row({ row, current }: RowProps) {
  const tabIndex = current ? 0 : -1;
  switch (row.kind) {
    case 'heading':
      return (
        <h2 class="source-heading">
          {row.text} {row.detail === '' ? null : <span class="source-detail">{row.detail}</span>}
        </h2>
      );
    case 'note':
      return <p class={`source-note ${row.tone}`}>{row.text}</p>;
    case 'more':
      return (
        <button
          type="button"
          class="quiet source-more"
          data-main={row.key}
          tabIndex={tabIndex}
          onClick={() => showMore(row.of)}
        >
          {row.count} more
        </button>
      );
    case 'folder':
      return (
        <>
          <Disclosure row={row} name={row.name} />
          <button
            type="button"
            class="quiet source-choice"
            data-main={row.key}
            tabIndex={tabIndex}
            title={`Show its ${row.paths.length} services as one log`}
            onClick={() => chooseServices(row.paths, row.name)}
          >
            <span class="source-name">
              <bdi>{row.name}/</bdi> <span class="source-detail">{row.detail}</span>
            </span>
          </button>
        </>
      );
    case 'source':
      return <SourceLine row={row} tabIndex={tabIndex} />;
  }
}

function SourceLine({ row, tabIndex }: { readonly row: SourceRow & { kind: 'source' }; readonly tabIndex: number }) {
  const { source, open } = row;
  const chosen = isChosen(view.value.scope, source);
  return (
    <>
      {open === undefined ? <span class="disclosure" /> : <Disclosure row={{ ...row, open }} name={source.name} />}
      <button
        type="button"
        class="quiet source-choice"
        data-main={row.key}
        tabIndex={tabIndex}
        aria-pressed={chosen}
        onClick={(event) => (event.ctrlKey || event.metaKey || event.shiftKey ? toggle(source) : choose(source))}
      >
        <SourceName source={source} />
      </button>
      <input
        type="checkbox"
        class="merge"
        tabIndex={tabIndex}
        checked={chosen}
        aria-label={`${source.name}, too`}
        title="Together with the others chosen (Space)"
        onClick={() => toggle(source)}
      />
      <PinButton source={source} tabIndex={tabIndex} />
    </>
  );
}

function Disclosure({
  row,
  name,
}: {
  readonly row: { readonly key: string; readonly open: boolean };
  readonly name: string;
}) {
  const { key, open } = row;
  return (
    <button
      type="button"
      class="quiet disclosure"
      tabIndex={-1}
      aria-expanded={open}
      aria-label={`What is in ${name}`}
      onClick={() => setOpen(key, !open)}
    >
      <span aria-hidden="true">{open ? '▾' : '▸'}</span>
    </button>
  );
}

function PinButton({ source, tabIndex }: { readonly source: Source; readonly tabIndex: number }) {
  const pinned = isPinned(source);
  return (
    <button
      type="button"
      class="quiet pin"
      tabIndex={tabIndex}
      aria-pressed={pinned}
      aria-label={`Pin ${source.name}`}
      title={pinned ? 'Pinned: at hand above' : 'Pin: have it at hand above'}
      onClick={() => togglePin(source)}
    >
      <span aria-hidden="true">{pinned ? '★' : '☆'}</span>
    </button>
  );
}
