import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import split2 from 'split2';

/**
 * Longest line of journalctl's JSON that is read, in characters; an entry on a longer one is left out. Binary bytes
 * take up to four characters each.
 */
export const maximumLineLength = 64 * 1024 * 1024;

/** What journalctl complained of when it ended with an error, or why it could not be started. */
export class JournalctlError extends Error {
  override readonly name = 'JournalctlError';
}

/** A running journalctl, line by line. What it wants to write beyond the pipe waits until the lines are read. */
export class JournalctlProcess {
  readonly #child;
  readonly #lines: Transform;
  readonly #exit: Promise<unknown>;
  #complaints = '';
  #stopped = false;

  /**
   * @param args beyond those that make it print whole entries as JSON, a line each, without a pager
   * @param environment more than the little it gets
   */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn('journalctl', ['--all', '--output=json', '--no-pager', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC', ...environment },
    });
    const options = { maxLength: maximumLineLength, skipOverflow: true };
    this.#lines = this.#child.stdout.pipe(split2('\n', (line: string) => (line === '' ? undefined : line), options));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-65_536);
    });
    this.#exit = once(this.#child, 'close').catch((error: unknown) => error);
  }

  /**
   * The lines until journalctl ends or is stopped.
   *
   * @throws JournalctlError when it cannot be started or ends with a complaint
   */
  async *lines(): AsyncGenerator<string> {
    try {
      yield* this.#lines;
    } catch (error) {
      if (!this.#stopped) throw error;
    }
    const outcome = await this.#exit;
    if (this.#stopped) return;
    if (outcome instanceof Error) throw new JournalctlError(`journalctl cannot be run: ${outcome.message}`);
    // Status 1 without a word only says that nothing matched; a directory without files is an empty log.
    const complaint = this.#complaints.trim();
    if (this.#child.exitCode === 0 || complaint === '' || isHarmless(complaint)) return;
    throw new JournalctlError(`journalctl ended with status ${this.#child.exitCode}: ${complaint}`);
  }

  /** Everything on standard error so far. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Ends the process; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#child.stdout.destroy();
    this.#lines.destroy();
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

function isHarmless(complaint: string): boolean {
  return complaint
    .split('\n')
    .every((line) => /is truncated, ignoring file|No journal files were found|No such file or directory/.test(line));
}
