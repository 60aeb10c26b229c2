import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const viewer = new URL('../../packages/viewer/', import.meta.url);

/** Builds the viewer where it has changed. @returns the directory that the gateway serves */
export async function buildViewer(): Promise<string> {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('build/build-viewer.ts', viewer))]);
  return fileURLToPath(new URL('dist', viewer));
}
