/**
 * What does the gateway cost as one hop more? The same agent build directly and through the gateway, in turns: a full range
 * of 300,000 entries as JSON (throughput), the last ten entries over a connection that stays open (latency). Each request
 * through the gateway is authenticated, authorized and carries a gateway token, which requests within 5 s share. Whatever runs is
 * pinned to two processors, where `taskset` is there: agent, gateway and client share them.
 *
 *     npm run bench gateway-hop [-- --requests N]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { type Run, timeRequest } from './answer.ts';
import { Latencies } from './latencies.ts';
import { ProcessMeter } from './process-meter.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent } from './servers.ts';
import { TailRequests } from './tail-requests.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000' } } });
const requests = Number(values.requests);
const warmUps = 200;
const [ranges, rangeWarmUps] = [7, 2];

// Children inherit it.
spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0,1', String(process.pid)]);
const { directory, entries } = taskJournal();
const cluster = await DevCluster.start({
  run: 'dist',
  nodes: [{ journalDirectory: directory }],
  gatewayArguments: ['--requests-per-minute', '1000000'],
});
const agent = await startAgent(directory);
const token = { authorization: `token=${cluster.token}` };
const gatewayPath = `${cluster.gateway.url}/system/v1/logs/v1/range/`;
const gatewayMeter = new ProcessMeter(cluster.gateway.pid ?? 0);
const last = '?skip_prev=10&limit=10';

const contenders = [
  {
    name: 'direct',
    meter: agent.meter,
    range: () => timeRequest(`${agent.origin}/v1/range/`, 'application/json', agent.meter, false),
    tail: TailRequests.ofAgent(agent.origin),
  },
  {
    name: 'through the gateway',
    meter: gatewayMeter,
    range: () => timeRequest(gatewayPath, 'application/json', gatewayMeter, false, token),
    tail: new TailRequests(`${gatewayPath}${last}`, token),
  },
].map((contender) => ({ ...contender, runs: [] as Run[], times: [] as number[], cpuBefore: 0, cpu: Number.NaN }));

try {
  for (let run = 0; run < rangeWarmUps + ranges; run++) {
    for (const { range, runs } of contenders) {
      const answer = await range();
      if (run >= rangeWarmUps) runs.push(answer);
    }
  }
  for (let request = 0; request < warmUps + requests; request++) {
    for (const contender of contenders) {
      if (request === warmUps) contender.cpuBefore = contender.meter.cpuSeconds;
      const milliseconds = await contender.tail.ask();
      if (request >= warmUps) contender.times.push(milliseconds);
    }
  }
  for (const contender of contenders) {
    contender.cpu = (1000 * (contender.meter.cpuSeconds - contender.cpuBefore)) / requests;
  }
} finally {
  for (const { tail } of contenders) tail.close();
  await Promise.all([agent.stop(), cluster.stop()]);
}

const results = contenders.map(({ name, runs, times, cpu }) => {
  const seconds = new Latencies(runs.map((run) => run.seconds));
  const tail = new Latencies(times);
  const rangeCpu = runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / runs.length;
  const [best, median] = [seconds.at(0), seconds.at(0.5)];
  const bytes = runs[0]?.bytes ?? Number.NaN;
  return { name, bytes, best, median, rangeCpu, p50: tail.at(0.5), p99: tail.at(0.99), cpu };
});
const [direct] = results;
const rows = results.map(({ name, bytes, best, median, rangeCpu, p50, p99, cpu }) => [
  name,
  'JSON',
  Math.round(entries / best).toLocaleString('en'),
  (bytes / 1e6 / best).toFixed(0),
  `${((100 * (direct?.best ?? Number.NaN)) / best).toFixed(0)} %`,
  `${((100 * (direct?.median ?? Number.NaN)) / median).toFixed(0)} %`,
  rangeCpu.toFixed(2),
  p50.toFixed(2),
  p99.toFixed(2),
  cpu.toFixed(2),
]);
const header = [
  'the agent',
  'format',
  'entries/s',
  'MB/s',
  'of direct',
  'by medians',
  'CPU s',
  'last 10 p50 ms',
  'p99 ms',
  'CPU ms',
];
process.stdout.write(`\n${entries.toLocaleString('en')} entries; CPU is the agent's, or the gateway's\n\n`);
process.stdout.write(`${formatTable(header, rows)}\n\n`);
process.stdout.write(`Written to ${writeResults('gateway-hop', { entries, requests, results })}\n`);
