import { JournalFile } from './journal-file.ts';
import { NativeSource } from './native-source.ts';
import { PageCache } from './page-cache.ts';
import type { JournalSource } from './source.ts';

/** What the journal layer has to say to an operator; fastify's and pino's loggers fit. */
export interface JournalLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface OpenJournalOptions {
  /** Directories given by `--journal`; each may hold journal files itself and in machine-id subdirectories. */
  readonly directories: readonly string[];
  /** Memory for pages of journal files, shared by all files, in bytes; see PageCacheOptions. */
  readonly pageCacheBytes?: number;
  readonly log?: JournalLog;
}

/** Opens the journal files of all `directories` as one log. */
export async function openJournal(options: OpenJournalOptions): Promise<JournalSource> {
  const cache = new PageCache(options.pageCacheBytes === undefined ? {} : { bytes: options.pageCacheBytes });
  return new NativeSource(options.directories, (path) => JournalFile.open(path, cache));
}
