import type { JournalSource } from './source.ts';

/** What the journal layer has to say to an operator; fastify's and pino's loggers fit. */
export interface JournalLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface OpenJournalOptions {
  /** Directories given by `--journal`; each may hold journal files itself and in machine-id subdirectories. */
  readonly directories: readonly string[];
  /** Bytes of memory for pages of journal files, shared by all files. */
  readonly pageCacheBytes?: number;
  readonly log?: JournalLog;
}

/** Opens the journal files of all `directories` as one log. */
export async function openJournal(_options: OpenJournalOptions): Promise<JournalSource> {
  throw new Error('the journal reader is not assembled yet');
}
