import { type DirectoryScan, type FoundFile, hasChanged, scanDirectory } from './directory-scan.ts';

/** How long a change that no directory's time shows may go unnoticed, in ms: permissions of a file, a lazy file system. */
const rescanInterval = 1_000;

/**
 * Knows when to read the directories again. Instead of inotify, whose watches can run out and which tells of a change only
 * when the event loop turns, it compares the directories' change times: some microseconds for each.
 */
export class DirectoryWatch {
  readonly directories: readonly string[];
  #scans: readonly DirectoryScan[] = [];
  #scannedAt = Number.NEGATIVE_INFINITY;
  #isFresh = false;
  #identities = new Map<string, string>();

  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  /** What the last scan found, directory by directory. */
  get scans(): readonly DirectoryScan[] {
    return this.#scans;
  }

  /**
   * True when a file may have come, gone or been renamed since the last scan.
   *
   * @param moved true when a file was just seen to grow: then an older entry may lie in a file that was created before
   */
  isScanDue(moved = false): boolean {
    if (this.#isFresh && !moved) return false;
    if (performance.now() - this.#scannedAt > rescanInterval) return true;
    return this.#scans.some(({ stamps }) => hasChanged(stamps));
  }

  /** Spares all who are woken now a look of their own: none is due before the event loop's next turn. */
  shareLook(): void {
    this.#isFresh = true;
    setImmediate(() => {
      this.#isFresh = false;
    });
  }

  /** To be called when a path turned out to have another file than was found there: a restored archive takes the name of one. */
  forget(path: string): void {
    this.#identities.delete(path);
  }

  /** Every file once, though two directories may show it. */
  scan(): Map<string, FoundFile> {
    this.#scannedAt = performance.now();
    const known = (path: string): string | undefined => (isOnlyOne(path) ? this.#identities.get(path) : undefined);
    this.#scans = this.directories.map((directory) => scanDirectory(directory, known));
    this.#identities = new Map();
    const found = new Map<string, FoundFile>();
    for (const { files } of this.#scans) {
      for (const file of files) {
        this.#identities.set(file.path, file.identity);
        if (!found.has(file.identity)) found.set(file.identity, file);
      }
    }
    return found;
  }
}

/** Archived without an entry: the number and the time of its first one, which are its name, are naught. */
const emptyArchive = /-0{16}-0{16}\.journal$/;

/** Whether journald never gives the name to another file: an archive's tells its counter, its first number and its first time. */
function isOnlyOne(path: string): boolean {
  return path.includes('@') && !emptyArchive.test(path);
}
