/**
 * What do ten thousand followers cost that wait for lines? 10,000 event streams on one agent, then 8,000 of eight callers through one
 * gateway, each of a task of its own and, all of them, of one more. Printed of each process: memory, descriptors and processor time,
 * while they come, wait, and have left; and how soon a line of one task is there, and one that concerns all.
 *
 * The journald is a real one. The clients live in a process of their own, whose work is in the times but in nobody's processor time.
 *
 *     npm run bench idle-followers [-- --on-agent N --through-gateway N --seconds N]
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { commandOf } from '@clusterlog/test/dev-cluster/service-process';
import { type Journald, startJournald } from '@clusterlog/test/fixtures/journald';
import { IdleClients } from './idle-messages.ts';
import { Latencies } from './latencies.ts';
import { ProcessMeter } from './process-meter.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent } from './servers.ts';

const { values } = parseArgs({
  options: {
    'on-agent': { type: 'string', default: '10000' },
    'through-gateway': { type: 'string', default: '8000' },
    seconds: { type: 'string', default: '30' },
  },
});
const idleSeconds = Number(values.seconds);
const run = promisify(execFile);
const callers = 8;
/** Lines of one task, and lines of all. */
const [singles, commons] = [20, 3];
/** How long memory may take to come back, in seconds: V8 collects by itself when it has nothing to do. */
const forgetting = 30;

interface Process {
  readonly name: string;
  readonly meter: ProcessMeter;
}

interface Question {
  readonly name: string;
  readonly followers: number;
  readonly port: number;
  readonly processes: readonly Process[];
  /** The request of a follower, without Host and Accept. */
  readonly head: (follower: number) => string;
}

const filters = (follower: number): string => `?filter=CONTAINER_ID:${follower}&filter=CONTAINER_ID:all&skip_prev=0`;

async function measure(journald: Journald, question: Question): Promise<object> {
  const { name, followers, port, processes, head } = question;
  const take = () =>
    processes.map(({ meter }) => ({ rss: meter.rss, descriptors: meter.descriptors, cpu: meter.cpuSeconds }));
  const clients = new IdleClients();
  try {
    await sleep(2_000);
    const before = take();
    const started = performance.now();
    await clients.open(
      port,
      Array.from({ length: followers }, (_, follower) => head(follower)),
    );
    const opening = (performance.now() - started) / 1_000;
    const opened = take();
    await sleep(5_000);
    const idle = take();
    await sleep(idleSeconds * 1_000);
    const waited = take();
    const one = await latencies(journald, clients, singles, 1, (line) => String((line * 37) % followers));
    const afterOne = take();
    const all = await latencies(journald, clients, commons, followers, () => 'all');
    const told = take();
    clients.leave();
    await returned(processes, before);
    const left = take();
    await sleep(forgetting * 1_000);
    const forgotten = take();
    const ofProcess = processes.map((process, at) => ({
      process: process.name,
      startRss: before[at]?.rss,
      openRss: opened[at]?.rss,
      waitingRss: waited[at]?.rss,
      toldRss: told[at]?.rss,
      leftRss: left[at]?.rss,
      forgottenRss: forgotten[at]?.rss,
      peakRss: process.meter.peakRss,
      descriptors: waited[at]?.descriptors,
      descriptorsLeft: (left[at]?.descriptors ?? 0) - (before[at]?.descriptors ?? 0),
      openingCpu: (opened[at]?.cpu ?? 0) - (before[at]?.cpu ?? 0),
      idleCpu: ((waited[at]?.cpu ?? 0) - (idle[at]?.cpu ?? 0)) / idleSeconds,
      allCpu: ((told[at]?.cpu ?? 0) - (afterOne[at]?.cpu ?? 0)) / commons,
    }));
    return report({ name, followers, opening, one, all, ofProcess });
  } finally {
    clients.close();
  }
}

/** Sends lines one after another, each when the one before is everywhere. @returns ms from before journald's socket has it */
async function latencies(
  journald: Journald,
  clients: IdleClients,
  lines: number,
  count: number,
  container: (line: number) => string,
): Promise<{ readonly p50: number; readonly p99: number; readonly most: number }> {
  const times: number[] = [];
  for (let line = 0; line < lines; line++) {
    const mark = `mark ${count} ${line}.`;
    const came = clients.expect(mark, count);
    await sleep(50);
    const sent = performance.timeOrigin + performance.now();
    await journald.sendNative({ CONTAINER_ID: container(line), MESSAGE: mark });
    for (const time of await came) times.push(time - sent);
  }
  const sorted = new Latencies(times);
  return { p50: sorted.at(0.5), p99: sorted.at(0.99), most: sorted.at(1) };
}

/** Waits until the connections are gone: as many descriptors as before, and some that keep alive. */
async function returned(processes: readonly Process[], before: readonly { readonly descriptors: number }[]) {
  const isBack = ({ meter }: Process, at: number) => meter.descriptors <= (before[at]?.descriptors ?? 0) + 64;
  for (let waited = 0; waited < 200 && !processes.every(isBack); waited++) await sleep(50);
}

function report({
  name,
  followers,
  opening,
  one,
  all,
  ofProcess,
}: {
  readonly name: string;
  readonly followers: number;
  readonly opening: number;
  readonly one: Awaited<ReturnType<typeof latencies>>;
  readonly all: Awaited<ReturnType<typeof latencies>>;
  readonly ofProcess: readonly Readonly<Record<string, number | string | undefined>>[];
}): object {
  const milliseconds = (value: number): string => value.toFixed(0);
  const mebibytes = (bytes: unknown): string => (Number(bytes) / 2 ** 20).toFixed(0);
  const header = [
    'followers',
    'of',
    'open in s',
    'one p50 ms',
    'one most ms',
    'all p50 ms',
    'all p99 ms',
    'all most ms',
  ];
  const row = [name, followers.toLocaleString('en'), opening.toFixed(1)];
  const times = [one.p50, one.most, all.p50, all.p99, all.most].map(milliseconds);
  process.stdout.write(`\n${formatTable(header, [[...row, ...times]])}\n\n`);
  const columns = ['start MiB', 'open', 'waiting', 'told', 'left', 'later', 'peak', 'KiB each', 'fds', 'kept'];
  const rows = ofProcess.map((of) => [
    String(of.process),
    followers.toLocaleString('en'),
    ...[of.startRss, of.openRss, of.waitingRss, of.toldRss, of.leftRss, of.forgottenRss, of.peakRss].map(mebibytes),
    ((Number(of.waitingRss) - Number(of.startRss)) / 1024 / followers).toFixed(1),
    String(of.descriptors),
    String(of.descriptorsLeft),
    Number(of.openingCpu).toFixed(1),
    `${(100 * Number(of.idleCpu)).toFixed(1)} %`,
    Number(of.allCpu).toFixed(2),
  ]);
  const cpu = ['opening CPU s', 'idle CPU', 'CPU s a line to all'];
  process.stdout.write(`${formatTable(['process', 'followers', ...columns, ...cpu], rows)}\n`);
  return { name, followers, opening, one, all, ofProcess };
}

const results: object[] = [];
await using journald = await startJournald();
await journald.sendNative({ CONTAINER_ID: 'all', MESSAGE: 'before' });
await journald.sync();

const onAgent = Number(values['on-agent']);
if (onAgent > 0) {
  const agent = await startAgent(journald.directory);
  try {
    const port = Number(new URL(agent.origin).port);
    const head = (follower: number) => `GET /v1/stream/${filters(follower)} HTTP/1.1`;
    const processes = [{ name: 'agent', meter: agent.meter }];
    results.push(await measure(journald, { name: 'on one agent', followers: onAgent, port, processes, head }));
  } finally {
    await agent.stop();
  }
}

const throughGateway = Number(values['through-gateway']);
if (throughGateway > 0) {
  const cluster = await DevCluster.start({ run: 'dist', nodes: [{ journalDirectory: journald.directory }] });
  try {
    const secret = ['--auth-secret-file', cluster.secretFile];
    const tokens = await Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        const command = [...commandOf('gateway', 'dist'), 'token', '--uid', `caller-${caller}`, '--ttl', '1h'];
        return (await run(process.execPath, [...command, ...secret])).stdout.trim();
      }),
    );
    const path = (follower: number) => `/system/v1/logs/v1/stream/${filters(follower)}`;
    const head = (follower: number) =>
      `GET ${path(follower)} HTTP/1.1\r\nAuthorization: token=${tokens[follower % callers]}`;
    const processes = [
      { name: 'gateway', meter: new ProcessMeter(cluster.gateway.pid ?? 0) },
      { name: 'agent', meter: new ProcessMeter(cluster.nodes[0]?.agent.pid ?? 0) },
    ];
    const port = Number(new URL(cluster.gateway.url).port);
    const name = 'through one gateway';
    results.push(await measure(journald, { name, followers: throughGateway, port, processes, head }));
  } finally {
    await cluster.stop();
  }
}
process.stdout.write(`\nWritten to ${writeResults('idle-followers', { idleSeconds, results })}\n`);
