/**
 * What do the entries of one task of 200 cost, 3,187 of 300,000, found by index and answered as JSON? The node agent over
 * HTTP beside systemd-journal-gatewayd and `journalctl`, in turns, so that a busy machine is busy for all. CPU time is the
 * mean of many requests, since Linux counts in steps of 10 ms; journalctl's includes its start. As many requests go before,
 * until V8 has compiled what is used much; the first of them is told.
 *
 *     npm run bench task [-- --requests N]
 */
import { parseArgs } from 'node:util';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { type Run, timeProgram, timeRequest } from './answer.ts';
import { Latencies } from './latencies.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent, startGatewayd } from './servers.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '20' } } });
const requests = Number(values.requests);

const { directory, namedTask } = taskJournal();
const { frameworkId, executorId, containerId, entries } = namedTask;
const agent = await startAgent(directory);
const gatewayd = await startGatewayd(directory);
const path = `/v1/range/framework/${frameworkId}/executor/${executorId}/container/${containerId}`;
const matches = [`FRAMEWORK_ID=${frameworkId}`, `EXECUTOR_ID=${executorId}`, `CONTAINER_ID=${containerId}`];
const args = ['--no-pager', '--quiet', '--output=json', `--directory=${directory}`, ...matches];

const contenders = [
  {
    name: 'agent',
    ask: () => timeRequest(`${agent.origin}${path}`, 'application/json', agent.meter, true),
  },
  {
    name: 'gatewayd',
    ask: () => timeRequest(`${gatewayd.origin}/entries?${matches.join('&')}`, 'application/json', gatewayd.meter, true),
  },
  { name: 'journalctl', ask: () => timeProgram('journalctl', args, true) },
];

const measured = contenders.map(({ name }) => ({ name, first: Number.NaN, runs: [] as Run[] }));
try {
  for (let request = 0; request < 2 * requests; request++) {
    for (const [i, { name, ask }] of contenders.entries()) {
      const run = await ask();
      if (run.lines !== entries) throw new Error(`${name} answered ${run.lines} lines, expected ${entries}`);
      const into = measured[i];
      if (request === 0 && into !== undefined) into.first = 1000 * run.seconds;
      if (request >= requests) into?.runs.push(run);
    }
  }
} finally {
  await Promise.all([agent.stop(), gatewayd.stop()]);
}

const results = measured.map(({ name, first, runs }) => {
  const wall = new Latencies(runs.map(({ seconds }) => 1000 * seconds));
  const cpu = (1000 * runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / runs.length;
  return { name, cpu, p50: wall.at(0.5), best: wall.at(0), first };
});
const agentCpu = results[0]?.cpu ?? Number.NaN;
const rows = results.map(({ name, cpu, p50, best, first }) => [
  name,
  'ms',
  ...[cpu, p50, best, first].map((ms) => ms.toFixed(1)),
  (cpu / agentCpu).toFixed(1),
]);
process.stdout.write(
  `\n${entries.toLocaleString('en')} entries of one task as JSON, ${requests} requests each after ${requests} to warm up\n\n`,
);
process.stdout.write(
  `${formatTable(['who', 'unit', 'CPU mean', 'wall p50', 'wall best', 'wall first', 'CPU × agent'], rows)}\n\n`,
);
process.stdout.write(`Written to ${writeResults('task', { entries, requests, results })}\n`);
