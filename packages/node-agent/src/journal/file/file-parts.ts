import type { ItemDomain } from '../entry.ts';
import type { AllEntries } from './all-entries.ts';
import type { Damage } from './damage.ts';
import type { FileBytes } from './file-bytes.ts';
import type { HashTables } from './hash-table.ts';
import type { FileHeader } from './header.ts';

/** What the readers of one file work on. */
export interface FileParts {
  readonly bytes: FileBytes;
  readonly damage: Damage;
  readonly tables: HashTables;
  readonly entries: AllEntries;
  readonly domain: ItemDomain;
  /** As of the last refresh. */
  readonly header: FileHeader;
}
