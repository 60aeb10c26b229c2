import { type DirectoryScan, type FoundFile, hasChanged, scanDirectory } from './directory-scan.ts';

/** How long a change that no directory's time shows may go unnoticed, in ms: permissions of a file, a lazy file system. */
const rescanInterval = 1_000;
/** How long directories are not looked at again while no file grows, in ms. */
const lookInterval = 5;

/**
 * Knows when to read the directories again. Instead of inotify, whose watches can run out and which tells of a change only
 * when the event loop turns, it compares the directories' change times: some microseconds for each.
 */
export class DirectoryWatch {
  readonly directories: readonly string[];
  #scans: readonly DirectoryScan[] = [];
  #scannedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
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
   * @param moved true when a file was just seen to grow, which makes a look due at once: an older entry may lie in a file
   *   that was created before
   */
  isScanDue(moved: boolean): boolean {
    const now = performance.now();
    if (!moved && now - this.#lookedAt < lookInterval) return false;
    this.#lookedAt = now;
    return now - this.#scannedAt > rescanInterval || this.#scans.some(({ stamps }) => hasChanged(stamps));
  }

  /** Every file once, though two directories may show it. */
  scan(): Map<string, FoundFile> {
    this.#scannedAt = performance.now();
    // journald never gives the name of an archived file to another one.
    const known = (path: string): string | undefined => (path.includes('@') ? this.#identities.get(path) : undefined);
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
