import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const viewer = fileURLToPath(new URL('../../packages/viewer/', import.meta.url));
const dist = join(viewer, 'dist');
const sources = ['index.html', 'package.json', 'vite.config.ts', 'build', 'src', '../shared/src/v3'];

/** Builds the viewer where its sources are newer than what was built; several test files may ask at once. */
export async function buildViewer(): Promise<string> {
  const lock = join(viewer, 'node_modules', '.building');
  mkdirSync(join(viewer, 'node_modules'), { recursive: true });
  const until = performance.now() + 30_000;
  while (!isUpToDate()) {
    try {
      mkdirSync(lock);
    } catch (error) {
      // What was killed while it built has left its lock behind.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || performance.now() > until) throw error;
      await pause(50);
      continue;
    }
    try {
      const { build } = await import('vite');
      await build({
        root: viewer,
        configFile: join(viewer, 'vite.config.ts'),
        logLevel: 'warn',
        // What pages that are open now still ask for stays.
        build: { emptyOutDir: false },
      });
      break;
    } finally {
      rmdirSync(lock);
    }
  }
  return dist;
}

function isUpToDate(): boolean {
  const built = statSync(join(dist, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return built >= Math.max(...sources.map((name) => newest(join(viewer, name))));
}

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
