import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FieldView } from '../entry.ts';
import type { FileWalk } from '../file/file-walk.ts';
import type { FileHeader } from '../file/header.ts';
import type { JournalFile } from '../file/journal-file.ts';
import { JournalFileError } from '../file/journal-file-error.ts';
import type { Match } from '../match.ts';
import type { Period } from '../period.ts';
import { JournalUnavailableError } from '../source.ts';
import { TimeSlice } from '../time-slice.ts';
import { type EntryKey, keyOf } from './entry-order.ts';
import { findTimeRuns, firstAtOrAfter, searchTimeRuns, type TimeRun, unnoticedStep } from './realtime-seek.ts';

/** What the log needs of one open journal file. */
export type OpenedFile = Pick<
  JournalFile,
  | 'entryCount'
  | 'damage'
  | 'refresh'
  | 'recover'
  | 'entryAt'
  | 'bisect'
  | 'bisectBoot'
  | 'prepareBoot'
  | 'distinctValues'
  | 'countValues'
  | 'isErased'
  | 'identity'
  | 'close'
> & {
  readonly header: Pick<
    FileHeader,
    | 'state'
    | 'fileId'
    | 'machineId'
    | 'seqnumId'
    | 'headEntrySeqnum'
    | 'tailEntrySeqnum'
    | 'headEntryRealtime'
    | 'tailEntryRealtime'
  >;
  walk(match: Match): OpenedWalk;
};

/** What the log needs of a walk over the matching entries of one file. */
export type OpenedWalk = Pick<
  FileWalk,
  'seekIndex' | 'passTo' | 'peek' | 'passed' | 'advance' | 'fill' | 'close' | 'unreadable'
>;

/** Opens a journal file; throws JournalFileError. */
export type OpenFile = (path: string) => OpenedFile;

export interface Damage {
  data: number;
  entries: number;
  arrays: number;
  files: number;
}

/** So many damaged entries are passed over one after another. */
const triedOneByOne = 64;

/** One file of the log, open or not: what is known of it, and the way to its entries. */
export class LogFile {
  readonly identity: string;
  readonly fileId: string;
  /** Where it lies now; journald renames a file when it rotates. */
  path: string;
  /** True once no directory shows the file any more: vacuumed. */
  gone = false;
  /** Until then the file stays open although it is gone and nobody stands in it; by `performance.now()`. */
  keptUntil = Number.NEGATIVE_INFINITY;
  /** True when nobody will write to the file again and all of it has been seen. */
  settled = false;
  /** True once something else was written over it, in place: what was known of it does not count any more. */
  overwritten = false;
  /** Walks that stand inside the file. */
  readers = 0;
  #isErased = false;
  readonly #openFile: OpenFile;
  readonly #opened: (file: LogFile) => void;
  #file: OpenedFile | undefined;
  #header: OpenedFile['header'];
  #entryCount: number;
  #timeRuns: { readonly entryCount: number; readonly runs: readonly TimeRun[] } | undefined;
  #tail: { readonly entryCount: number; readonly key: EntryKey | undefined } | undefined;
  /** Damage counted in earlier openings of this file is counted again in a later one: the most seen is the truth. */
  readonly #damage: Damage = { data: 0, entries: 0, arrays: 0, files: 0 };

  /**
   * @param identity as the directory showed it
   * @param opened told each time the file is about to be used, so that the least recently used can be closed
   * @throws JournalFileError; `missing` also when another file has taken the name since the directory was looked at
   */
  constructor(identity: string, path: string, openFile: OpenFile, opened: (file: LogFile) => void) {
    this.identity = identity;
    this.path = path;
    this.#openFile = openFile;
    this.#opened = opened;
    this.#file = openFile(path);
    if (this.#file.identity !== identity) {
      this.#file.close();
      throw new JournalFileError('missing', path, 'another file has taken the name');
    }
    this.#header = this.#file.header;
    this.#entryCount = this.#file.entryCount;
    this.fileId = this.#header.fileId;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get directory(): string {
    return dirname(this.path);
  }

  get seqnumId(): string {
    return this.#header.seqnumId;
  }

  get headSeqnum(): number {
    return this.#header.headEntrySeqnum;
  }

  get tailSeqnum(): number {
    return this.#header.tailEntrySeqnum;
  }

  /** Realtime of the first and of the last entry, in µs; 0 without entries. */
  get headRealtime(): number {
    return this.#header.headEntryRealtime;
  }

  get tailRealtime(): number {
    return this.#header.tailEntryRealtime;
  }

  /**
   * True when `path`, which has this file's inode, still is this file. The inode of a deleted file that is not held open
   * can be given to a new one.
   */
  isStillAt(path: string): boolean {
    if (path === this.path) return true;
    this.path = path;
    return this.#file !== undefined || this.use() !== undefined;
  }

  /** True once the file is known to be erased: what cannot be read then is not damage. */
  get isErased(): boolean {
    return this.#isErased;
  }

  /** Looks whether journald has erased the file, which it does when it vacuums it. */
  lookErased(): boolean {
    this.#isErased ||= this.#file?.isErased() ?? false;
    return this.#isErased;
  }

  get damage(): Damage {
    if (this.#isErased) return { data: 0, entries: 0, arrays: 0, files: 0 };
    const now = this.#file?.damage;
    if (now !== undefined) {
      this.#damage.data = Math.max(this.#damage.data, now.data);
      this.#damage.entries = Math.max(this.#damage.entries, now.entries);
      this.#damage.arrays = Math.max(this.#damage.arrays, now.arrays);
    }
    return this.#damage;
  }

  get isDamaged(): boolean {
    const { data, entries, arrays, files } = this.damage;
    return data + entries + arrays + files > 0;
  }

  /**
   * The file, opened if need be; undefined when it has been deleted and nobody held it open.
   *
   * @throws JournalUnavailableError when no descriptor is left to open it
   */
  use(): OpenedFile | undefined {
    if (this.#file === undefined) {
      try {
        this.#file = this.#openFile(this.path);
      } catch (error) {
        if (!(error instanceof JournalFileError)) throw error;
        // The file is there: to go on without it would be a silent hole in the log.
        if (error.code === 'exhausted') {
          throw new JournalUnavailableError([{ path: this.directory, state: 'denied', reason: error.message }]);
        }
        if (error.code !== 'missing') this.#damage.files = 1;
        this.gone = true;
        return undefined;
      }
      if (this.#file.header.fileId !== this.fileId) {
        // Another file took the name; the next scan of the directory tells where this one went.
        this.close();
        this.gone = true;
        return undefined;
      }
    }
    this.#opened(this);
    return this.#file;
  }

  /** Looks for entries committed since the last look; true when there are some, or the state of the file changed. */
  refresh(): boolean {
    if (this.settled || this.#file === undefined) return false;
    const state = this.#header.state;
    let moved = false;
    try {
      moved = this.#file.refresh();
    } catch (error) {
      if (!(error instanceof JournalFileError)) throw error;
      this.#damage.files = 1;
      this.overwritten = true;
      return false;
    }
    if (this.#file.header.fileId !== this.fileId) {
      this.overwritten = true;
      return false;
    }
    this.#header = this.#file.header;
    // Unchanged since it was archived, or since it was left behind by a crash: that is all of it.
    if (!moved && (state === 'archived' || this.path.endsWith('~'))) this.settled = true;
    if (this.#file.entryCount === this.#entryCount && state === this.#header.state) return false;
    this.#entryCount = this.#file.entryCount;
    return true;
  }

  /** Resolves when the entries of a damaged file have been found, which others need not wait for; at once in a sound one. */
  async recovered(): Promise<void> {
    while (this.use()?.recover() === false) await nextTurn();
  }

  /** Resolves when the file can be asked for entries of a boot without much work. */
  async bootKnown(bootId: string): Promise<void> {
    await this.recovered();
    while (this.use()?.prepareBoot(bootId) === false) await nextTurn();
  }

  /** The key of the last entry there is now. */
  tail(): EntryKey | undefined {
    if (this.#entryCount === 0) return undefined;
    if (this.#tail?.entryCount !== this.#entryCount) {
      this.#tail = { entryCount: this.#entryCount, key: this.keyBefore(this.#entryCount) };
    }
    return this.#tail.key;
  }

  /** The machine that logged the last entry: by its field `_MACHINE_ID`, else the machine that wrote the file. */
  machineOfTail(): string {
    const file = this.use();
    const entry = file?.entryAt(this.#entryCount - 1);
    const view: FieldView = { bytes: Buffer.alloc(0), start: 0, equals: 0, end: 0 };
    for (let index = 0; index < (entry?.itemCount ?? 0); index++) {
      if (!entry?.load(index, view) || view.bytes.toString('latin1', view.start, view.equals) !== '_MACHINE_ID')
        continue;
      return view.bytes.toString('latin1', view.equals + 1, view.end);
    }
    return this.#header.machineId;
  }

  /** The key of the last sound entry before `index` of the main entry array. */
  keyBefore(index: number): EntryKey | undefined {
    const file = this.use();
    if (file === undefined) return undefined;
    // A damaged file may turn out, on the way, to have fewer entries than its header says. Where a long piece of it is
    // damaged, its beginning is found by halves.
    let damaged = index;
    let before = index - 1;
    for (let tried = 1, step = 1; before >= 0 && file.entryAt(before) === undefined; tried++) {
      damaged = Math.min(before, file.entryCount);
      if (tried > triedOneByOne) step *= 2;
      before = Math.max(-1, damaged - step);
    }
    while (damaged - before > 1) {
      const middle = (before + damaged) >> 1;
      if (file.entryAt(middle) === undefined) damaged = middle;
      else before = middle;
    }
    const entry = before < 0 ? undefined : file.entryAt(before);
    return entry && keyOf(entry);
  }

  /** Resolves when {@link indexAtRealtime} can be asked without much work. */
  async timesKnown(): Promise<void> {
    if (this.#timeRuns?.entryCount === this.#entryCount) return;
    await this.recovered();
    const file = this.use();
    const entryCount = this.#entryCount;
    if (file === undefined || this.#timeRuns?.entryCount === entryCount) return;
    const slice = new TimeSlice();
    const search = searchTimeRuns(file);
    for (let step = search.next(); ; step = search.next()) {
      if (step.done) {
        this.#timeRuns = { entryCount, runs: step.value };
        return;
      }
      await slice.yield();
      // Closed meanwhile, or grown: whoever asks looks for himself.
      if (this.#file !== file || this.#entryCount !== entryCount) return;
    }
  }

  /** Index of the first entry whose realtime is at or after `microseconds`; the number of entries when there is none. */
  indexAtRealtime(microseconds: number): number {
    const runs = this.timeRuns();
    if (runs === undefined) return this.#entryCount;
    return firstAtOrAfter(runs, microseconds, () => this.use()) ?? this.#entryCount;
  }

  /** True when it is sure that no entry of the file lies in the period, and that none will. */
  liesOutside({ since, until }: Period): boolean {
    if (!this.settled) return false;
    const runs = this.timeRuns();
    const isOutside = runs?.every(
      ({ monotone, first, last }) => monotone && (last + unnoticedStep < since || first - unnoticedStep > until),
    );
    // A file that cannot be opened may hold anything.
    return isOutside ?? false;
  }

  /** The file's entries, boot by boot; undefined when the file is gone. */
  timeRuns(): readonly TimeRun[] | undefined {
    if (this.#timeRuns?.entryCount !== this.#entryCount) {
      const file = this.use();
      if (file === undefined) return undefined;
      this.#timeRuns = { entryCount: this.#entryCount, runs: findTimeRuns(file) };
    }
    return this.#timeRuns.runs;
  }

  close(): void {
    void this.damage;
    this.#file?.close();
    this.#file = undefined;
  }
}
