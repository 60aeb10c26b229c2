import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { Assignment, Report } from './campaign.ts';
import { collectGarbage } from './garbage.ts';
import { Fuzzer } from './one-mutation.ts';
import { soundJournal } from './sound-journal.ts';

// One thread of a campaign: takes its seeds one by one, and says before each that it begins.
if (parentPort === null) throw new Error('this is a thread of a campaign: npm run soak fuzz');
const port = parentPort;
const { corpus, directory, first, step, end, compareEvery } = workerData as Assignment;
const tell = (report: Report): void => port.postMessage(report);

/** What the thread holds on to. */
function tellMemory(): void {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  tell({ kind: 'memory', bytes: heapUsed + external });
}

const journals = await Promise.all(corpus.map(({ name, path }) => soundJournal(name, path)));
const fuzzer = new Fuzzer(journals, directory);
const early = first + step * Math.floor((end - first) / step / 5);
for (let seed = first; seed < end; seed += step) {
  if (seed === early) tellMemory();
  tell({ kind: 'begun', seed });
  try {
    tell({ kind: 'done', outcome: await fuzzer.run(seed, compareEvery > 0 && seed % compareEvery === 0) });
  } catch (error) {
    tell({ kind: 'failed', seed, message: (error as Error).message });
  }
  // The damaged file is kept by the other side before it is overwritten.
  await once(port, 'message');
}
tellMemory();
port.close();
