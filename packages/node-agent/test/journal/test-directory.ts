import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A directory for the calling test file, gone afterwards. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'journal-reader-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
