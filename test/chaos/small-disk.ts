import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const device = 'clusterlog-chaos';

/** A file system of its own that can be filled (tmpfs). */
export class SmallDisk implements Disposable {
  readonly directory: string;

  /** @param directory made here */
  constructor(directory: string, mebibytes: number) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    const source = `${device}-${process.pid}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, source, directory]);
  }

  /** Takes away those of processes that were killed. */
  static removeLeftovers(): void {
    for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
      const [source = '', directory = ''] = line.split(' ');
      const owner = new RegExp(`^${device}-(\\d+)$`).exec(source)?.[1];
      if (owner !== undefined && !existsSync(`/proc/${owner}`)) execFileSync('umount', ['--lazy', directory]);
    }
  }

  get #filler(): string {
    return join(this.directory, 'filler');
  }

  /** Takes every block that is left. */
  async fill(): Promise<void> {
    const { bavail, bsize } = statfsSync(this.directory);
    await run('fallocate', ['--length', String(Math.max(1, bavail) * bsize), this.#filler]).catch(() => undefined);
    try {
      for (;;) appendFileSync(this.#filler, Buffer.alloc(bsize));
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
