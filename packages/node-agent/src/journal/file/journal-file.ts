import type { Match } from '../match.ts';
import type { ValueTally } from '../value-tally.ts';
import { AllEntries } from './all-entries.ts';
import { bisectEntries } from './bisect-entries.ts';
import { BootBisection } from './boot-bisection.ts';
import { Damage, type DamageCounts } from './damage.ts';
import { distinctValues } from './distinct-values.ts';
import { FileBytes } from './file-bytes.ts';
import { EntryReader, type FileEntry } from './file-entry.ts';
import type { OpenOnDisk } from './file-on-disk.ts';
import type { FileParts } from './file-parts.ts';
import { FileWalk } from './file-walk.ts';
import { HashTables } from './hash-table.ts';
import { copyEntryCount, type FileHeader, isArchived, isSigned, newestHeaderSize, parseHeader } from './header.ts';
import { countFromIndex } from './index-counts.ts';
import { linkedEntries } from './linked-entries.ts';
import type { PageCache } from './page-cache.ts';

/** What reads the entries of a file. */
interface Made {
  readonly parts: FileParts;
  readonly entry: EntryReader;
  readonly boots: BootBisection;
}

const noDamage: DamageCounts = { data: 0, entries: 0, arrays: 0 };

/**
 * One journal file, open for reading. Only entries committed as of the last {@link refresh} exist.
 *
 * Damage never throws: it costs the field, the entry or the slot it lies in and is counted in {@link damage}. Only `open`
 * and `refresh` throw, when there is no header to go by.
 */
export class JournalFile {
  readonly path: string;
  readonly #bytes: FileBytes;
  /** Made when first asked for: of most of many files nothing but the header is ever looked at. */
  #made: Made | undefined;
  #headerBytes: Buffer;
  #header: FileHeader;

  /**
   * Opens a file and reads its header.
   *
   * @param cache the memory shared by all files
   * @param openOnDisk how the file is opened; see {@link FileBytes}
   * @throws JournalFileError
   */
  static open(path: string, cache: PageCache, openOnDisk?: OpenOnDisk): JournalFile {
    const bytes = new FileBytes(path, cache, openOnDisk);
    try {
      return new JournalFile(bytes);
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  private constructor(bytes: FileBytes) {
    this.path = bytes.path;
    this.#bytes = bytes;
    this.#headerBytes = this.#bytes.readStart(newestHeaderSize);
    this.#header = this.#parseAfter(this.#headerBytes);
    this.#adopt(this.#header);
  }

  /** Device and inode. */
  get identity(): string {
    return this.#bytes.identity;
  }

  get header(): FileHeader {
    return this.#header;
  }

  /** Committed entries as of the last refresh: only these exist for everyone above. Fewer once damage shows that there are. */
  get entryCount(): number {
    return this.#made?.parts.entries.count ?? this.#header.entryCount;
  }

  /** What was found damaged in this file so far. */
  get damage(): DamageCounts {
    return this.#made?.parts.damage ?? noDamage;
  }

  /**
   * Re-reads the header, and lets go of what was remembered of words that change in place if it has changed.
   *
   * @returns true when entries were committed or the state changed
   * @throws JournalFileError when the header has become unreadable
   */
  refresh(): boolean {
    const earlier = this.#bytes.readStart(newestHeaderSize);
    if (earlier.equals(this.#headerBytes)) return false;
    const header = this.#parseAfter(earlier);
    const changed = header.entryCount !== this.#header.entryCount || header.state !== this.#header.state;
    this.#headerBytes = earlier;
    this.#header = header;
    this.#bytes.generation += 1;
    this.#adopt(header);
    return changed;
  }

  /**
   * Whether nothing of the file is there any more. journald does not only delete what it vacuums: it punches a hole where
   * the file was, so that who has it open reads zeros (systemd `unlinkat_deallocate`).
   */
  isErased(): boolean {
    try {
      return !isSigned(this.#bytes.readStart(8));
    } catch {
      return false;
    }
  }

  /**
   * Goes on, for about 2 ms, finding entries of a damaged file; what is not found so is found when first asked for, at once.
   *
   * @returns true when nothing is left to find
   */
  recover(): boolean {
    return this.#make().parts.entries.recover();
  }

  /** The entry at `index` of the main entry array; undefined when damaged. The flyweight is reused. */
  entryAt(index: number): FileEntry | undefined {
    const { parts, entry } = this.#make();
    const { entries } = parts;
    if (index < 0 || index >= entries.count) return undefined;
    const offset = entries.at(index);
    if (offset === 0) entries.unsound(index);
    if (offset === 0 || !entry.read(offset)) return undefined;
    entry.newItemsAbove = index > 0 ? entries.at(index - 1) : 0;
    return entry;
  }

  /** First index in [0, entryCount] for which `isAtOrAfter` is true (false … false true … true); bisects. */
  bisect(isAtOrAfter: (entry: FileEntry) => boolean): number {
    return bisectEntries(0, this.entryCount, (index) => this.entryAt(index), isAtOrAfter);
  }

  /**
   * As {@link bisect} among the entries of one boot, in which the monotonic clock only rises.
   *
   * @returns the index of the first of them for which `isAtOrAfter` is true; the index after the boot's last entry if it
   *   is true for none; undefined if the file has no entry of the boot
   */
  bisectBoot(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined {
    return this.#make().boots.bisect(bootId, isAtOrAfter);
  }

  /**
   * Goes on, for about 2 ms, finding the entries of a boot that a damaged index does not tell of, so that
   * {@link bisectBoot} is quick; it would find them itself, all at once.
   *
   * @returns true when it is
   */
  prepareBoot(bootId: string): boolean {
    return this.#make().boots.prepare(bootId);
  }

  /** A walk over the matching entries of this file, standing before the first. */
  walk(match: Match): FileWalk {
    return new FileWalk(this.#make().parts, match);
  }

  /** The distinct values of `field` among the entries that match, each once, in no particular order. */
  distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncIterable<Buffer> {
    return distinctValues(this.#make().parts, field, match, signal);
  }

  /** Counts all entries by the values of a field. See {@link countFromIndex}. */
  countValues(field: string, tally: ValueTally, turn: () => Promise<boolean>): Promise<'done' | 'stopped' | 'unfit'> {
    return countFromIndex(this.#make().parts, field, tally, turn);
  }

  /** Closes the file. Nothing got from it may be used any more. */
  close(): void {
    this.#bytes.close();
  }

  #make(): Made {
    if (this.#made !== undefined) return this.#made;
    const bytes = this.#bytes;
    const header = (): FileHeader => this.#header;
    const damage = new Damage();
    const parts: FileParts = {
      bytes,
      damage,
      tables: new HashTables(bytes, damage, header),
      entries: new AllEntries(bytes, damage, this.#header, (after) => linkedEntries(parts, after)),
      domain: this,
      get header() {
        return header();
      },
    };
    this.#made = { parts, entry: new EntryReader(parts, bytes), boots: new BootBisection(parts) };
    return this.#made;
  }

  /**
   * The header as it is now, with the count of entries from an earlier reading: so whatever those entries need (space, the
   * first array) is in it, though the writer goes on writing meanwhile. A writer that has archived the file is done.
   */
  #parseAfter(earlier: Buffer): FileHeader {
    if (isArchived(earlier)) return parseHeader(earlier, this.path, this.#bytes.size());
    const bytes = this.#bytes.readStart(newestHeaderSize);
    copyEntryCount(earlier, bytes);
    return parseHeader(bytes, this.path, this.#bytes.size());
  }

  #adopt(header: FileHeader): void {
    this.#bytes.arenaStart = header.headerSize;
    this.#bytes.arenaEnd = header.arenaEnd;
    this.#bytes.settledEnd = header.state === 'archived' ? header.arenaEnd : header.tailObjectOffset;
    this.#made?.parts.entries.adopt(header);
  }
}
