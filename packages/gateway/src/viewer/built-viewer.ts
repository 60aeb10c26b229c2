import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where the built page of the log viewer lies, whether it has been built or not: beside its package's manifest. */
export function viewerDirectory(): string {
  const manifest = createRequire(import.meta.url).resolve('@clusterlog/viewer/package.json');
  return join(dirname(manifest), 'dist');
}

/** The page of a built viewer; scripts and styles are in `assets` beside it. */
export function pageOf(directory: string): string {
  return join(directory, 'index.html');
}

export function isViewerBuilt(directory: string): boolean {
  return existsSync(pageOf(directory));
}
