/**
 * How long does the gateway take to find a task among 100,000: by its exact id, by a part of it, by its name? In process,
 * without HTTP: what is measured is the index.
 *
 *     npm run bench resolve
 */
import { createClusterIndex } from '../packages/gateway/src/mesos/cluster-index.ts';
import { parseState } from '../packages/gateway/src/mesos/state.ts';
import { formatTable, writeResults } from './report.ts';

const taskCount = 100_000;
const framework = '600288cf-6a8e-445b-b3c6-800ac5ffe043-0000';

const taskId = (i: number): string =>
  `group_service-${i % 997}.instance-${i.toString(16).padStart(8, '0')}-aaaa-11ee-9d5c-1e8f5f0e8a01._app.1`;

function largeState(): object {
  const tasks = Array.from({ length: taskCount }, (_, i) => ({
    id: taskId(i),
    name: `service-${i % 997}.group`,
    framework_id: framework,
    executor_id: '',
    slave_id: `600288cf-6a8e-445b-b3c6-800ac5ffe043-S${i % 500}`,
    state: 'TASK_RUNNING',
    role: '*',
    statuses: [
      { state: 'TASK_RUNNING', timestamp: 1795254870 + i, container_status: { container_id: { value: `c-${i}` } } },
    ],
    labels: [{ key: 'team', value: 'red' }],
  }));
  return { slaves: [], frameworks: [{ id: framework, name: 'marathon', tasks }] };
}

const index = createClusterIndex();
index.applySnapshot(parseState(largeState()), 'http://master:5050', 'poll');

const questions = [
  { name: 'exact id', runs: 20_000, expected: 'found', text: (i: number) => taskId((i * 7919) % taskCount) },
  {
    name: 'part of one id',
    runs: 200,
    expected: 'found',
    text: (i: number) => `${(i * 499).toString(16).padStart(8, '0')}-aaaa`,
  },
  { name: 'part of no id', runs: 200, expected: 'unknown', text: () => 'no task has this' },
  { name: 'name of 100 tasks', runs: 200, expected: 'ambiguous', text: (i: number) => `service-${i % 997}.group` },
];

const results = questions.map(({ name, runs, expected, text }) => {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const asked = text(i);
    const started = performance.now();
    const { kind } = index.resolveTask(asked, () => true);
    times.push(performance.now() - started);
    if (kind !== expected) throw new Error(`${asked}: expected ${expected}, found ${kind}`);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(runs - 1, Math.floor(runs * share))] ?? Number.NaN;
  return { name, runs, p50: at(0.5), p99: at(0.99), most: at(1) };
});
const row = ({ name, p50, p99, most }: (typeof results)[number]) => [
  name,
  'ms',
  ...[p50, p99, most].map((ms) => ms.toFixed(3)),
];
process.stdout.write(`${formatTable(['asked by', 'unit', 'p50', 'p99', 'most'], results.map(row))}\n`);
process.stdout.write(`\nAmong ${taskCount} tasks. Written to ${writeResults('resolve', { results })}\n`);
