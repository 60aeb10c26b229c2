import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { whyNoSystemdPrograms } from '../fixtures/requirements.ts';
import { writeCorpus } from './corpus.ts';
import type { Outcome } from './one-mutation.ts';

export interface CampaignOptions {
  /** The first seed; each mutation has the next one. */
  readonly seed: number;
  readonly count: number;
  /** journalctl is asked about one in so many; 0 for none. */
  readonly compareEvery: number;
  /** Threads that work at the same time. */
  readonly workers: number;
  /** Ends the campaign when so many seeds have failed. Default: 10. */
  readonly mostFailures?: number;
  /** Told now and then how far it has got. */
  readonly progress?: (done: number, rss: number) => void;
}

/** A seed whose damage the reader did not bear. */
export interface Failure {
  readonly seed: number;
  readonly message: string;
  /** The damaged file, kept. */
  readonly file: string;
}

/** What a campaign came to. */
export interface CampaignResult {
  readonly mutations: number;
  readonly failures: readonly Failure[];
  readonly refused: number;
  readonly entries: number;
  readonly compared: number;
  /** Intact entries that journalctl found, all of them found by the reader. */
  readonly foundByJournalctl: number;
  /** Milliseconds of the slowest mutation, all of its readings together. */
  readonly slowest: number;
  readonly mean: number;
  /** The most one request read, in multiples of the file. */
  readonly work: number;
  /** The longest time the reading of a log kept others from their turn, in ms of CPU time: in one of 1,000 mutations, and in any. */
  readonly stretchOfThousandth: number;
  readonly stretch: number;
  /** The most a thread held more at its end than when a fifth was done, in bytes, garbage aside. */
  readonly grown: number;
  /** Resident memory of the whole process, in bytes: in the first fifth, and the most ever. */
  readonly rssEarly: number;
  readonly rssMost: number;
}

/** What a thread tells. */
export type Report =
  | { readonly kind: 'begun'; readonly seed: number }
  | { readonly kind: 'memory'; readonly bytes: number }
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly seed: number; readonly message: string };

/** What a thread is told. */
export interface Assignment {
  readonly corpus: readonly { readonly name: string; readonly path: string }[];
  readonly directory: string;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly compareEvery: number;
}

/** Where files are written: in memory, where the system has such a place. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** A thread that says nothing for so long, in ms, hangs. */
const patience = 60_000;

/** Damages journals and reads them, `count` times. A reading that never ends fails like any other. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, count, compareEvery, workers, mostFailures = 10, progress } = options;
  const directory = mkdtempSync(join(scratch, 'journal-fuzz-'));
  const withSystemd = whyNoSystemdPrograms() === undefined;
  const corpus = await writeCorpus(directory, withSystemd);
  const failures: Failure[] = [];
  const total = { mutations: 0, refused: 0, entries: 0, compared: 0, foundByJournalctl: 0, milliseconds: 0 };
  const most = { slowest: 0, work: 0, grown: Number.NEGATIVE_INFINITY, rssEarly: 0, rssMost: 0 };

  const stretches: number[] = [];

  const take = ({ refusal, entries, milliseconds, work, stretch, foundByJournalctl }: Outcome): void => {
    stretches.push(stretch);
    total.refused += refusal === undefined ? 0 : 1;
    total.entries += entries;
    total.milliseconds += milliseconds;
    total.compared += foundByJournalctl === undefined ? 0 : 1;
    total.foundByJournalctl += foundByJournalctl ?? 0;
    most.slowest = Math.max(most.slowest, milliseconds);
    most.work = Math.max(most.work, work);
  };
  const countOne = (): void => {
    total.mutations += 1;
    if (total.mutations % 500 !== 0) return;
    const { rss } = process.memoryUsage();
    if (total.mutations * 5 <= count || most.rssEarly === 0) most.rssEarly = Math.max(most.rssEarly, rss);
    most.rssMost = Math.max(most.rssMost, rss);
    progress?.(total.mutations, rss);
  };
  const fail = (failed: number, message: string, file: string): void => {
    const kept = join(tmpdir(), `journal-fuzz-${failed}.journal`);
    copyFileSync(file, kept);
    failures.push({ seed: failed, message, file: kept });
  };

  const run = (index: number): Promise<void> => {
    const own = join(directory, `worker-${index}`);
    mkdirSync(own);
    const path = join(own, 'damaged', 'system.journal');
    const assignment: Assignment = {
      corpus: corpus.map(({ name, path }) => ({ name, path })),
      directory: own,
      first: seed + index,
      step: workers,
      end: seed + count,
      compareEvery: withSystemd ? compareEvery : 0,
    };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: assignment,
      execArgv: ['--conditions=source'],
    });
    let present = seed + index;
    let held: number | undefined;
    return new Promise((resolve, reject) => {
      const hangs = (): void => {
        fail(present, `nothing for ${patience / 1000} s: it hangs`, path);
        void worker.terminate();
      };
      let watchdog = setTimeout(hangs, patience);
      worker.on('message', (report: Report) => {
        clearTimeout(watchdog);
        watchdog = setTimeout(hangs, patience);
        if (report.kind === 'begun') {
          present = report.seed;
          return;
        }
        if (report.kind === 'memory') {
          if (held !== undefined) most.grown = Math.max(most.grown, report.bytes - held);
          held ??= report.bytes;
          return;
        }
        countOne();
        if (report.kind === 'done') take(report.outcome);
        else fail(report.seed, report.message, path);
        if (failures.length >= mostFailures) void worker.terminate();
        else worker.postMessage('next');
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        clearTimeout(watchdog);
        resolve();
      });
    });
  };
  try {
    await Promise.all(Array.from({ length: workers }, (_, index) => run(index)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const { milliseconds, ...totals } = total;
  stretches.sort((one, other) => other - one);
  const [stretch = 0] = stretches;
  const stretchOfThousandth = stretches[Math.floor(stretches.length / 1000)] ?? 0;
  return {
    ...totals,
    ...most,
    stretch,
    stretchOfThousandth,
    mean: milliseconds / Math.max(1, total.mutations),
    failures,
  };
}
