import { JournalFileError } from '../file/journal-file-error.ts';
import { type DirectoryStatus, JournalUnavailableError } from '../source.ts';
import { TimeSlice } from '../time-slice.ts';
import { BarrenFiles } from './barren-files.ts';
import { FileBootAges } from './boot-ages.ts';
import { type FoundFile, statusFor } from './directory-scan.ts';
import { DirectoryWatch } from './directory-watch.ts';
import { compareEntries, type EntryKey } from './entry-order.ts';
import { type Damage, LogFile, type OpenFile } from './log-file.ts';
import { OpenFiles } from './open-files.ts';

/** So many files that vanished are remembered for walks that have not looked since. */
const vanishedRemembered = 256;

/** How long the files of a flushed directory stay open, in ms: who was reading them must tell their copies from new entries. */
const flushGrace = 60_000;
/** An archived file's name, or that of one left behind by a crash: what journald vacuums. */
const archiveName = /@|~$/;

/** Looks at all files until one look finds nothing new; more than this only when they are written faster than looked at. */
const maximumLooks = 8;

/**
 * The files of all directories, as they come, grow, are renamed and vanish.
 *
 * What is visible of the log changes only in {@link settle}, and what is visible is a beginning of what was written:
 * whoever sees an entry also sees all that were committed before it, in whatever file.
 */
export class JournalFiles {
  readonly barren = new BarrenFiles();
  readonly #openFile: OpenFile;
  readonly #watch: DirectoryWatch;
  readonly #files = new Map<string, LogFile>();
  readonly #open = new OpenFiles();
  readonly #ages: FileBootAges;
  /** Files that could not be opened, by identity. */
  readonly #refused = new Map<string, JournalFileError>();
  readonly #damageOfGone: Damage = { data: 0, entries: 0, arrays: 0, files: 0 };
  /** Files that something else was written over, as long as they are read. */
  readonly #abandoned = new Set<LogFile>();
  /** Files that are gone, and at which shape they went. */
  #vanished: { readonly shape: number; readonly file: LogFile }[] = [];
  #live: LogFile[] = [];
  #statuses: DirectoryStatus[] = [];
  #newest: { readonly version: number; readonly key: EntryKey | undefined } | undefined;
  #front: { readonly version: number; readonly times: ReadonlyMap<string, number> } | undefined;
  #version = 0;
  #shape = 0;
  #closed = false;

  constructor(directories: readonly string[], openFile: OpenFile) {
    this.#openFile = openFile;
    this.#watch = new DirectoryWatch(directories);
    this.#ages = new FileBootAges(
      () => this.#files.values(),
      () => this.#version,
    );
  }

  /** Changes whenever there may be more to read than before. */
  get version(): number {
    return this.#version;
  }

  /** Changes whenever a file came, went, or got its first entry. */
  get shape(): number {
    return this.#shape;
  }

  /** The files that the directories show. */
  get all(): Iterable<LogFile> {
    return [...this.#files.values()].filter(({ gone }) => !gone);
  }

  /** Those, and deleted ones that are still open because somebody reads them, or was about to. */
  get held(): Iterable<LogFile> {
    return this.#files.values();
  }

  /** Files that were let go of since the shape was `shape`; the last ones, if they are very many. */
  vanishedSince(shape: number): LogFile[] {
    return this.#vanished.filter((vanished) => vanished.shape > shape).map(({ file }) => file);
  }

  get count(): number {
    return this.#files.size;
  }

  /** State of each directory as of the last scan. */
  get statuses(): readonly DirectoryStatus[] {
    return this.#statuses;
  }

  get damage(): Damage {
    const total = { ...this.#damageOfGone };
    for (const file of this.#files.values()) add(total, file.damage);
    for (const file of this.#abandoned) add(total, file.damage);
    for (const { code } of this.#refused.values()) if (isBroken(code)) total.files++;
    return total;
  }

  /** Makes visible what was committed, and which files came and went, until now. */
  settle(): void {
    if (this.#closed) return;
    for (let looks = 0; looks < maximumLooks; looks++) {
      let moved = this.#refresh();
      const overwritten = this.#live.filter((file) => file.overwritten);
      for (const file of overwritten) this.#abandon(file);
      if (overwritten.length > 0 || this.#watch.isScanDue(moved)) moved = this.#scan() || moved;
      if (!moved) return;
      this.#version++;
    }
  }

  /** As {@link settle}, for many who then read in this turn of the event loop. */
  settleForAll(): void {
    this.settle();
    this.#watch.shareLook();
  }

  /** @throws JournalUnavailableError when a directory, or a file in it, must not be read or nobody here can */
  requireReadable(): void {
    const barred = this.#statuses.filter(({ state }) => state === 'denied' || state === 'incompatible');
    if (barred.length > 0) throw new JournalUnavailableError(barred);
    if (this.#closed) throw new Error('the journal is closed');
  }

  /** Resolves when {@link prepareOrder} can be called without much work: it needs the last entry of every file. */
  async orderKnown(): Promise<void> {
    const slice = new TimeSlice();
    for (const file of [...this.all]) {
      await slice.yield();
      file.tail();
    }
  }

  /** To be called before {@link compare} is used on what a file's `entryAt` or `bisect` gives. */
  prepareOrder(): void {
    this.#ages.prepare();
  }

  compare(a: EntryKey, b: EntryKey): number {
    return compareEntries(a, b, this.#ages);
  }

  /** The files one of which has the last entry: of those numbered by one counter only that with the greatest number. */
  newestFiles(): Iterable<LogFile> {
    const newest = new Map<string, LogFile>();
    for (const file of this.#files.values()) {
      const known = newest.get(file.seqnumId);
      if (file.entryCount === 0 || (known !== undefined && known.tailSeqnum >= file.tailSeqnum)) continue;
      newest.set(file.seqnumId, file);
    }
    return newest.values();
  }

  /** The key of the last entry of the log. */
  newest(): EntryKey | undefined {
    if (this.#newest?.version === this.#version) return this.#newest.key;
    let key: EntryKey | undefined;
    for (const file of this.newestFiles()) {
      const tail = file.tail();
      if (tail !== undefined && (key === undefined || this.compare(tail, key) > 0)) key = tail;
    }
    this.#newest = { version: this.#version, key };
    return key;
  }

  /** The greatest monotonic time of each boot in the files that are written to. */
  front(): ReadonlyMap<string, number> {
    if (this.#front?.version === this.#version) return this.#front.times;
    const times = new Map<string, number>();
    for (const file of this.#live) {
      const tail = file.tail();
      if (tail !== undefined) times.set(tail.bootId, Math.max(tail.monotonic, times.get(tail.bootId) ?? 0));
    }
    this.#front = { version: this.#version, times };
    return times;
  }

  /** To be called when a walk steps out of a file: a deleted file that nobody stands in gives its space back. */
  release(file: LogFile): void {
    const isHeld = this.#files.get(file.identity) === file || this.#abandoned.has(file);
    if (isHeld && file.gone && file.readers === 0 && performance.now() >= file.keptUntil) this.#drop(file);
  }

  close(): void {
    this.#closed = true;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    this.#live = [];
  }

  #refresh(): boolean {
    let moved = false;
    let settled = false;
    for (const file of this.#live) {
      const wasEmpty = file.entryCount === 0;
      if (file.refresh()) {
        moved = true;
        if (wasEmpty) this.#shape++;
      }
      settled ||= file.settled;
    }
    if (settled) this.#live = this.#live.filter((file) => !file.settled);
    return moved;
  }

  /** True when files or the state of a directory changed. */
  #scan(): boolean {
    const shape = this.#shape;
    const found = this.#watch.scan();
    const missing = [...this.#files.values()].filter(({ identity }) => !found.has(identity));
    if (missing.length > 0) this.#missAll(missing, found);
    for (const identity of this.#refused.keys()) if (!found.has(identity)) this.#refused.delete(identity);
    for (const file of found.values()) this.#meet(file);

    const before = JSON.stringify(this.#statuses);
    this.#statuses = this.#watch.scans.map(({ status, files }) => this.#judge(status, files));
    // Who waits must hear that the log cannot be read any more, or can again.
    if (before !== JSON.stringify(this.#statuses)) this.#shape++;
    return shape !== this.#shape;
  }

  #meet({ identity, path }: FoundFile): void {
    const known = this.#files.get(identity);
    if (known !== undefined) {
      if (known.isStillAt(path)) {
        if (known.gone) this.#shape++;
        known.gone = false;
        return;
      }
      this.#drop(known);
    }
    try {
      const file = new LogFile(identity, path, this.#openFile, this.#open.touch);
      this.#files.set(identity, file);
      // A file that was archived long ago shows so at the second look, and can be closed when there are too many.
      file.refresh();
      if (!file.settled) this.#live.push(file);
      this.#open.touch(file);
      this.#refused.delete(identity);
      this.#shape++;
    } catch (error) {
      if (!(error instanceof JournalFileError)) throw error;
      // Renamed, vacuumed or replaced since the directory was listed: a later scan tells.
      if (error.code === 'missing') this.#watch.forget(path);
      else this.#refused.set(identity, error);
    }
  }

  #missAll(missing: readonly LogFile[], found: ReadonlyMap<string, FoundFile>): void {
    // Vacuuming leaves the file being written: where that is gone, too, journald has flushed the directory.
    const shown = new Set([...found.values()].map(({ path }) => path));
    const written = missing.filter(({ path }) => !archiveName.test(path) && !shown.has(path));
    const flushed = new Set(written.map(({ directory }) => directory));
    for (const file of missing) this.#miss(file, flushed.has(file.directory));
  }

  #miss(file: LogFile, isFlushed: boolean): void {
    // A directory that cannot be listed says nothing about its files.
    if (this.#watch.scans.some(({ status }) => status.state === 'denied' && file.path.startsWith(status.path))) return;
    if (!file.gone) {
      this.#shape++;
      // On a full disk journald makes one file after the other, and deletes them empty.
      if (isFlushed && file.entryCount > 0) file.keptUntil = performance.now() + flushGrace;
    }
    file.gone = true;
    this.release(file);
  }

  /** What lies where the file was is another one: it is met anew, by whoever still reads the old one, too. */
  #abandon(file: LogFile): void {
    file.gone = true;
    this.#files.delete(file.identity);
    this.#abandoned.add(file);
    this.#live = this.#live.filter((live) => live !== file);
    this.#shape++;
    this.release(file);
  }

  #drop(file: LogFile): void {
    add(this.#damageOfGone, file.damage);
    file.close();
    this.#open.remove(file);
    if (this.#files.get(file.identity) === file) this.#files.delete(file.identity);
    this.#abandoned.delete(file);
    this.#live = this.#live.filter((live) => live !== file);
    this.#shape++;
    this.#vanished.push({ shape: this.#shape, file });
    if (this.#vanished.length > vanishedRemembered) this.#vanished.shift();
  }

  #judge(status: DirectoryStatus, files: readonly FoundFile[]): DirectoryStatus {
    if (status.state === 'denied') return status;
    for (const { identity, path } of files) {
      const refusal = this.#refused.get(identity);
      if (refusal?.code === 'permission') return statusFor(status.path, path, refusal);
      if (refusal?.code === 'exhausted') return { path: status.path, state: 'denied', reason: refusal.message };
      if (refusal?.code === 'incompatible-flags') {
        return { path: status.path, state: 'incompatible', reason: refusal.message };
      }
    }
    return status;
  }
}

/** Whether a file that was refused is broken. It is tried again all the same: it may not have been written whole yet. */
function isBroken(code: JournalFileError['code']): boolean {
  return code === 'not-a-journal' || code === 'io';
}

function add(total: Damage, more: Damage): void {
  total.data += more.data;
  total.entries += more.entries;
  total.arrays += more.arrays;
  total.files += more.files;
}
