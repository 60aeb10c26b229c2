import type { Entry } from './entry.ts';

/** An entry that knows where it lies. */
export interface FileEntry extends Entry {
  /** Offset of the ENTRY object in the file: grows from entry to entry, so it is the position in this file. */
  readonly offset: number;
}
