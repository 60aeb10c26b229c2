/**
 * How long do the last ten entries take over HTTP? The node agent and systemd-journal-gatewayd in turns, each over one
 * connection that stays open. `bench/memory.ts` asks the same of a journal of more than 2 GB.
 *
 *     npm run bench tail [-- --requests N]
 */
import { parseArgs } from 'node:util';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { Latencies } from './latencies.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent, startGatewayd } from './servers.ts';
import { TailRequests } from './tail-requests.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000' } } });
const requests = Number(values.requests);
const warmUps = 200;

const { directory, entries } = taskJournal();
const agent = await startAgent(directory);
const gatewayd = await startGatewayd(directory);
const contenders = [
  { name: 'agent', tail: TailRequests.ofAgent(agent.origin), meter: agent.meter },
  { name: 'gatewayd', tail: TailRequests.ofGatewayd(gatewayd.origin), meter: gatewayd.meter },
].map((contender) => ({ ...contender, first: Number.NaN, cpuBefore: 0, times: [] as number[] }));

const results = [];
try {
  for (let request = 0; request < warmUps + requests; request++) {
    for (const contender of contenders) {
      if (request === warmUps) contender.cpuBefore = contender.meter.cpuSeconds;
      const milliseconds = await contender.tail.ask();
      if (request === 0) contender.first = milliseconds;
      if (request >= warmUps) contender.times.push(milliseconds);
    }
  }
  for (const { name, first, times, meter, cpuBefore } of contenders) {
    const latencies = new Latencies(times);
    const cpu = (1000 * (meter.cpuSeconds - cpuBefore)) / requests;
    results.push({ name, p50: latencies.at(0.5), p99: latencies.at(0.99), first, cpu });
  }
} finally {
  for (const { tail } of contenders) tail.close();
  await Promise.all([agent.stop(), gatewayd.stop()]);
}

const rows = results.map(({ name, p50, p99, first, cpu }) => [
  name,
  'ms',
  ...[p50, p99, first, cpu].map((ms) => ms.toFixed(2)),
]);
process.stdout.write(`\nThe last 10 of ${entries.toLocaleString('en')} entries as JSON, ${requests} requests each\n\n`);
process.stdout.write(`${formatTable(['who', 'unit', 'p50', 'p99', 'first', 'CPU mean'], rows)}\n\n`);
process.stdout.write(`Written to ${writeResults('tail', { entries, requests, results })}\n`);
