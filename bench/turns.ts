/**
 * How long does the agent keep its event loop from others, whatever it is asked? Each kind of work runs in this process,
 * without HTTP, while every turn of the loop is measured: the goal is 2 ms at a time. Garbage collection is in the turns it
 * falls into, and so is what other processes take of the processor: so the longest turn of the best of ten rounds is told,
 * after that of the first time, when nothing is compiled and nothing remembered.
 *
 *     npm run bench turns
 */
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalWriter, systemJournalPath } from '@clusterlog/test/fixtures/journal-writer/journal-writer';
import { Random } from '@clusterlog/test/fixtures/random';
import { taskJournal } from '@clusterlog/test/fixtures/task-journal';
import { giveMemoryBack } from '../packages/node-agent/src/encode/chunk-memory.ts';
import { type EntryEncoder, encoderFor } from '../packages/node-agent/src/encode/encoder.ts';
import { EncodingCache } from '../packages/node-agent/src/encode/encoding-cache.ts';
import { ExportEncoder } from '../packages/node-agent/src/encode/export-encoder.ts';
import { grep } from '../packages/node-agent/src/journal/grep.ts';
import { equals, everything, type Match, not } from '../packages/node-agent/src/journal/match.ts';
import { openJournal } from '../packages/node-agent/src/journal/open-source.ts';
import type { JournalSource } from '../packages/node-agent/src/journal/source.ts';
import { readRange } from '../packages/node-agent/src/read/read-range.ts';
import { manyFilesJournal } from './many-files-journal.ts';
import { formatTable, writeResults } from './report.ts';
import { measureTurns } from './turn-meter.ts';

const rounds = 10;
const longTurn = 3;

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-turns-'));
const tasks = taskJournal();
const many = manyFilesJournal(1500, 200);
const cache = new EncodingCache();

const json = () => encoderFor('json', 'range', { cache });
const [firstRealtime, day] = [1_763_000_000_000_000, 86_400_000_000];
const plain = bigFields(false);

interface Work {
  readonly name: string;
  readonly journal: string;
  readonly run: (source: JournalSource) => Promise<void>;
}

const works: Work[] = [
  { name: '300,000 entries as JSON', journal: tasks.directory, run: (source) => answer(source, everything, json()) },
  {
    name: '300,000 entries as text',
    journal: tasks.directory,
    run: (source) => answer(source, everything, encoderFor('text', 'range', { cache })),
  },
  {
    name: '300,000 entries as export',
    journal: tasks.directory,
    run: (source) => answer(source, everything, new ExportEncoder({ cache })),
  },
  {
    name: 'one task of 200',
    journal: tasks.directory,
    run: (source) => answer(source, equals('CONTAINER_ID', tasks.namedTask.containerId), json()),
  },
  {
    name: 'all but one stream',
    journal: tasks.directory,
    run: (source) => answer(source, not(equals('STREAM', 'STDOUT')), json()),
  },
  {
    name: 'a pattern in 300,000 messages',
    journal: tasks.directory,
    run: (source) => answer(source, grep('MESSAGE', 'no message.*has this'), json()),
  },
  {
    name: 'histogram of 300,000 entries',
    journal: tasks.directory,
    run: async (source) => {
      const range = { from: firstRealtime, to: firstRealtime + day, bucket: 60_000_000 };
      await source.histogram(everything, range, { milliseconds: 60_000 });
    },
  },
  {
    name: 'counts of 200 tasks',
    journal: tasks.directory,
    run: async (source) => void (await source.valueCounts('CONTAINER_ID', everything)),
  },
  {
    name: 'counts of 300,000 messages',
    journal: tasks.directory,
    run: async (source) => void (await source.valueCounts('MESSAGE', everything)),
  },
  {
    name: 'values of a field within a task',
    journal: tasks.directory,
    run: async (source) => {
      const match = equals('CONTAINER_ID', tasks.namedTask.containerId);
      for await (const _ of source.distinctValues('MESSAGE', match));
    },
  },
  {
    name: '64 messages of 1 MiB as JSON',
    journal: plain,
    run: (source) => answer(source, everything, json()),
  },
  {
    name: '64 messages of 1 MiB as export',
    journal: plain,
    run: (source) => answer(source, everything, new ExportEncoder({ cache })),
  },
  {
    name: '64 compressed messages of 1 MiB',
    journal: bigFields(true),
    run: (source) => answer(source, everything, json()),
  },
  { name: 'a file without its arrays', journal: damaged(), run: (source) => answer(source, everything, json()) },
  {
    name: 'an old task in 1,500 files',
    journal: many.directory,
    run: (source) => answer(source, equals('CONTAINER_ID', many.taskOf(3)), json()),
  },
  {
    name: 'a time in 1,500 files',
    journal: many.directory,
    run: async (source) => {
      const walk = source.walk(everything);
      await walk.seekRealtime(firstRealtime + day / 3);
      walk.close();
    },
  },
  {
    name: 'an unknown cursor in 1,500 files',
    journal: many.directory,
    run: async (source) => {
      const walk = source.walk(everything);
      const id = 'c'.repeat(32);
      const cursor = { seqnumId: id, seqnum: 1n, bootId: 'b0'.repeat(16), monotonic: 1n, realtime: 1n, xorHash: 1n };
      await walk.seekCursor(cursor, 'after');
      walk.close();
    },
  },
];

const results: { name: string; busy: number; first: number; longest: number; share: number }[] = [];
try {
  for (const { name, journal, run } of works) {
    process.stderr.write(`${name} ...\n`);
    const source = await openJournal({ directories: [journal] });
    const first = await measureTurns(() => run(source));
    let best: readonly number[] | undefined;
    for (let round = 0; round < rounds; round++) {
      const turns = await measureTurns(() => run(source));
      if (best === undefined || longestOf(turns) < longestOf(best)) best = turns;
    }
    await source.close();
    const busy = sum(best ?? []);
    const share = sum((best ?? []).filter((turn) => turn > longTurn)) / busy;
    results.push({ name, busy, first: longestOf(first), longest: longestOf(best ?? []), share });
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const rows = results.map(({ name, busy, first, longest, share }) => [
  name,
  'ms',
  busy.toFixed(0),
  first.toFixed(1),
  longest.toFixed(1),
  `${(100 * share).toFixed(0)} %`,
]);
const header = ['work', 'unit', 'in all', 'longest, first time', 'longest, then', 'in turns > 3 ms'];
process.stdout.write(`\nThe longest turn of the event loop\n\n${formatTable(header, rows)}\n\n`);
process.stdout.write(`Written to ${writeResults('turns', { rounds, results })}\n`);

// Not by Math.max: there are a million turns.
function longestOf(turns: readonly number[]): number {
  return turns.reduce((longest, turn) => Math.max(longest, turn), 0);
}

function sum(turns: readonly number[]): number {
  return turns.reduce((total, turn) => total + turn, 0);
}

async function answer(source: JournalSource, match: Match, encoder: EntryEncoder): Promise<void> {
  const walk = source.walk(match);
  await walk.seekHead();
  for await (const chunk of readRange(walk, encoder)) giveMemoryBack(chunk);
}

function bigFields(compressed: boolean): string {
  const machineId = 'e'.repeat(32);
  const path = join(directory, compressed ? 'compressed' : 'plain');
  mkdirSync(path);
  const writer = new JournalWriter({
    path: systemJournalPath(path, machineId),
    machineId,
    bootId: 'b0'.repeat(16),
    compression: compressed ? 'zstd' : 'none',
  });
  const random = new Random(1);
  for (let entry = 0; entry < 64; entry++) {
    const line = `${random.hex(32)} a line of a message that a program wrote in one piece\n`;
    const times = { realtime: firstRealtime + entry, monotonic: 1_000_000 + entry };
    writer.append({
      ...times,
      fields: [
        ['MESSAGE', line.repeat(2 ** 20 / line.length)],
        ['ENTRY', String(entry)],
      ],
    });
  }
  writer.close();
  return path;
}

/** One file of the tasks' journal whose header does not say where its entries are listed. */
function damaged(): string {
  const path = join(directory, 'damaged');
  mkdirSync(path);
  const machine = join(tasks.directory, tasks.machineId);
  const [file = ''] = readdirSync(machine);
  copyFileSync(join(machine, file), join(path, file));
  const entryArrayOffset = 176;
  writeSync(openSync(join(path, file), 'r+'), Buffer.alloc(8, 0xff), 0, 8, entryArrayOffset);
  return path;
}
