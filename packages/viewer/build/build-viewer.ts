import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const viewer = fileURLToPath(new URL('../', import.meta.url));
const dist = join(viewer, 'dist');
const sources = [
  'index.html',
  'package.json',
  'vite.config.ts',
  'build',
  'src',
  '../shared/src/v3',
  '../../package-lock.json',
];

/**
 * Builds the page where something of it is newer than what was built, and puts it in the place of the old in one go: a gateway may
 * be serving that. Several processes may ask at once.
 */
async function buildWhereChanged(): Promise<void> {
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
      await build();
      break;
    } finally {
      rmdirSync(lock);
    }
  }
}

async function build(): Promise<void> {
  const { build: buildByVite } = await import('vite');
  const [made, replaced] = [join(viewer, 'node_modules', '.built'), join(viewer, 'node_modules', '.replaced')];
  await buildByVite({
    root: viewer,
    configFile: join(viewer, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: made, emptyOutDir: true },
  });
  rmSync(replaced, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, replaced);
  renameSync(made, dist);
  rmSync(replaced, { recursive: true, force: true });
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

await buildWhereChanged();
