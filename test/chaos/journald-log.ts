import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { taskFields } from '../e2e/journald-cluster.ts';
import { Journald } from '../fixtures/journald.ts';
import type { NodeLog } from './node-log.ts';
import { componentIdentifier, componentUnit, type NumberedLines, parseNumbered } from './numbered-lines.ts';
import { Serials } from './serials.ts';
import type { SteppedClock } from './stepped-clock.ts';

/** Datagrams on their way to journald at most; while it is frozen, lines are not written instead of queued. */
const mostUnsent = 200;

/** A journal that a real systemd-journald writes. */
export class JournaldLog implements NodeLog {
  readonly journald: Journald;
  readonly #stored = new Map<string, Serials>();
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
      await this.#read(archive);
      rmSync(archive);
    }
  }

  /** As journalctl reads the files, one by one: together it loses some where clocks were set. */
  async stored(): Promise<ReadonlyMap<string, Serials>> {
    await this.journald.sync();
    for (const file of this.#files()) await this.#read(file);
    return this.#stored;
  }

  async stop(): Promise<void> {
    await this.journald.stop();
  }

  #files(): string[] {
    return readdirSync(this.journald.directory)
      .filter((name) => name.includes('.journal'))
      .map((name) => join(this.journald.directory, name));
  }

  async #read(file: string): Promise<void> {
    const child = spawn('journalctl', [`--file=${file}`, '--output=cat', '--all', '--quiet', '--no-pager'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'close');
    for await (const message of createInterface({ input: child.stdout })) {
      const numbered = parseNumbered(message);
      if (numbered === undefined) continue;
      const serials = this.#stored.get(numbered.name) ?? new Serials();
      this.#stored.set(numbered.name, serials);
      serials.add(numbered.serial);
    }
    await ended;
  }
}
