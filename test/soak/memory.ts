/**
 * What a gateway and its agents keep of followers that come and go at an even load: 50 of them, half by API v3 over all nodes and half of
 * one service, each with the last 100 lines first, of 500 lines a second; each stays for ten seconds and goes without a word. Journals
 * are bounded as journald's are. Memory and descriptors are told once a minute, and by quarters at the end; and what is in use once all
 * else is collected, when everything is warm and at the end: what leaks goes on growing.
 *
 *     npm run soak memory [-- --minutes N --followers N --rate N --stay N]
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import { type MemoryInUse, memoryInUse } from './memory-in-use.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    followers: { type: 'string', default: '50' },
    rate: { type: 'string', default: '500' },
    stay: { type: 'string', default: '10' },
  },
});
const duration = Number(values.minutes) * 60_000;
const rate = Number(values.rate);
/** How long a follower stays, in ms. */
const stay = Number(values.stay) * 1_000;
const tasksOfNode = 5;
/** How often a journal begins a new file, in ms, and how many old ones it keeps. */
const [rotation, keptArchives] = [30_000, 4];
/** Until then everything is still warming up. */
const warm = Math.min(duration / 4, 5 * 60_000);
const paths = ['/system/v1/logs/v3/follow?tail=100', '/system/v1/logs/v3/follow?service=/team/web&tail=100'];

interface Sample {
  readonly at: number;
  /** MiB. */
  readonly memory: number;
  readonly descriptors: number;
}

await using cluster = await started();
const servers: readonly (readonly [string, ServiceProcess])[] = [
  ['gateway', cluster.gateway],
  ...cluster.nodes.map(({ hostname, agent }) => [`agent of ${hostname}`, agent] as const),
];
const samples = new Map<string, Sample[]>(servers.map(([name]) => [name, []]));
const over = new AbortController();
let [opened, refused, bytes] = [0, 0, 0];

const timers = [writeLines(), ...boundJournals()];
const followers = Array.from({ length: Number(values.followers) }, (_, number) => follow(number));
const begin = performance.now();
const inUse: (readonly MemoryInUse[])[] = [];
for (let second = 1; performance.now() - begin < duration; second++) {
  await sleep(1_000);
  const at = performance.now() - begin;
  for (const [name, { pid }] of servers) samples.get(name)?.push({ at, ...useOf(pid ?? 0) });
  if (at >= warm && inUse.length === 0) inUse.push(await allInUse());
  if (second % 60 === 0) {
    const now = servers.map(([name]) => `${name} ${samples.get(name)?.at(-1)?.memory.toFixed(0)} MiB`).join(', ');
    process.stdout.write(
      `${second} s: ${opened} follows opened, ${(bytes / 2 ** 20).toFixed(0)} MiB read, ${refused} refused; ${now}\n`,
    );
  }
}
inUse.push(await allInUse());
over.abort();
for (const timer of timers) clearInterval(timer);
await Promise.all(followers);
process.stdout.write('\nmedians of quarters after the warming up: MiB; descriptors\n');
for (const [name, all] of samples) {
  const quarters = quartersOf(all.filter(({ at }) => at >= warm));
  const memory = quarters.map((part) => median(part.map((one) => one.memory)).toFixed(0));
  const descriptors = quarters.map((part) => median(part.map((one) => one.descriptors)));
  process.stdout.write(`${name}: ${memory.join(' / ')}; ${descriptors.join(' / ')}\n`);
}
process.stdout.write('\nin use when warm, and at the end: MiB of the heap; of buffers\n');
for (const [n, [name]] of servers.entries()) {
  const told = (part: keyof MemoryInUse): string => inUse.map((all) => all[n]?.[part].toFixed(0)).join(' / ');
  process.stdout.write(`${name}: ${told('heap')}; ${told('buffers')}\n`);
}
if (refused > 0) process.exitCode = 1;

/** One after the other, as they have to be asked. */
async function allInUse(): Promise<MemoryInUse[]> {
  const all: MemoryInUse[] = [];
  for (const [, { pid = 0 }] of servers) all.push(await memoryInUse(pid));
  return all;
}

async function started(): Promise<DevCluster & AsyncDisposable> {
  const made = await DevCluster.start({ nodes: 4, gatewayArguments: ['--merges-per-caller', '100'] });
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.stop() });
}

function writeLines(): NodeJS.Timeout {
  const writers = cluster.nodes.flatMap((node, n) =>
    Array.from({ length: tasksOfNode }, (_, i) => {
      const number = String(n * tasksOfNode + i).padStart(8, '0');
      const task = cluster.launch(node, `team_web.instance-${number}-0000-4000-8000-000000000000._app.1`);
      return (line: string) => node.journal.task(task, line);
    }),
  );
  let count = 0;
  return setInterval(() => {
    for (let i = 0; i < rate / 100; i++) writers[count % writers.length]?.(`line ${count++}`);
  }, 10);
}

function boundJournals(): NodeJS.Timeout[] {
  return cluster.nodes.map(({ journal }) => {
    const archives: string[] = [];
    return setInterval(() => {
      archives.push(journal.rotate());
      for (const archive of archives.splice(0, archives.length - keptArchives)) rmSync(archive, { force: true });
    }, rotation);
  });
}

async function follow(number: number): Promise<void> {
  const url = new URL(paths[number % paths.length] ?? '', cluster.gateway.url);
  const headers = { authorization: `token=${cluster.token}`, accept: 'text/event-stream' };
  // They do not come and go together.
  await sleep((number * stay) / Number(values.followers));
  while (!over.signal.aborted) {
    const leave = AbortSignal.any([over.signal, AbortSignal.timeout(stay)]);
    try {
      const { statusCode, body } = await request(url, { headers, signal: leave });
      opened++;
      if (statusCode !== 200) refused++;
      for await (const chunk of body) bytes += (chunk as Buffer).length;
    } catch (error) {
      if (!leave.aborted) throw error;
    }
  }
}

function useOf(pid: number): Omit<Sample, 'at'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    memory: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function quartersOf(all: readonly Sample[]): Sample[][] {
  return [0, 1, 2, 3].map((n) => all.slice((n * all.length) / 4, ((n + 1) * all.length) / 4));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}
