import { Display } from './people/display.tsx';
import { openHelp } from './people/help.tsx';
import { Who } from './session/who.tsx';
import { drawerOpen, toggleDrawer } from './sources/drawer.ts';

/** Above everything: the way to the sources on narrow screens, how things are shown, who reads. */
export function Header() {
  return (
    <header class="header">
      <button
        type="button"
        class="drawer-button quiet"
        aria-expanded={drawerOpen}
        aria-controls="sources"
        onClick={toggleDrawer}
      >
        <span aria-hidden="true">☰</span> Sources
      </button>
      <h1>Logs</h1>
      <Display />
      <button type="button" class="quiet" aria-label="Keys" title="Keys (?)" onClick={openHelp}>
        ?
      </button>
      <Who />
    </header>
  );
}
