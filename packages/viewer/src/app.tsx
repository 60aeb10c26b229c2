import { Header } from './header.tsx';
import { Log } from './log/log.tsx';
import { Help } from './people/help.tsx';
import { LiveRegion } from './people/live-region.tsx';
import { QueryBar } from './search/query-bar.tsx';
import { SignIn } from './session/sign-in.tsx';
import { SessionNotice } from './session/who.tsx';
import { drawerOpen } from './sources/drawer.ts';
import { Sources } from './sources/sources.tsx';

/** The page: where logs come from, what is asked of them, and the log itself. */
export function App() {
  return (
    <>
      <div class="page">
        <Header />
        <Sources />
        <main class="content" inert={drawerOpen}>
          <SessionNotice />
          <QueryBar />
          <Log />
        </main>
      </div>
      <SignIn />
      <Help />
      <LiveRegion />
    </>
  );
}
