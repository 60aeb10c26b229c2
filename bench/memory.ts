/**
 * How much memory does the agent take on a journal of more than 2 GB? Its resident set after the start, its peak after
 * full ranges as JSON and as text, one and four at a time, on the small journal of the other questions and on the large
 * one; and the last ten entries of both, which must not depend on the size either. The large journal is generated and
 * removed again: 3 GB of disk, some minutes.
 *
 *     npm run bench memory [-- --entries N]
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type TaskJournal, taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { timeRequest } from './answer.ts';
import { Latencies } from './latencies.ts';
import { formatTable, writeResults } from './report.ts';
import { startAgent } from './servers.ts';
import { TailRequests } from './tail-requests.ts';

const { values } = parseArgs({ options: { entries: { type: 'string', default: '3600000' } } });
const entries = Number(values.entries);

async function measure(journal: TaskJournal) {
  const agent = await startAgent(journal.directory);
  const tail = TailRequests.ofAgent(agent.origin);
  const range = async (accept: string): Promise<number> => {
    const run = await timeRequest(`${agent.origin}/v1/range/`, accept, agent.meter, true);
    if (run.lines !== journal.entries) throw new Error(`${run.lines} lines, expected ${journal.entries}`);
    return run.seconds;
  };
  try {
    const atStart = agent.meter.peakRss;
    const seconds = await range('application/json');
    const afterJson = agent.meter.peakRss;
    await range('text/plain');
    const afterText = agent.meter.peakRss;
    await Promise.all(Array.from({ length: 4 }, () => range('application/json')));
    const afterFour = agent.meter.peakRss;
    const times: number[] = [];
    for (let request = 0; request < 700; request++) times.push(await tail.ask());
    const lastTen = new Latencies(times.slice(200)).at(0.5);
    const bytes = sizeOf(journal.directory);
    return { bytes, entries: journal.entries, seconds, atStart, afterJson, afterText, afterFour, lastTen };
  } finally {
    tail.close();
    await agent.stop();
  }
}

function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true }).map((name) => statSync(join(directory, String(name))));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

process.stderr.write('Measuring the small journal ...\n');
const results = [await measure(taskJournal())];
process.stderr.write(`Writing a journal of ${entries.toLocaleString('en')} entries ...\n`);
const large = taskJournal({ entries, files: Math.max(4, Math.ceil(entries / 200_000)) });
try {
  process.stderr.write('Measuring it ...\n');
  results.push(await measure(large));
} finally {
  rmSync(large.directory, { recursive: true, force: true });
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const rows = results.map((result) => [
  `${(result.bytes / 1e9).toFixed(2)} GB`,
  result.entries.toLocaleString('en'),
  ...[result.atStart, result.afterJson, result.afterText, result.afterFour].map(mebibytes),
  result.seconds.toFixed(1),
  result.lastTen.toFixed(2),
]);
const header = ['journal', 'entries', 'start', 'JSON', 'and text', 'and 4 × JSON', 'first JSON s', 'last 10 p50 ms'];
process.stdout.write(`\nThe agent's peak resident set in MiB, so far\n\n${formatTable(header, rows)}\n\n`);
process.stdout.write(`Written to ${writeResults('memory', { results })}\n`);
