/**
 * Do 1,000 followers of 1,000 tasks on one agent get every line, and how soon? Entries are sent to a real
 * systemd-journald at an even rate, task by task in turns; the time is taken from before its socket has one until the
 * follower of its task has it. The followers all live in this process, so its own work is part of the times.
 *
 * There is no peer: gatewayd gives each connection a thread of its own and finds new entries every 300 ms or so.
 *
 *     npm run bench followers [-- --followers N --rate N --seconds N]
 */
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startJournald } from '@clusterlog/test/fixtures/journald';
import { Latencies } from './latencies.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent } from './servers.ts';

const { values } = parseArgs({
  options: {
    followers: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
  },
});
const followers = Number(values.followers);
const rate = Number(values.rate);
const seconds = Number(values.seconds);

/** What the container logger says of a task. */
function task(number: number): { FRAMEWORK_ID: string; EXECUTOR_ID: string; CONTAINER_ID: string } {
  return { FRAMEWORK_ID: 'bench-0000', EXECUTOR_ID: `executor.${number}`, CONTAINER_ID: `container-${number}` };
}

const delays: number[] = [];
/** Of each follower: the number of the line it has seen last in its task. */
const seen = new Int32Array(followers).fill(-1);
const wrong: string[] = [];

await using journald = await startJournald();
for (let number = 0; number < followers; number++) await journald.sendNative({ ...task(number), MESSAGE: 'before' });
await journald.sync();
const agent = await startAgent(journald.directory);
const responses: IncomingMessage[] = [];
try {
  const rssBefore = agent.meter.peakRss;
  for (let number = 0; number < followers; number++) responses.push(await follow(number));
  await sleep(2000);
  const rssConnected = agent.meter.peakRss;

  const cpuBefore = agent.meter.cpuSeconds;
  const started = performance.now();
  let sent = 0;
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - started) / 1000) * rate));
    const sending = [];
    for (; sent < due; sent++) {
      const number = sent % followers;
      const line = Math.floor(sent / followers);
      const MESSAGE = `${line} ${performance.now()} ${'.'.repeat(80)}`;
      sending.push(journald.sendNative({ ...task(number), MESSAGE, STREAM: 'STDOUT' }));
    }
    await Promise.all(sending);
    await sleep(2);
  }
  const took = (performance.now() - started) / 1000;
  for (let patience = 0; delays.length < sent && patience < 100; patience++) await sleep(50);
  const cpuSeconds = agent.meter.cpuSeconds - cpuBefore;

  if (wrong.length > 0) throw new Error(`${wrong.length} lines out of turn, such as ${wrong[0]}`);
  const latencies = new Latencies(delays);
  const result = {
    followers,
    sent,
    lost: sent - delays.length,
    ratePerSecond: sent / took,
    p50: latencies.at(0.5),
    p99: latencies.at(0.99),
    most: latencies.at(1),
    cpuShare: cpuSeconds / took,
    rssBefore,
    rssConnected,
    peakRss: agent.meter.peakRss,
  };
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const row = [
    followers.toLocaleString('en'),
    Math.round(result.ratePerSecond).toLocaleString('en'),
    sent.toLocaleString('en'),
    result.lost.toLocaleString('en'),
    ...[result.p50, result.p99, result.most].map((ms) => ms.toFixed(1)),
    result.cpuShare.toFixed(2),
    ...[rssBefore, rssConnected, result.peakRss].map(mebibytes),
  ];
  const header = ['followers', 'entries/s', 'sent', 'lost', 'p50 ms', 'p99 ms', 'most ms', 'CPUs'];
  const table = formatTable([...header, 'start MiB', 'connected MiB', 'peak MiB'], [row]);
  process.stdout.write(`\n${table}\n\nWritten to ${writeResults('followers', result)}\n`);
} finally {
  for (const response of responses) response.destroy();
  await agent.stop();
}

function follow(number: number): Promise<IncomingMessage> {
  const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = task(number);
  const path = `/v1/stream/framework/${FRAMEWORK_ID}/executor/${EXECUTOR_ID}/container/${CONTAINER_ID}?skip_prev=0`;
  const headers = { accept: 'application/json' };
  return new Promise((resolve, reject) => {
    get(`${agent.origin}${path}`, { agent: false, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`follower ${number} was answered ${response.statusCode}`));
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(number, line);
      });
      response.on('error', () => {});
      resolve(response);
    }).on('error', reject);
  });
}

function take(number: number, json: string): void {
  const now = performance.now();
  const { fields } = JSON.parse(json) as { fields: Record<string, string> };
  const { CONTAINER_ID, MESSAGE = '' } = fields;
  if (MESSAGE === 'before') return;
  const [line, sentAt] = MESSAGE.split(' ').map(Number);
  if (CONTAINER_ID !== task(number).CONTAINER_ID || line !== (seen[number] ?? 0) + 1) {
    wrong.push(`line ${line} of ${CONTAINER_ID} at follower ${number} after line ${seen[number]}`);
  }
  seen[number] = line ?? -1;
  delays.push(now - (sentAt ?? Number.NaN));
}
