/**
 * How long does a line take from journald's socket to a client? One entry after another is sent to a real
 * systemd-journald, and the time is taken until each follower has printed it: the node agent, the gateway in front of it,
 * `journalctl --follow` and systemd-journal-gatewayd.
 *
 *     npm run bench follow-latency [-- --lines N]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DevCluster } from '@clusterlog/test/dev-cluster/cluster';
import { startJournald } from '@clusterlog/test/fixtures/journald';
import { formatTable, writeResults } from './report.ts';
import { startAgent, startGatewayd } from './servers.ts';

interface Contender {
  readonly name: string;
  readonly output: Readable;
  readonly delays: number[];
  close(): void;
}

const { values } = parseArgs({ options: { lines: { type: 'string', default: '200' } }, allowPositionals: true });
const lines = Number(values.lines);

await using journald = await startJournald();
const cluster = await DevCluster.start({ nodes: [{ journalDirectory: journald.directory }] });
const agent = await startAgent(journald.directory);
const gatewayd = await startGatewayd(journald.directory);
await journald.sendNative({ MESSAGE: 'before' });
await journald.sync();

const token = { authorization: `token=${cluster.token}` };
const path = '/v1/stream/?skip_prev=1';
const contenders: Contender[] = [
  await overHttp('agent', `${agent.origin}${path}`, {}),
  await overHttp('agent through the gateway', `${cluster.gateway.url}/system/v1/logs${path}`, token),
  await overHttp('gatewayd', `${gatewayd.origin}/entries?follow`, { range: 'entries=:-1:', accept: 'text/plain' }),
  asProgram('journalctl', ['--follow', '--lines=1', '--output=cat', `--directory=${journald.directory}`]),
];

try {
  await sleep(1000);
  for (let line = 0; line < lines; line++) {
    const message = `latency line ${line} .`;
    const seen = contenders.map((contender) => printed(contender, message));
    const started = performance.now();
    await journald.sendNative({ MESSAGE: message });
    const times = await Promise.all(seen);
    for (const [i, time] of times.entries()) contenders[i]?.delays.push(time - started);
    // Lines come at uneven times, or a follower that polls would be measured at one phase of its period.
    await sleep(Math.random() * 60);
  }
} finally {
  for (const contender of contenders) contender.close();
  await Promise.all([agent.stop(), gatewayd.stop(), cluster.stop()]);
}

const results = contenders.map(({ name, delays }) => {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { name, lines, p50: at(0.5), p99: at(0.99), most: at(1) };
});
const row = ({ name, p50, p99, most }: (typeof results)[number]) => [
  name,
  'ms',
  ...[p50, p99, most].map((ms) => ms.toFixed(1)),
];
process.stdout.write(`${formatTable(['follower', 'unit', 'p50', 'p99', 'most'], results.map(row))}\n`);
process.stdout.write(`\n${lines} lines. Written to ${writeResults('follow-latency', { results })}\n`);

function overHttp(name: string, url: string, headers: Record<string, string>): Promise<Contender> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${name} answered ${response.statusCode}`));
      response.on('error', () => {});
      resolve({ name, output: response, delays: [], close: () => request.destroy() });
    }).on('error', reject);
  });
}

function asProgram(name: string, args: readonly string[]): Contender {
  const child: ChildProcess = spawn(name, ['--no-pager', '--quiet', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error(`${name} was started without standard output`);
  return { name, output: child.stdout, delays: [], close: () => child.kill() };
}

/** When the follower has printed the message. */
function printed({ name, output }: Contender, message: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const patience = setTimeout(() => reject(new Error(`${name} did not print "${message}" within 10 s`)), 10_000);
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes(message)) return;
      clearTimeout(patience);
      output.off('data', look);
      resolve(performance.now());
    };
    output.on('data', look);
  });
}
