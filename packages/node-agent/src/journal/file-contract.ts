// Contract between the layer that reads ONE journal file and the layer that makes many files one log.
// Move each part to the file that implements it; this file goes away.
import type { Entry } from './entry.ts';
import type { Match } from './match.ts';

/** What the header says (systemd docs/JOURNAL_FILE_FORMAT.md, "Header"), read afresh by `refresh`. */
export interface FileHeader {
  readonly incompatibleFlags: number;
  readonly compatibleFlags: number;
  readonly state: 'offline' | 'online' | 'archived';
  readonly fileId: string;
  readonly machineId: string;
  /** Boot of the writer that last opened the file. */
  readonly tailEntryBootId: string;
  readonly seqnumId: string;
  readonly entryCount: number;
  readonly headEntrySeqnum: number;
  readonly tailEntrySeqnum: number;
  readonly headEntryRealtime: number;
  readonly tailEntryRealtime: number;
  readonly tailEntryMonotonic: number;
}

export interface JournalFileContract {
  readonly path: string;
  readonly header: FileHeader;
  /** Re-reads the mutable words of the header; true when entries were committed or the state changed. */
  refresh(): boolean;
  /** Committed entries as of the last refresh: only these exist for everyone above. */
  readonly entryCount: number;

  /** The entry at `index` of the main entry array; undefined when damaged. The flyweight is reused. */
  entryAt(index: number): FileEntry | undefined;
  /** First index in [0, entryCount] for which `isAtOrAfter` is true (false … false true … true); bisects. */
  bisect(isAtOrAfter: (entry: FileEntry) => boolean): number;
  /** As bisect, over the entries of one boot (through the `_BOOT_ID=` data object); undefined if the file lacks the boot. */
  bisectBoot(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined;

  /** A walk over matching entries of this file; positions are entry offsets. */
  walk(match: Match): FileWalkContract;
  distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncIterable<Buffer>;
  close(): void;
}

/** An entry that knows where it lies. */
export interface FileEntry extends Entry {
  /** Offset of the ENTRY object in the file: grows from entry to entry, so it is the position in this file. */
  readonly offset: number;
}

/**
 * A position between two entries of one file. `peek` never moves; `advance` moves over what was peeked.
 * `pending` means bytes must be read first: await `fill()` and peek again. Each FileWalk owns its flyweights, so the
 * peeked entries of several walks can be compared.
 */
export interface FileWalkContract {
  /** Stand before the entry at `index` of the main entry array (entryCount: after the last). */
  seekIndex(index: number): void;
  peek(direction: 'forward' | 'backward'): FileEntry | 'pending' | 'end';
  advance(direction: 'forward' | 'backward'): void;
  fill(): Promise<void>;
  close(): void;
}
