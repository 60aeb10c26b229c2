import { useEffect, useRef } from 'preact/hooks';
import { registerKey } from '../people/keys.ts';
import { closeDrawer, drawerOpen } from './drawer.ts';
import { found } from './found.ts';
import { watchLists } from './lists.ts';
import { SearchBox } from './search-box.tsx';
import { SourceList } from './source-list.tsx';

/** What there is to read: services, tasks, nodes, components. On narrow screens a drawer over the log. */
export function Sources() {
  const panel = useRef<HTMLElement>(null);
  useEffect(watchLists, []);
  useEffect(() => registerKey({ key: 'Escape', label: 'Close the sources', group: 'Sources', run: leave }), []);
  useEffect(
    () =>
      drawerOpen.subscribe((open) => {
        if (open) requestAnimationFrame(() => panel.current?.querySelector('input')?.focus());
        else if (panel.current?.contains(document.activeElement)) {
          document.querySelector<HTMLElement>('.drawer-button')?.focus();
        }
      }),
    [],
  );
  return (
    <>
      <nav ref={panel} id="sources" class={`sources ${drawerOpen.value ? 'open' : ''}`} aria-label="Sources">
        <SearchBox />
        {found.value === undefined ? <SourceList /> : null}
      </nav>
      <div class={`drawer-ground ${drawerOpen.value ? 'open' : ''}`} aria-hidden="true" onClick={closeDrawer} />
    </>
  );
}

function leave(): boolean {
  if (!drawerOpen.value) return false;
  closeDrawer();
  return true;
}
