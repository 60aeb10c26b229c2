import { stat } from 'node:fs/promises';
import { scanDirectory } from '../journal/log/directory-scan.ts';
import type { JournalStatus } from '../journal/source.ts';

const bytesPerBlock = 512;

/** Bytes that the journal files take on disk: what is allocated, not how long they are. */
export async function diskUsage({ directories }: JournalStatus): Promise<number> {
  const files = new Map(
    directories.flatMap(({ path }) => scanDirectory(path).files).map((file) => [file.identity, file]),
  );
  const sizes = await Promise.all(Array.from(files.values(), ({ path }) => allocated(path)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function allocated(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * bytesPerBlock;
  } catch {
    // Vacuumed since the directory was listed.
    return 0;
  }
}
