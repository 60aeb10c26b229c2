import type { LogFile } from './log-file.ts';

/** Most journal files open at a time; a file in use or still written to stays open beyond it. */
export const maximumOpenFiles = 256;

/** The open files, least recently used first; closes those beyond {@link maximumOpenFiles}. */
export class OpenFiles {
  readonly #limit: number;
  readonly #files = new Set<LogFile>();

  // One fewer: a file is opened before another is closed for it.
  constructor(limit: number = maximumOpenFiles - 1) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#files.size;
  }

  /** To be called with each file that is about to be used. */
  readonly touch = (file: LogFile): void => {
    this.#files.delete(file);
    this.#files.add(file);
    if (this.#files.size > this.#limit) this.#closeOldest(file);
  };

  remove(file: LogFile): void {
    this.#files.delete(file);
  }

  #closeOldest(inUse: LogFile): void {
    for (const file of this.#files) {
      if (file === inUse || file.readers > 0 || !file.settled) continue;
      file.close();
      this.#files.delete(file);
      if (this.#files.size <= this.#limit) return;
    }
  }
}
