import { setTimeout as sleep } from 'node:timers/promises';
import { type Cursor, parseCursor } from '@clusterlog/shared';
import { JournalctlProcess } from './journalctl-process.ts';

/** How long to wait before a journalctl that ended is started again, in ms. */
const restartDelay = 1_000;

/**
 * One `journalctl --follow` for all who wait for entries of one directory. It prints the last entry at first, so that
 * nothing that came while it started goes unnoticed; `--merge` lifts its limit to the current boot.
 */
export class JournalctlFollow {
  readonly #directory: string;
  readonly #changed: (newest?: Cursor) => void;
  #process: JournalctlProcess | undefined;
  #ended = false;

  /** @param changed called for every entry that comes, with its cursor, and possibly without cause */
  constructor(directory: string, changed: (newest?: Cursor) => void) {
    this.#directory = directory;
    this.#changed = changed;
    void this.#run();
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#process?.stop();
  }

  async #run(): Promise<void> {
    const args = [`--directory=${this.#directory}`, '--follow', '--merge', '--lines=1', '--output-fields=_BOOT_ID'];
    while (!this.#ended) {
      this.#process = new JournalctlProcess(args);
      try {
        for await (const line of this.#process.lines()) this.#changed(cursorIn(line));
      } catch {
        // Whoever reads next meets the same complaint and can answer with it.
      }
      this.#changed();
      if (!this.#ended) await sleep(restartDelay, undefined, { ref: false });
    }
  }
}

function cursorIn(line: string): Cursor | undefined {
  const [, cursor] = /"__CURSOR"\s*:\s*"([^"]+)"/.exec(line) ?? [];
  return cursor === undefined ? undefined : parseCursor(cursor);
}
