/**
 * What do 1,500 journal files cost? Opening them; the last 100 entries; all entries of a task that logged long ago, into
 * one file. The node agent over HTTP beside systemd-journal-gatewayd and `journalctl`, to the last byte. Each old task is
 * asked for once, since the agent remembers which files have nothing of it. Opening is measured in this process, which has
 * read no journal before: the first time is a cold agent's. 500 MB of disk, written once.
 *
 *     npm run bench many-files [-- --files N]
 */
import { parseArgs } from 'node:util';
import { openJournal } from '@clusterlog/node-agent';
import { type Run, timeProgram, timeRequest } from './answer.ts';
import { Latencies } from './latencies.ts';
import { manyFilesJournal } from './many-files-journal.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent, startGatewayd } from './servers.ts';

const { values } = parseArgs({ options: { files: { type: 'string', default: '1500' } } });
const rounds = 20;
const wanted = 100;

process.stderr.write('Writing the journal (or finding it) ...\n');
const { directory, files, taskOf } = manyFilesJournal(Number(values.files), 2 * wanted);

const openings: number[] = [];
for (let round = 0; round < 5; round++) openings.push(await openAndReadLast());

/** @returns milliseconds from nothing to the last 100 entries */
async function openAndReadLast(): Promise<number> {
  const started = performance.now();
  const journal = await openJournal({ directories: [directory] });
  const walk = journal.walk({ kind: 'everything' });
  await walk.seekTail();
  await walk.skip(-wanted);
  let entries = 0;
  while ((await walk.read('forward', () => ++entries < wanted)) === 'slice');
  const milliseconds = performance.now() - started;
  walk.close();
  await journal.close();
  if (entries !== wanted) throw new Error(`read ${entries} entries, expected ${wanted}`);
  return milliseconds;
}

const agent = await startAgent(directory);
const gatewayd = await startGatewayd(directory);
const json = 'application/json';
const options = ['--no-pager', '--quiet', '--output=json', `--directory=${directory}`];

interface Question {
  readonly question: string;
  readonly who: string;
  readonly ask: (round: number) => Promise<Run>;
}

/** A task of the older half of the files, another each round. */
const oldTask = (round: number): string => taskOf(Math.floor((round * files) / (2 * rounds)));
const questions: Question[] = [
  {
    question: 'last 100',
    who: 'agent',
    ask: () => timeRequest(`${agent.origin}/v1/range/?skip_prev=${wanted}`, json, agent.meter, true),
  },
  {
    question: 'last 100',
    who: 'gatewayd',
    ask: () =>
      timeRequest(`${gatewayd.origin}/entries`, json, gatewayd.meter, true, { range: `entries=:-99:${wanted}` }),
  },
  { question: 'last 100', who: 'journalctl', ask: () => timeProgram('journalctl', [...options, '-n100'], true) },
  {
    question: 'an old task',
    who: 'agent',
    ask: (round) =>
      timeRequest(`${agent.origin}/v1/range/?filter=CONTAINER_ID:${oldTask(round)}`, json, agent.meter, true),
  },
  {
    question: 'an old task',
    who: 'gatewayd',
    ask: (round) =>
      timeRequest(`${gatewayd.origin}/entries?CONTAINER_ID=${oldTask(round)}`, json, gatewayd.meter, true),
  },
  {
    question: 'an old task',
    who: 'journalctl',
    ask: (round) => timeProgram('journalctl', [...options, `CONTAINER_ID=${oldTask(round)}`], true),
  },
];

const results = [];
try {
  for (const { question, who, ask } of questions) {
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      const run = await ask(round);
      if (run.lines !== wanted) throw new Error(`${who}, ${question}: ${run.lines} lines, expected ${wanted}`);
      runs.push(run);
    }
    const [first] = runs;
    const wall = new Latencies(runs.slice(1).map(({ seconds }) => 1000 * seconds));
    const cpu = (1000 * runs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / runs.length;
    results.push({
      question,
      who,
      first: 1000 * (first?.seconds ?? Number.NaN),
      p50: wall.at(0.5),
      best: wall.at(0),
      cpu,
    });
  }
} finally {
  await Promise.all([agent.stop(), gatewayd.stop()]);
}

const rows = results.map(({ question, who, first, p50, best, cpu }) => [
  question,
  who,
  ...[first, p50, best, cpu].map((ms) => ms.toFixed(1)),
]);
const [cold = Number.NaN, ...warm] = openings;
process.stdout.write(`\n${files} files, ${rounds} requests each, in ms\n\n`);
process.stdout.write(`${formatTable(['question', 'who', 'first', 'p50', 'best', 'CPU mean'], rows)}\n\n`);
process.stdout.write(
  `Opened and the last ${wanted} read, in one process: ${cold.toFixed(0)} ms at first, then ${Math.min(...warm).toFixed(0)} at best\n`,
);
process.stdout.write(`Written to ${writeResults('many-files', { files, openings, results })}\n`);
