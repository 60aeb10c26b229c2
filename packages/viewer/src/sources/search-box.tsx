import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { registerKey } from '../people/keys.ts';
import { choose, toggle } from './choose.ts';
import { drawerOpen } from './drawer.ts';
import { found, typed } from './found.ts';
import { keyOf, type Source } from './source.ts';
import { SourceName } from './source-name.tsx';

/** Which of what was found the arrow keys stand at. */
const active = signal(0);

function take(source: Source, more: boolean): void {
  if (more) {
    toggle(source);
    return;
  }
  choose(source);
  typed.value = '';
}

/** The attributes of a combobox. Types know one only with a list that the browser shows; this one is shown here. */
function combobox(expanded: boolean, option: string | undefined): object {
  return {
    role: 'combobox',
    'aria-expanded': expanded,
    'aria-controls': 'found-sources',
    'aria-autocomplete': 'list',
    'aria-activedescendant': option,
  };
}

/** The box that finds any source by a part of its name, and what it has found. */
export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(
    () => registerKey({ key: 's', label: 'Find a source', group: 'Sources', run: () => focusIn(input.current) }),
    [],
  );
  const { value: result } = found;
  const sources = result?.sources ?? [];
  const at = Math.min(active.value, sources.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      active.value = Math.max(0, Math.min(sources.length - 1, at + (key === 'ArrowDown' ? 1 : -1)));
      document.getElementById(optionId(active.value))?.scrollIntoView({ block: 'nearest' });
    } else if (key === 'Enter') {
      const source = sources[at];
      if (source !== undefined) take(source, event.ctrlKey || event.metaKey || event.shiftKey);
    } else if (key === 'Escape') {
      if (typed.value === '') return;
      typed.value = '';
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search class="source-search">
      <input
        ref={input}
        type="search"
        {...combobox(sources.length > 0, sources.length === 0 ? undefined : optionId(at))}
        aria-label="Find a service, task, node or component"
        placeholder="Find a source (s)"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <div id="found-sources" class="found" role="listbox" aria-label="Found sources" hidden={sources.length === 0}>
        {sources.map((source, index) => (
          <div
            key={keyOf(source)}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            class="found-source"
            onClick={(event) => take(source, event.ctrlKey || event.metaKey || event.shiftKey)}
            onKeyDown={() => undefined}
          >
            <SourceName source={source} kind />
          </div>
        ))}
      </div>
      <p class="hint found-note" role="status">
        {result === undefined
          ? ''
          : sources.length === 0
            ? 'Nothing fits.'
            : result.more > 0
              ? `${result.more} more: type more of the name.`
              : ''}
      </p>
    </search>
  );
}

function optionId(index: number): string {
  return `found-${index}`;
}

function focusIn(input: HTMLInputElement | null): void {
  // At once: what is typed next is meant for it. The drawer takes the focus itself as soon as it is shown.
  input?.focus();
  input?.select();
  if (document.activeElement !== input) drawerOpen.value = true;
}
