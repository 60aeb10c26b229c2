/**
 * How many entries a second can be walked with all their items, and nothing encoded? The journal reader in this process.
 * systemd's reader is beside it as `journalctl --output=cat`, which decodes one field of each entry and prints it; there
 * is no program that walks with it and does less.
 *
 *     npm run bench walk
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openJournal } from '@clusterlog/node-agent';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { timeProgram } from './answer.ts';
import { formatTable, writeResults } from './report.ts';

const warmUps = 2;
const runs = 5;

const { directory, entries } = taskJournal();

async function walk(): Promise<number> {
  const journal = await openJournal({ directories: [directory] });
  const position = journal.walk({ kind: 'everything' });
  await position.seekHead();
  let walked = 0;
  let items = 0;
  const started = performance.now();
  for (let outcome = 'slice'; outcome !== 'end'; ) {
    outcome = await position.read('forward', ({ itemCount, itemIds }) => {
      walked++;
      for (let item = 0; item < itemCount; item++) if ((itemIds[item] as number) > 0) items++;
      return true;
    });
    if (outcome === 'slice') await nextTurn();
  }
  const seconds = (performance.now() - started) / 1000;
  position.close();
  await journal.close();
  if (walked !== entries || items < 19 * entries) {
    throw new Error(`walked ${walked} entries with ${items} items, expected ${entries} with 20 each`);
  }
  return seconds;
}

async function journalctl(): Promise<number> {
  const args = ['--no-pager', '--quiet', '--output=cat', `--directory=${directory}`];
  const { lines, seconds } = await timeProgram('journalctl', args, true);
  if (lines !== entries) throw new Error(`journalctl printed ${lines} lines, expected ${entries}`);
  return seconds;
}

const results = [];
for (const { name, run } of [
  { name: 'reader', run: walk },
  { name: 'journalctl', run: journalctl },
]) {
  const seconds: number[] = [];
  for (let round = 0; round < warmUps + runs; round++) seconds.push(await run());
  results.push({ name, first: seconds[0] ?? Number.NaN, best: Math.min(...seconds.slice(warmUps)) });
}

const rows = results.map(({ name, best, first }) => [
  name,
  name === 'reader' ? 'all items' : 'one field, printed',
  Math.round(entries / best).toLocaleString('en'),
  best.toFixed(2),
  first.toFixed(2),
]);
process.stdout.write(`\n${entries.toLocaleString('en')} entries, best of ${runs} after ${warmUps} warm-ups\n\n`);
process.stdout.write(`${formatTable(['who', 'reads', 'entries/s', 'best s', 'first s'], rows)}\n\n`);
process.stdout.write(`Written to ${writeResults('walk', { entries, runs, results })}\n`);
