import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
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
 * Builds the page where something of it is newer than what was built, beside the old one, and then puts it in its place: a gateway may
 * be serving that. Several processes may do so at once; the last one's stays.
 */
async function buildWhereChanged(): Promise<void> {
  if (isUpToDate()) return;
  mkdirSync(join(viewer, 'node_modules'), { recursive: true });
  const made = mkdtempSync(join(viewer, 'node_modules', '.built-'));
  try {
    const { build } = await import('vite');
    await build({
      root: viewer,
      configFile: join(viewer, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: join(made, 'new'), emptyOutDir: true },
    });
    if (existsSync(dist)) renameSync(dist, join(made, 'old'));
    renameSync(join(made, 'new'), dist);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
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
