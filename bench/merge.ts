/**
 * What does it cost the gateway to merge the logs of a hundred nodes? A follow of all of them under load: is anything lost,
 * and how long is it from an entry's stamp until the follower has it? A range of everything: how many entries a second?
 *
 * The hundred agents are simulated (`line-agents.ts`), in one process beside the gateway's own, and write what real ones
 * write: the numbers are the gateway's. A row with a few real agents stands beside them. This process is the follower; ranges are
 * read by curl.
 *
 *     npm run bench merge [-- --agents N --rate N --seconds N --entries N --real-agents N]
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { choosePorts } from '@clusterlog/test/dev-cluster/ports';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { type Run, timeCurl } from './answer.ts';
import type { FromLineAgents, ToLineAgents } from './line-agents.ts';
import { type FollowResult, MergedFollow } from './merged-follow.ts';
import { ProcessMeter } from './process-meter.ts';
import { formatTable, writeResults } from './report.ts';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '100' },
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '20' },
    entries: { type: 'string', default: '10000' },
    'real-agents': { type: 'string', default: '4' },
  },
});
const agentCount = Number(values.agents);
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const entries = Number(values.entries);
const realAgents = Number(values['real-agents']);
const realRate = 1_000;
const runs = 3;
const v3 = '/system/v1/logs/v3';
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const simulated = await withSimulatedAgents();
show(simulated);
const measured = [simulated];
if (realAgents > 0) {
  const real = await withRealAgents();
  show(real);
  measured.push(real);
}
const follows = measured.map(({ follow }) => follow);
const ranges = measured.flatMap(({ ranges }) => ranges);
process.stdout.write(`\nCPU and memory are the gateway's. Written to ${writeResults('merge', { follows, ranges })}\n`);

interface RangeResult extends Run {
  readonly name: string;
  readonly format: string;
  readonly entries: number;
}

function show({ follow, ranges }: { readonly follow: FollowResult; readonly ranges: readonly RangeResult[] }): void {
  const followHeader = ['follow of', 'entries/s', 'written', 'lost', 'late', 'p50 ms', 'p99 ms', 'most ms', 'CPUs'];
  const followRow = [
    follow.name,
    Math.round(follow.ratePerSecond).toLocaleString('en'),
    ...[follow.written, follow.lost, follow.late].map((count) => count.toLocaleString('en')),
    ...[follow.p50, follow.p99, follow.most].map((ms) => ms.toFixed(1)),
    follow.cpuShare.toFixed(2),
    mebibytes(follow.peakRss),
  ];
  process.stdout.write(`\n${formatTable([...followHeader, 'peak MiB'], [followRow])}\n`);
  const rangeHeader = ['range of', 'format', 'entries', 'entries/s', 'MB/s', 'CPU s', 'peak MiB'];
  const rangeRows = ranges.map((range) => [
    range.name,
    range.format,
    range.entries.toLocaleString('en'),
    Math.round(range.entries / range.seconds).toLocaleString('en'),
    (range.bytes / 1e6 / range.seconds).toFixed(0),
    range.cpuSeconds.toFixed(2),
    mebibytes(range.peakRss),
  ]);
  process.stdout.write(`\n${formatTable(rangeHeader, rangeRows)}\n`);
}

async function withSimulatedAgents() {
  const hosts = Array.from({ length: agentCount }, (_, i) => `127.0.${1 + Math.floor(i / 200)}.${1 + (i % 200)}`);
  const [port = 0] = await choosePorts([0]);
  const process = fork(join(import.meta.dirname, 'line-agents.ts'));
  const tell = (message: ToLineAgents): void => void process.send(message);
  const said = async <Kind extends FromLineAgents['kind']>(kind: Kind) => {
    for (;;) {
      const [message] = (await once(process, 'message')) as [FromLineAgents];
      if (message.kind === kind) return message as Extract<FromLineAgents, { kind: Kind }>;
    }
  };
  const listening = said('listening');
  tell({ kind: 'listen', hosts, port, entries });
  await listening;
  const cluster = await DevCluster.start({
    run: 'dist',
    nodes: 0,
    gatewayArguments: ['--agent-port', String(port)],
  });
  try {
    for (const [i, host] of hosts.entries()) cluster.mesos.addAgent({ hostname: `node-${i}`, host, port: 5051 });
    await knows(cluster, agentCount);
    const meter = new ProcessMeter(cluster.gateway.pid ?? 0);
    const followed = said('followed');
    const follow = await MergedFollow.open(cluster, meter);
    await followed;
    const done = said('done');
    tell({ kind: 'start', rate, seconds });
    const { written, seconds: took } = await done;
    const result = await follow.finish(`${agentCount} agents, simulated`, written, took);
    return {
      follow: result,
      ranges: await rangesOf(cluster, meter, `${agentCount} agents, simulated`, agentCount * entries),
    };
  } finally {
    await cluster.stop();
    process.disconnect();
  }
}

/** Real agents, whose journals this process writes; the ranges are of one large journal that all of them serve. */
async function withRealAgents() {
  const name = `${realAgents} agents, real`;
  let follow: FollowResult;
  const cluster = await DevCluster.start({ run: 'dist', nodes: realAgents });
  try {
    const meter = new ProcessMeter(cluster.gateway.pid ?? 0);
    const follower = await MergedFollow.open(cluster, meter);
    const written = await writeEvenly(cluster);
    follow = await follower.finish(name, written, seconds);
  } finally {
    await cluster.stop();
  }
  const { directory, entries: inJournal } = taskJournal();
  const nodes = Array.from({ length: realAgents }, () => ({ journalDirectory: directory }));
  const reading = await DevCluster.start({ run: 'dist', nodes });
  try {
    const meter = new ProcessMeter(reading.gateway.pid ?? 0);
    return { follow, ranges: await rangesOf(reading, meter, name, realAgents * inJournal) };
  } finally {
    await reading.stop();
  }
}

/** Writes to the nodes in turns, each entry at its time. @returns how many */
async function writeEvenly(cluster: DevCluster): Promise<number> {
  const tasks = cluster.nodes.map((node, i) => ({ node, task: cluster.launch(node, `bench.${i}`), written: 0 }));
  const startedAt = performance.now();
  let written = 0;
  while (written < realRate * seconds) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * realRate);
    for (; written < due; written++) {
      const at = written % realAgents;
      const writer = tasks[at];
      if (writer === undefined) continue;
      const number = String(writer.written++).padStart(8, '0');
      const message = `${String(at).padStart(3, '0')} ${number} ${'.'.repeat(80)}`;
      writer.node.journal.task(writer.task, message, 'STDOUT', performance.timeOrigin + performance.now());
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return written;
}

async function rangesOf(
  cluster: DevCluster,
  meter: ProcessMeter,
  name: string,
  expected: number,
): Promise<RangeResult[]> {
  const results = [];
  for (const [format, type] of [
    ['NDJSON', 'application/x-ndjson'],
    ['SSE', 'text/event-stream'],
  ] as const) {
    const url = `${cluster.gateway.url}${v3}/entries?limit=all&since=@0`;
    const headers = { authorization: `token=${cluster.token}` };
    const answers = [];
    for (let run = 0; run < runs; run++) {
      answers.push(await timeCurl(url, type, meter, headers));
    }
    const found = await countEntries(url, type, headers.authorization);
    if (found !== expected) throw new Error(`a range as ${format} had ${found} entries, expected ${expected}`);
    const best = answers.reduce((a, b) => (a.seconds <= b.seconds ? a : b));
    results.push({ name, format, entries: expected, ...best, peakRss: meter.peakRss });
  }
  return results;
}

/** Of a run that is not timed: entries among the other lines of NDJSON, or of SSE. */
async function countEntries(url: string, type: string, authorization: string): Promise<number> {
  const script = 'curl -sS --fail -H "Accept: $1" -H "Authorization: $2" "$3" | grep -c \'^\\(data: \\)\\?{"fields"\'';
  const { stdout } = await promisify(execFile)('sh', ['-c', script, 'sh', type, authorization, url]);
  return Number(stdout);
}

async function knows(cluster: DevCluster, agents: number): Promise<void> {
  const known = async (): Promise<number> => {
    const { text } = await cluster.get(`${v3}/agents`, { accept: 'application/json' });
    return (JSON.parse(text) as { agents: unknown[] }).agents.length;
  };
  while ((await known()) < agents) await new Promise((resolve) => setTimeout(resolve, 50));
}
