import type { LogFile } from './log-file.ts';

/** Most journal files open at a time; a file in use or still written to stays open beyond it. */
export const maximumOpenFiles = 256;

/**
 * The open files, least recently used first; closes those beyond {@link maximumOpenFiles}. Who goes through all of many
 * files closes each with the next, rather than one by one all that others use.
 */
export class OpenFiles {
  readonly #limit: number;
  readonly #files = new Set<LogFile>();
  /** The file opened last, as long as it has been used only once. */
  #newcomer: LogFile | undefined;

  // One fewer: a file is opened before another is closed for it.
  constructor(limit: number = maximumOpenFiles - 1) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#files.size;
  }

  /** To be called with each file that is about to be used. */
  readonly touch = (file: LogFile): void => {
    const isNew = !this.#files.delete(file);
    this.#files.add(file);
    if (this.#files.size > this.#limit && !this.#close(this.#newcomer, file)) this.#closeOldest(file);
    if (isNew) this.#newcomer = file;
    else if (this.#newcomer === file) this.#newcomer = undefined;
  };

  remove(file: LogFile): void {
    this.#files.delete(file);
  }

  #closeOldest(inUse: LogFile): void {
    for (const file of this.#files) if (this.#close(file, inUse) && this.#files.size <= this.#limit) return;
  }

  /** False when the file must stay open. */
  #close(file: LogFile | undefined, inUse: LogFile): boolean {
    if (file === undefined || file === inUse || file.readers > 0 || !file.settled) return false;
    if (!this.#files.delete(file)) return false;
    file.close();
    return true;
  }
}
