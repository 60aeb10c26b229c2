import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PageCache } from '@clusterlog/node-agent/journal/file/page-cache';
import { Random } from '../fixtures/random.ts';
import { readFile } from './file-reading.ts';
import { Intactness } from './intactness.ts';
import { compareWithJournalctl } from './journalctl-comparison.ts';
import { readLive } from './live-reading.ts';
import { readLog } from './log-reading.ts';
import { mutate } from './mutators.ts';
import type { SoundJournal } from './sound-journal.ts';
import { demand, Violation } from './violation.ts';

/** No reading of a file of some 100 KB may take longer, in ms, on however busy a machine. */
const mostMilliseconds = 5_000;
/** In one of so many the damage is done while the journal is read, in one of so many a sound file lies beside. */
const liveEvery = 8;
const siblingEvery = 4;
const systemdEvery = 8;

/** What came of one mutation. */
export interface Outcome {
  readonly mutation: string;
  readonly refusal: string | undefined;
  /** Entries delivered by the first reading. */
  readonly entries: number;
  readonly milliseconds: number;
  /** Pages read by one request, at most, in multiples of the file's. */
  readonly work: number;
  /** The longest time the reading of a log kept others from their turn, in ms of CPU time. */
  readonly stretch: number;
  /** Intact entries that journalctl found; undefined when it was not asked. */
  readonly foundByJournalctl: number | undefined;
}

/** Damages journals of a corpus, one at a time, and reads them. */
export class Fuzzer {
  readonly #corpus: readonly SoundJournal[];
  readonly #ofSystemd: readonly SoundJournal[];
  readonly #directory: string;
  readonly #cache = new PageCache({ bytes: 512 * 1024, readAheadBytes: 2 * 1024 * 1024 });

  /** @param directory an empty one of its own */
  constructor(corpus: readonly SoundJournal[], directory: string) {
    this.#corpus = corpus.filter(({ name }) => !name.startsWith('systemd'));
    this.#ofSystemd = corpus.filter(({ name }) => name.startsWith('systemd'));
    this.#directory = directory;
  }

  /** Where the damaged file of the last run lies. */
  get path(): string {
    return join(this.#directory, 'damaged', 'system.journal');
  }

  /**
   * Does the damage that `seed` stands for, and reads what is left.
   *
   * @param compare whether journalctl is asked, too
   * @throws Violation when the reader does what it must not
   */
  async run(seed: number, compare: boolean): Promise<Outcome> {
    const random = new Random(seed);
    // The few written by systemd have large hash tables, which take time and are all alike.
    const ofSystemd = seed % systemdEvery === 0 ? this.#ofSystemd : [];
    const from = ofSystemd.length > 0 ? ofSystemd : this.#corpus;
    const journal = random.pick(from);
    const mutation = mutate(journal, random);
    try {
      return await this.#read(journal, mutation, random, compare);
    } catch (error) {
      const said = error instanceof Violation ? error.message : `it threw ${(error as Error).stack ?? String(error)}`;
      throw new Violation(`${journal.name}, ${mutation.name}: ${said}`, { cause: error });
    }
  }

  async #read(
    journal: SoundJournal,
    mutation: { readonly name: string; readonly bytes: Buffer },
    random: Random,
    compare: boolean,
  ): Promise<Outcome> {
    const { bytes } = mutation;
    const directory = join(this.#directory, 'damaged');
    mkdirSync(directory, { recursive: true });
    const intact = new Intactness(journal, bytes);
    const sibling = random.below(siblingEvery) === 0 ? random.pick(this.#corpus) : undefined;
    writeFileSync(this.path, bytes);

    const before = process.threadCpuUsage();
    const reading = await readFile(journal, intact, this.path, bytes.length, this.#cache, random);
    let stretch = 0;
    if (sibling === undefined || sibling === journal) {
      ({ stretch } = await readLog(
        { directory, journal, intact, size: bytes.length, sibling: undefined },
        reading,
        random,
      ));
    } else {
      const both = join(this.#directory, 'both');
      mkdirSync(both, { recursive: true });
      writeFileSync(join(both, 'system.journal'), bytes);
      writeFileSync(join(both, 'beside.journal'), sibling.bytes);
      ({ stretch } = await readLog({ directory: both, journal, intact, size: bytes.length, sibling }, reading, random));
    }
    if (random.below(liveEvery) === 0) {
      const live = join(this.#directory, 'live');
      mkdirSync(live, { recursive: true });
      await readLive(live, join(live, 'system.journal'), journal, bytes, random);
    }
    // Not by the clock: other processes may hold this one up for seconds.
    const { user, system } = process.threadCpuUsage(before);
    const milliseconds = (user + system) / 1_000;
    demand(milliseconds <= mostMilliseconds, () => `it took ${milliseconds.toFixed(0)} ms`);
    return {
      mutation: mutation.name,
      refusal: reading.refusal,
      entries: reading.forward?.offsets.length ?? 0,
      milliseconds,
      work: reading.work,
      stretch,
      foundByJournalctl: compare ? await compareWithJournalctl(journal, intact, this.path, reading) : undefined,
    };
  }
}
