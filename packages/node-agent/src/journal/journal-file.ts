// For the layer above: open with `JournalFile.open(path, cache)`, one `PageCache` for all files; it throws JournalFileError
// (journal-file-error.ts) with a code. `header` is a new object after a `refresh()` that changed it. `refresh` can throw
// JournalFileError too. `walk.seekOffset(offset)` stands before the entry at or after a FileEntry.offset. Damage counts are in `damage`.
import type { FileEntry } from './file-entry.ts';
import type { FileWalk } from './file-walk.ts';
import type { FileHeader } from './header.ts';
import type { Match } from './match.ts';
import type { PageCache } from './page-cache.ts';

export abstract class JournalFile {
  abstract readonly path: string;
  abstract readonly header: FileHeader;
  abstract readonly entryCount: number;
  abstract readonly damage: { readonly data: number; readonly entries: number; readonly arrays: number };

  static open(path: string, _cache: PageCache): JournalFile {
    throw new Error(`not yet ${path}`);
  }

  abstract refresh(): boolean;
  abstract entryAt(index: number): FileEntry | undefined;
  abstract bisect(isAtOrAfter: (entry: FileEntry) => boolean): number;
  abstract bisectBoot(bootId: string, isAtOrAfter: (entry: FileEntry) => boolean): number | undefined;
  abstract walk(match: Match): FileWalk & { seekOffset(offset: number): void };
  abstract distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncIterable<Buffer>;
  abstract close(): void;
}
