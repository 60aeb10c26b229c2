import { JournalFileError } from './journal-file-error.ts';
import { compactLayout, HashItem, IncompatibleFlag, type Layout, regularLayout } from './layout.ts';
import { readUint64, tooLarge } from './u64.ts';

/** Bytes of the newest header known (systemd 254). Later ones only grow at the end. */
export const newestHeaderSize = 272;
/** Bytes of the oldest header: systemd 187 is the first with the format as documented. */
export const oldestHeaderSize = 208;

/** What the header says (systemd docs/JOURNAL_FILE_FORMAT.md, "Header"), read afresh by `refresh`. */
export interface FileHeader {
  readonly incompatibleFlags: number;
  readonly compatibleFlags: number;
  readonly state: 'offline' | 'online' | 'archived';
  readonly fileId: string;
  readonly machineId: string;
  /** Boot of the writer that last opened the file; with systemd 254 or newer, of the last entry. */
  readonly tailEntryBootId: string;
  readonly seqnumId: string;
  readonly entryCount: number;
  readonly headEntrySeqnum: number;
  readonly tailEntrySeqnum: number;
  readonly headEntryRealtime: number;
  readonly tailEntryRealtime: number;
  readonly tailEntryMonotonic: number;

  readonly headerSize: number;
  /** End of the space the writer has allocated, or of the file if that is before: nothing lies at or beyond it. */
  readonly arenaEnd: number;
  readonly tailObjectOffset: number;
  readonly entryArrayOffset: number;
  readonly dataHashTable: HashTablePlace;
  readonly fieldHashTable: HashTablePlace;
  readonly dataCount: number;
  readonly keyedHash: boolean;
  readonly layout: Layout;
}

/** Where the buckets of a hash table lie; no buckets before the writer has made the table. */
export interface HashTablePlace {
  readonly offset: number;
  readonly buckets: number;
}

/**
 * Header, le: signature[8] "LPKSHHRH", compatible_flags u32, incompatible_flags u32, state u8, reserved[7], then the
 * words below.
 */
const at = {
  compatibleFlags: 8,
  incompatibleFlags: 12,
  state: 16,
  fileId: 24,
  machineId: 40,
  tailEntryBootId: 56,
  seqnumId: 72,
  headerSize: 88,
  arenaSize: 96,
  dataHashTableOffset: 104,
  dataHashTableSize: 112,
  fieldHashTableOffset: 120,
  fieldHashTableSize: 128,
  tailObjectOffset: 136,
  objectCount: 144,
  entryCount: 152,
  tailEntrySeqnum: 160,
  headEntrySeqnum: 168,
  entryArrayOffset: 176,
  headEntryRealtime: 184,
  tailEntryRealtime: 192,
  tailEntryMonotonic: 200,
  // Since systemd 187.
  dataCount: 208,
} as const;

const states = ['offline', 'online', 'archived'] as const;
const flagNames = new Map<number, string>(Object.entries(IncompatibleFlag).map(([name, bit]) => [bit, name]));

/**
 * Reads and checks a header.
 *
 * @param bytes the start of the file, up to {@link newestHeaderSize} bytes of it
 * @param fileSize bytes of the file, found out after its start was read: a header can promise space that is not there
 * @throws JournalFileError `truncated-header`, `not-a-journal`, `incompatible-flags`
 */
export function parseHeader(bytes: Buffer, path: string, fileSize: number): FileHeader {
  if (bytes.length >= 8 && !isSigned(bytes)) {
    throw new JournalFileError('not-a-journal', path, 'does not start with the signature LPKSHHRH of a journal file');
  }
  if (bytes.length < oldestHeaderSize) {
    throw new JournalFileError(
      'truncated-header',
      path,
      `a journal file's header has at least ${oldestHeaderSize} bytes, this file only ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const incompatibleFlags = view.getUint32(at.incompatibleFlags, true);
  refuseUnknownFlags(incompatibleFlags, path);

  const word = (offset: number): number => readUint64(view, offset);
  const id = (offset: number): string => bytes.toString('hex', offset, offset + 16);
  const headerSize = word(at.headerSize);
  const arenaSize = word(at.arenaSize);
  const state = states[bytes[at.state] as number];
  if (headerSize < oldestHeaderSize || headerSize % 8 !== 0 || arenaSize === tooLarge || state === undefined) {
    throw new JournalFileError(
      'not-a-journal',
      path,
      `the header contradicts itself: header size ${headerSize}, arena size ${arenaSize}, state ${bytes[at.state]}`,
    );
  }
  const arenaEnd = Math.min(headerSize + arenaSize, fileSize);
  return {
    incompatibleFlags,
    compatibleFlags: view.getUint32(at.compatibleFlags, true),
    state,
    fileId: id(at.fileId),
    machineId: id(at.machineId),
    tailEntryBootId: id(at.tailEntryBootId),
    seqnumId: id(at.seqnumId),
    entryCount: entryCountOf(word(at.entryCount), arenaSize),
    headEntrySeqnum: word(at.headEntrySeqnum),
    tailEntrySeqnum: word(at.tailEntrySeqnum),
    headEntryRealtime: word(at.headEntryRealtime),
    tailEntryRealtime: word(at.tailEntryRealtime),
    tailEntryMonotonic: word(at.tailEntryMonotonic),
    headerSize,
    arenaEnd,
    tailObjectOffset: Math.max(0, word(at.tailObjectOffset)),
    entryArrayOffset: Math.max(0, word(at.entryArrayOffset)),
    dataHashTable: hashTable(word(at.dataHashTableOffset), word(at.dataHashTableSize), arenaEnd),
    fieldHashTable: hashTable(word(at.fieldHashTableOffset), word(at.fieldHashTableSize), arenaEnd),
    dataCount: headerSize >= at.dataCount + 8 && bytes.length >= at.dataCount + 8 ? word(at.dataCount) : tooLarge,
    keyedHash: (incompatibleFlags & IncompatibleFlag.keyedHash) !== 0,
    layout: (incompatibleFlags & IncompatibleFlag.compact) !== 0 ? compactLayout : regularLayout,
  };
}

/** Whether the bytes begin as a journal file does. */
export function isSigned(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 8) === 'LPKSHHRH';
}

/** An entry takes far more than 16 bytes: a greater count is a lie, and how many there are the arrays must tell. */
function entryCountOf(said: number, arenaSize: number): number {
  const most = Math.floor(arenaSize / 16);
  return said === tooLarge ? most : Math.min(said, most);
}

/** Whether the writer has written its last to the file: the state is the last word it writes. */
export function isArchived(header: Buffer): boolean {
  return header[at.state] === states.indexOf('archived');
}

/** Puts the count of entries of one reading of a header into another. */
export function copyEntryCount(from: Buffer, to: Buffer): void {
  if (from.length >= oldestHeaderSize && to.length >= oldestHeaderSize) {
    from.copy(to, at.entryCount, at.entryCount, at.entryCount + 8);
  }
}

function refuseUnknownFlags(flags: number, path: string): void {
  const unknown: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const flag = 2 ** bit;
    if ((flags & flag) !== 0 && !flagNames.has(flag)) unknown.push(`0x${flag.toString(16)}`);
  }
  if (unknown.length > 0) {
    throw new JournalFileError(
      'incompatible-flags',
      path,
      `uses parts of the journal format this reader does not know: incompatible flags ${unknown.join(', ')}`,
    );
  }
}

function hashTable(offset: number, size: number, arenaEnd: number): HashTablePlace {
  const sound = offset > 0 && offset % 8 === 0 && size > 0 && size % HashItem.length === 0 && offset + size <= arenaEnd;
  return sound ? { offset, buckets: size / HashItem.length } : { offset: 0, buckets: 0 };
}
