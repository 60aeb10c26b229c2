/**
 * Does the reader bear any damage? Mutates small real journals and reads what is left of them by every way there is:
 * nothing but the errors it documents, no endless reading, no growing memory, and every intact entry the file still leads
 * to, or journalctl finds.
 *
 *     npm run soak fuzz [-- --count N] [-- --seed N] [-- --compare-every N] [-- --workers N]
 *
 * A failing seed is repeated by `--seed N --count 1`; systemd's own journals differ from run to run in their ids, so the
 * damaged file is kept, too.
 */
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    'compare-every': { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const started = performance.now();
let told = started;
const result = await runCampaign({
  seed,
  count,
  compareEvery: Number(values['compare-every']),
  workers: Math.min(count, Number(values.workers)),
  progress: (done, rss) => {
    if (performance.now() - told < 30_000) return;
    told = performance.now();
    process.stdout.write(`${done} of ${count}, ${megabytes(rss)} resident\n`);
  },
});
const seconds = (performance.now() - started) / 1000;

for (const { seed: failed, message, file } of result.failures) {
  process.stdout.write(`seed ${failed}: ${message}\n  damaged file: ${file}\n`);
}
process.stdout.write(`
mutations                        ${result.mutations} (seeds ${seed} to ${seed + count - 1}) in ${seconds.toFixed(0)} s
violations                       ${result.failures.length}
files refused                    ${result.refused}
entries delivered, one reading   ${result.entries}
mutations journalctl read too    ${result.compared}
intact entries it found          ${result.foundByJournalctl}
a mutation's readings            ${result.mean.toFixed(1)} ms, ${result.slowest.toFixed(0)} ms at most
most a request read of a file    ${result.work.toFixed(2)} times its size
longest in one go, CPU time      ${result.stretch.toFixed(1)} ms, in one of 1,000 ${result.stretchOfThousandth.toFixed(1)} ms or more
held more at the end             ${(result.grown / 1e6).toFixed(1)} MB a thread, since the first fifth
resident memory                  ${megabytes(result.rssEarly)} in the first fifth, ${megabytes(result.rssMost)} at most
`);
process.exitCode = result.failures.length === 0 && result.mutations === count ? 0 : 1;
