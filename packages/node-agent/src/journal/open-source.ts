import type { CountOptions, Histogram, HistogramRange, ValueCounts } from './counts.ts';
import { JournalFile } from './file/journal-file.ts';
import { PageCache } from './file/page-cache.ts';
import { JournalctlSource } from './journalctl/journalctl-source.ts';
import { NativeSource } from './log/native-source.ts';
import type { Match } from './match.ts';
import type { EntryWalk, JournalSource, JournalStatus } from './source.ts';

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
  /** The largest field delivered, in bytes. A larger one counts as damaged. Default: {@link largestField}. */
  readonly largestField?: number;
  readonly log?: JournalLog;
}

/**
 * Opens the journal files of all `directories` as one log, missing directories and ones without permission included: the
 * source's status tells of them.
 *
 * Files are read by the native reader. From the moment a file appears that uses parts of the format it does not know, the
 * log is read by the installed journalctl: all of it, for one log needs one reader to have one order. Walks that are open
 * then fail with JournalUnavailableError; opened again they go on at their cursor.
 */
export async function openJournal(options: OpenJournalOptions): Promise<JournalSource> {
  const source = new ChosenSource(options);
  source.choose();
  return source;
}

class ChosenSource implements JournalSource {
  readonly #options: OpenJournalOptions;
  #source: JournalSource;

  constructor(options: OpenJournalOptions) {
    const { directories, pageCacheBytes, largestField } = options;
    const cache = new PageCache({
      ...(pageCacheBytes === undefined ? {} : { bytes: pageCacheBytes }),
      ...(largestField === undefined ? {} : { largestField }),
    });
    this.#options = options;
    this.#source = new NativeSource(directories, (path) => JournalFile.open(path, cache));
  }

  get kind(): 'native' | 'journalctl' {
    return this.#source.kind;
  }

  walk(match: Match): EntryWalk {
    return this.choose().walk(match);
  }

  distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncIterable<Buffer> {
    return this.choose().distinctValues(field, match, signal);
  }

  valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts> {
    return this.choose().valueCounts(field, match, options);
  }

  histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram> {
    return this.choose().histogram(match, range, options);
  }

  status(): JournalStatus {
    return this.choose().status();
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  choose(): JournalSource {
    if (this.#source.kind === 'journalctl') return this.#source;
    const unknown = this.#source.status().directories.find(({ state }) => state === 'incompatible');
    if (unknown === undefined) return this.#source;
    const { directories, log } = this.#options;
    log?.warn({ directory: unknown.path, reason: unknown.reason }, 'the journal is read by journalctl from now on');
    void this.#source.close();
    this.#source = new JournalctlSource(directories);
    return this.#source;
  }
}
