/**
 * How long is it from the master's event of a new task until the gateway finds its agent? The event leaves the simulated master
 * in this process; then the task's log is asked for again and again until the answer is no 404 any more.
 *
 *     npm run bench new-task [-- --tasks N]
 */
import { parseArgs } from 'node:util';
import { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { Latencies } from './latencies.ts';
import { formatTable, writeResults } from './report.ts';

const { values } = parseArgs({ options: { tasks: { type: 'string', default: '200' } } });
const tasks = Number(values.tasks);
const longest = 10_000;

const times: number[] = [];
const cluster = await DevCluster.start({ run: 'dist', nodes: 1 });
try {
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error('the cluster has no node');
  for (let number = 0; number < tasks; number++) {
    const id = `bench.${number}`;
    const started = performance.now();
    cluster.launch(node, id);
    for (;;) {
      const { status, text } = await cluster.get(`/system/v1/logs/v2/task/${id}`);
      // It leads to the agent that has the task.
      if (status === 303) break;
      if (status !== 404 || performance.now() - started > longest) throw new Error(`answered ${status}: ${text}`);
    }
    times.push(performance.now() - started);
  }
} finally {
  await cluster.stop();
}
const latencies = new Latencies(times);
const result = { tasks, p50: latencies.at(0.5), p99: latencies.at(0.99), most: latencies.at(1) };
const row = [String(tasks), 'ms', ...[result.p50, result.p99, result.most].map((ms) => ms.toFixed(1))];
process.stdout.write(`\n${formatTable(['new tasks', 'unit', 'p50', 'p99', 'most'], [row])}\n\n`);
process.stdout.write(`The last request is part of it. Written to ${writeResults('new-task', result)}\n`);
