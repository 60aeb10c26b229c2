import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { taskFields } from '../e2e/journald-cluster.ts';
import { Journald } from '../fixtures/journald.ts';
import type { NodeLog } from './node-log.ts';
import { componentIdentifier, componentUnit, type NumberedLines } from './numbered-lines.ts';
import type { SteppedClock } from './stepped-clock.ts';
import { readStored, type StoredLines } from './stored-lines.ts';

/** Datagrams on their way to journald at most; while it is frozen, lines are not written instead of queued. */
const mostUnsent = 200;
const volatileRoot = '/run/log/journal';

/** A journal that a real systemd-journald writes. */
export class JournaldLog implements NodeLog {
  readonly journald: Journald;
  readonly #stored: StoredLines = new Map();
  #unsent = 0;

  /**
   * @param number of the journald among those of this process
   * @param directory where its files lie; default: where journald puts them
   */
  constructor(number: number, clock: SteppedClock, directory?: string) {
    this.journald = new Journald(`clusterlog-test-${process.pid}-${number}`, {
      settings: { SystemMaxFileSize: '8M' },
      environment: clock.environment,
    });
    if (directory === undefined) return;
    mkdirSync(directory, { recursive: true });
    mkdirSync(dirname(this.journald.directory), { recursive: true });
    symlinkSync(directory, this.journald.directory);
    // Of a full disk journald would flee to /run, and a namespace's never comes back from there.
    mkdirSync(volatileRoot, { recursive: true });
    writeFileSync(this.#volatile, '');
  }

  get #volatile(): string {
    return join(volatileRoot, basename(this.journald.directory));
  }

  start(): Promise<void> {
    return this.journald.start();
  }

  write(lines: NumberedLines): void {
    if (this.#unsent >= mostUnsent) return;
    this.#unsent++;
    const fields =
      lines.task === undefined
        ? { UNIT: componentUnit, SYSLOG_IDENTIFIER: componentIdentifier }
        : taskFields(lines.task);
    this.journald
      .sendNative({ MESSAGE: lines.line(), ...fields })
      // Nobody listens while journald is down: what it never got is not in its journal, which is what counts.
      .catch(() => undefined)
      .finally(() => {
        this.#unsent--;
      });
  }

  // Its clock is the node's.
  stepClock(): void {}

  async rotate(): Promise<void> {
    await this.journald.rotate();
  }

  /** Asks it to begin another file, which may not succeed. */
  askToRotate(): void {
    const { pid } = this.journald;
    if (pid !== undefined) process.kill(pid, 'SIGUSR2');
  }

  async kill(): Promise<void> {
    const { pid } = this.journald;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.journald.restart();
  }

  archives(): readonly string[] {
    return this.#files().filter((path) => path.includes('@'));
  }

  async vacuum(archives: readonly string[]): Promise<void> {
    for (const archive of archives) {
      if (!existsSync(archive)) continue;
      await readStored(archive, this.#stored);
      rmSync(archive);
    }
  }

  /** As journalctl reads the files, one by one: together it loses some where clocks were set. */
  async stored(): Promise<StoredLines> {
    await this.journald.sync();
    for (const file of this.#files()) await readStored(file, this.#stored);
    return this.#stored;
  }

  async stop(): Promise<void> {
    await this.journald.stop();
    rmSync(this.#volatile, { force: true });
  }

  #files(): string[] {
    return readdirSync(this.journald.directory)
      .filter((name) => name.includes('.journal'))
      .map((name) => join(this.journald.directory, name));
  }
}
