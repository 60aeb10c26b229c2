/**
 * Do gateway and agent bear any request? Asks every route of a running gateway, by its OpenAPI document, and of a node
 * agent, by its schemas: valid, nearly valid and hostile requests, each answer judged.
 *
 *     npm run soak http [-- --count N] [-- --seed N] [-- --concurrency N]
 *
 * A failing seed is repeated by `--seed N --count 1`; cursors and ids differ from run to run.
 */
import { parseArgs } from 'node:util';
import { runHttpCampaign } from './http-campaign.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '12' },
  },
});
const [seed, count, concurrency] = [Number(values.seed), Number(values.count), Number(values.concurrency)];
const megabytes = (bytes: readonly number[]): string => bytes.map((one) => (one / 1e6).toFixed(0)).join(', ');

const started = performance.now();
let told = started;
const result = await runHttpCampaign({
  seed,
  count,
  concurrency,
  run: 'dist',
  progress: (done, memory) => {
    if (performance.now() - told < 30_000) return;
    told = performance.now();
    process.stdout.write(`${done} of ${count}, resident MB: ${megabytes(memory())}\n`);
  },
});
const seconds = (performance.now() - started) / 1000;

for (const { seed: failed, request, problems } of result.failures) {
  process.stdout.write(`seed ${failed}: ${problems.join('; ')}\n  ${request}\n`);
}
for (const route of result.routes.silent) process.stdout.write(`no success: ${route}\n`);
for (const line of result.faults.slice(0, 20)) process.stdout.write(`fault: ${line}\n`);
const statuses = [...result.statuses].sort(([one], [other]) => one - other);
process.stdout.write(`
requests                  ${result.requests} (seeds ${seed} to ${seed + count - 1}) in ${seconds.toFixed(0)} s, ${concurrency} at once
violations                ${result.failures.length}
faults in the logs        ${result.faults.length}
routes with a success     ${result.routes.all - result.routes.silent.length} of ${result.routes.all}
statuses                  ${statuses.map(([status, times]) => `${status || 'closed'}: ${times}`).join(', ')}
slowest head              ${result.slowest.toFixed(0)} ms
left open at the end      ${result.openLeft} answers; descriptors more than before: ${result.descriptorsLeft.join(', ')}
resident memory, MB       ${megabytes(result.memory.early)} after a tenth, ${megabytes(result.memory.end)} at the end
`);
process.exitCode =
  result.failures.length === 0 && result.faults.length === 0 && result.openLeft === 0 && result.answersAtEnd ? 0 : 1;
