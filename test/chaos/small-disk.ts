import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of its own that can be filled (tmpfs). */
export class SmallDisk implements Disposable {
  readonly directory: string;

  /** @param directory made here */
  constructor(directory: string, mebibytes: number) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'clusterlog-chaos', directory]);
  }

  get #filler(): string {
    return join(this.directory, 'filler');
  }

  /** Takes every block that is left. */
  fill(): void {
    const chunk = Buffer.alloc(4096);
    try {
      const { bavail, bsize } = statfsSync(this.directory);
      writeFileSync(this.#filler, Buffer.alloc(bavail * bsize));
      for (;;) writeFileSync(this.#filler, chunk, { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    // Lazily: a process that is about to end may still have files open.
    execFileSync('umount', ['--lazy', this.directory]);
  }
}
