import { Log } from './log/log.tsx';
import { QueryBar } from './search/query-bar.tsx';
import { Sources } from './sources/sources.tsx';

/** The page: where logs come from, what is asked of them, and the log itself. */
export function App() {
  return (
    <div class="page">
      <Sources />
      <main class="content">
        <QueryBar />
        <Log />
      </main>
    </div>
  );
}
