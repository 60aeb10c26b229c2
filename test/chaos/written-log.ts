import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeJournal } from '../dev-cluster/node-journal.ts';
import type { NodeLog } from './node-log.ts';
import { componentIdentifier, componentUnit, type NumberedLines } from './numbered-lines.ts';
import { Serials } from './serials.ts';
import type { StoredLines } from './stored-lines.ts';

/** A journal that this process writes itself, in journald's order of writing. */
export class WrittenLog implements NodeLog {
  readonly #journal: NodeJournal;

  constructor(journal: NodeJournal) {
    this.#journal = journal;
  }

  write(lines: NumberedLines): void {
    if (lines.task === undefined) this.#journal.service(componentUnit, componentIdentifier, lines.line());
    else this.#journal.task(lines.task, lines.line());
  }

  stepClock(seconds: number): void {
    this.#journal.stepClock(seconds * 1000);
  }

  async rotate(): Promise<void> {
    this.#journal.rotate();
  }

  archives(): readonly string[] {
    const directory = this.#journal.machineDirectory;
    return readdirSync(directory)
      .filter((name) => name.includes('@'))
      .map((name) => join(directory, name));
  }

  async vacuum(archives: readonly string[]): Promise<void> {
    for (const archive of archives) rmSync(archive, { force: true });
  }

  async stored(all: readonly NumberedLines[]): Promise<StoredLines> {
    return new Map(
      all.map(({ name, next }) => {
        const serials = new Serials();
        for (let serial = 0; serial < next; serial++) serials.add(serial);
        return [name, serials];
      }),
    );
  }

  // The node closes its journal when it is stopped.
  async stop(): Promise<void> {}
}
