/**
 * Does reading a large journal on one connection hold up a follower on another? A line is written every 20 ms and timed
 * until a follower of its task has it: on an idle agent, then while other connections read 300,000 entries over and over.
 *
 *     npm run bench fairness [-- --lines N]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { currentBootId, now } from '@clusterlog/test/fixtures/journal-writer/clock';
import { JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { formatTable, writeResults } from './report.ts';
import { startAgent } from './servers.ts';

const { values } = parseArgs({ options: { lines: { type: 'string', default: '500' } }, allowPositionals: true });
const lines = Number(values.lines);

const journal = taskJournal();
const directory = mkdtempSync(join(tmpdir(), 'clusterlog-fairness-'));
// The large journal and the live one side by side, as two machines' below one directory.
for (const name of readdirSync(journal.directory)) symlinkSync(join(journal.directory, name), join(directory, name));
const machineId = 'f'.repeat(32);
const writer = new JournalWriter({ path: systemJournalPath(directory, machineId), machineId, bootId: currentBootId() });
writer.append({
  ...now(),
  fields: [
    ['MESSAGE', 'before'],
    ['TASK', 'followed'],
  ],
});

const agent = await startAgent(directory);
let scans = 0;
let scanning = true;
try {
  const idle = await follow();
  const readers = [scan(), scan()];
  const busy = await follow();
  scanning = false;
  await Promise.all(readers);
  const results = [
    { name: 'idle agent', ...idle },
    { name: 'two full reads at a time', ...busy },
  ];
  const row = ({ name, p50, p99, most }: (typeof results)[number]) => [
    name,
    'ms',
    ...[p50, p99, most].map((ms) => ms.toFixed(1)),
  ];
  process.stdout.write(`${formatTable(['follower on', 'unit', 'p50', 'p99', 'most'], results.map(row))}\n`);
  const path = writeResults('fairness', { lines, scans, results });
  process.stdout.write(`\n${lines} lines each; ${scans} times 300,000 entries read beside. Written to ${path}\n`);
} finally {
  scanning = false;
  await agent.stop();
  writer.close();
  rmSync(directory, { recursive: true, force: true });
}

/** Follows the task while lines are written; the delays of all of them. */
async function follow(): Promise<{ p50: number; p99: number; most: number }> {
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const url = `${agent.origin}/v1/stream/?filter=TASK:followed&skip_prev=1`;
  const request = get(url, { agent: false }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const received = performance.now();
      const whole = (rest + text).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) {
        const started = sent.get(line.slice('YYYY-MM-DD HH:MM:SS: '.length));
        if (started !== undefined) delays.push(received - started);
      }
    });
    response.on('error', () => {});
  }).on('error', () => {});
  await sleep(500);
  for (let line = 0; line < lines; line++) {
    const message = `line ${line} at ${performance.now()}`;
    sent.set(message, performance.now());
    writer.append({
      ...now(),
      fields: [
        ['MESSAGE', message],
        ['TASK', 'followed'],
      ],
    });
    await sleep(20);
  }
  const deadline = performance.now() + 10_000;
  while (delays.length < lines && performance.now() < deadline) await sleep(20);
  request.destroy();
  if (delays.length !== lines) throw new Error(`expected ${lines} lines, found ${delays.length}`);
  delays.sort((a, b) => a - b);
  const at = (share: number) => delays[Math.min(lines - 1, Math.floor(lines * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

/** Reads the whole journal as JSON, again and again; by a process of its own, or the follower's clock would stand meanwhile. */
async function scan(): Promise<void> {
  while (scanning) {
    const [program, ...args] = [
      'curl',
      '-sS',
      '-o',
      '/dev/null',
      '-H',
      'Accept: application/json',
      `${agent.origin}/v1/range/`,
    ];
    const child = spawn(program as string, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`curl exited with ${code}`);
    scans++;
  }
}
