import type { CountOptions, Histogram, HistogramRange, ValueCounts } from '../counts.ts';
import type { Match } from '../match.ts';
import type { EntryWalk, JournalSource, JournalStatus } from '../source.ts';
import { TimeSlice } from '../time-slice.ts';
import { ChangePoll, type Waiter } from './change-poll.ts';
import { countByTime, countValues } from './count-entries.ts';
import { EntryTail } from './entry-tail.ts';
import { countFilesByValue } from './file-counts.ts';
import { JournalFiles } from './journal-files.ts';
import type { OpenFile } from './log-file.ts';
import { NativeWalk } from './native-walk.ts';

/** How often the directories are looked at though nobody asks, in ms, so that vacuumed files give their space back. */
const slowLookInterval = 10_000;

/** The journal files of some directories as one log, read by ourselves. */
export class NativeSource implements JournalSource {
  readonly kind = 'native';
  readonly #files: JournalFiles;
  readonly #poll: ChangePoll;
  readonly #walks = new Set<NativeWalk>();
  readonly #close: () => void;
  readonly #slowLook: NodeJS.Timeout;

  /**
   * @param openFile opens one journal file; all of them share its memory
   * @param close called last, when all files are closed
   */
  constructor(directories: readonly string[], openFile: OpenFile, close: () => void = () => {}) {
    this.#files = new JournalFiles(directories, openFile);
    this.#close = close;
    const tail = new EntryTail<Waiter>(this.#files);
    this.#poll = new ChangePoll({
      look: () => {
        this.#files.settleForAll();
        return this.#files.version;
      },
      version: () => this.#files.version,
      add: (waiter) => tail.add(waiter, waiter.match),
      delete: (waiter) => tail.delete(waiter),
      begin: () => tail.reset(),
      concerned: () => tail.test(),
    });
    this.#files.settle();
    this.#slowLook = setInterval(() => this.#lookSlowly(), slowLookInterval).unref();
  }

  walk(match: Match): EntryWalk {
    const walk = new NativeWalk(this.#files, this.#poll, match, (closed) => this.#walks.delete(closed));
    this.#walks.add(walk);
    return walk;
  }

  async *distinctValues(field: string, match: Match, signal?: AbortSignal): AsyncGenerator<Buffer> {
    this.#files.settle();
    this.#files.requireReadable();
    // Values are bytes: one character a byte keeps them apart.
    const delivered = new Set<string>();
    const slice = new TimeSlice();
    for (const file of [...this.#files.all]) {
      await file.recovered();
      const opened = file.use();
      if (opened === undefined) continue;
      file.readers++;
      try {
        for await (const value of opened.distinctValues(field, match, signal)) {
          signal?.throwIfAborted();
          const key = value.toString('latin1');
          if (!delivered.has(key)) {
            delivered.add(key);
            yield value;
          }
          await slice.yield();
        }
      } finally {
        file.readers--;
        this.#files.release(file);
      }
    }
  }

  async valueCounts(field: string, match: Match, options?: CountOptions): Promise<ValueCounts> {
    const counted = match.kind === 'everything' ? await countFilesByValue(this.#files, field, options) : undefined;
    return counted ?? countValues((within) => this.walk(within), field, match, options);
  }

  async histogram(match: Match, range: HistogramRange, options?: CountOptions): Promise<Histogram> {
    return countByTime((within) => this.walk(within), match, range, options);
  }

  status(): JournalStatus {
    this.#files.settle();
    const { statuses, count, damage } = this.#files;
    return { kind: this.kind, directories: statuses, files: count, damage };
  }

  async close(): Promise<void> {
    clearInterval(this.#slowLook);
    this.#poll.stop(new Error('the journal was closed'));
    for (const walk of [...this.#walks]) walk.close();
    this.#files.close();
    this.#close();
  }

  #lookSlowly(): void {
    try {
      this.#files.settle();
    } catch {
      // Whoever reads next meets the same and can answer with it.
    }
  }
}
