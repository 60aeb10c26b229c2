import type { FileEntry } from '../file/file-entry.ts';
import { entriesAt } from './cursor-seek.ts';
import type { EntryKey } from './entry-order.ts';
import type { FilePosition } from './file-position.ts';
import type { JournalFiles } from './journal-files.ts';
import type { LogFile } from './log-file.ts';

/** How far an entry may lie outside the times of a file's first and last entry, in µs, and be looked for in it. */
const timeSlack = 1_000_000;

/**
 * Knows the entries that a walk has read under another number. journald copies what it logged to /run into a file of
 * /var/log when it flushes, number by number anew, and then deletes the original: boot, times and xor hash stay. Who has
 * read the original, and waited at the end, must not get the copy.
 */
export class CopiedEntries {
  readonly #files: JournalFiles;
  /** Up to which monotonic time of each boot all has been read; undefined before the walk was at the end. */
  #front: ReadonlyMap<string, number> | undefined;
  #bootId = '';
  #monotonic = 0;
  /** Files that are gone, and were read before. */
  #drained = new WeakSet<LogFile>();

  constructor(files: JournalFiles) {
    this.#files = files;
  }

  /** Everything there is now lies behind the walk. */
  reachEnd(): void {
    this.#front = this.#files.front();
  }

  /** What was read does not count any more: the walk was set to another place, or turned round. */
  forget(): void {
    this.#front = undefined;
    this.#bootId = '';
    this.#drained = new WeakSet();
  }

  deliver({ bootId, monotonic }: EntryKey): void {
    this.#bootId = bootId;
    this.#monotonic = monotonic;
  }

  drain(file: LogFile): void {
    this.#drained.add(file);
  }

  /** Whether `entry`, next in its file, was read before in another one. */
  has(entry: FileEntry, file: LogFile, positions: ReadonlyMap<LogFile, FilePosition>): boolean {
    // Time goes on: what is later than everything read cannot have been.
    if (this.#front === undefined || entry.monotonic > this.#frontOf(entry.bootId)) return false;
    let originals = 0;
    for (const other of this.#files.held) {
      if (other === file || !mayHoldOriginal(other, file, entry)) continue;
      const position = positions.get(other);
      const isPassed = (index: number, { seqnum }: EntryKey): boolean =>
        position === undefined ? this.#drained.has(other) : position.isPast(index, seqnum);
      for (const { index, key } of twinsIn(other, entry)) if (isPassed(index, key)) originals++;
    }
    if (originals === 0) return false;
    // Of lines that are the same in everything, as many are copies as there were originals.
    let ordinal = 0;
    for (const { key } of twinsIn(file, entry)) if (key.seqnum < entry.seqnum) ordinal++;
    return ordinal < originals;
  }

  #frontOf(bootId: string): number {
    const front = this.#front?.get(bootId) ?? Number.NEGATIVE_INFINITY;
    return bootId === this.#bootId ? Math.max(front, this.#monotonic) : front;
  }
}

/** journald copies from one directory to another; from a file that has been deleted, anything can have been copied. */
function mayHoldOriginal(other: LogFile, file: LogFile, { realtime }: EntryKey): boolean {
  if (other.entryCount === 0 || (!other.gone && other.directory === file.directory)) return false;
  return realtime >= other.headRealtime - timeSlack && realtime <= other.tailRealtime + timeSlack;
}

/** Entries that differ from `entry` in nothing but their number. */
function* twinsIn(file: LogFile, entry: EntryKey): Generator<{ index: number; key: EntryKey }> {
  const opened = file.use();
  for (const found of opened === undefined ? [] : entriesAt(opened, entry)) {
    const { realtime, xorHashHigh, xorHashLow } = found.key;
    if (realtime !== entry.realtime || xorHashHigh !== entry.xorHashHigh || xorHashLow !== entry.xorHashLow) continue;
    yield found;
  }
}
