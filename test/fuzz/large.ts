/**
 * What does damage to a large journal cost? Damages one of 300,000 entries in ways that are dear to read, and asks each kind of
 * request of it: how long others are kept from their turn, how long it takes, how much of the file is read.
 *
 *     npm run soak large [-- --entries N]
 *
 * Fails where anything is done in one go for longer than 30 ms of CPU time, half of a follower’s patience.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { JournalFile } from '@clusterlog/node-agent/journal/file/journal-file';
import { PageCache } from '@clusterlog/node-agent/journal/file/page-cache';
import { NativeSource } from '@clusterlog/node-agent/journal/log/native-source';
import { and, equals, everything, type Match, not, since } from '@clusterlog/node-agent/journal/match';
import type { Direction, EntryWalk } from '@clusterlog/node-agent/journal/source';
import { parseCursor } from '@clusterlog/shared';
import { JournalWriter } from '../fixtures/journal-writer/journal-writer.ts';
import { collectGarbage } from './garbage.ts';
import { largeDamages } from './large-damages.ts';
import { bootId, log } from './large-log.ts';
import { LongestStretch } from './longest-stretch.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: { entries: { type: 'string', default: '300000' } },
});
const count = Number(options.entries);
const mostInOneGo = 30;
const directory = mkdtempSync(join(tmpdir(), 'large-damage-'));
const path = join(directory, 'system.journal');
const ids = { machineId: 'a0'.repeat(16), fileId: 'f1'.repeat(16) };
const first = 1_700_000_000_000_000;

type Request = (source: NativeSource) => Promise<unknown>;

async function read(walk: EntryWalk, direction: Direction, most: number): Promise<void> {
  let left = most;
  const take = (): boolean => {
    left -= 1;
    return left > 0;
  };
  while ((await walk.read(direction, take)) === 'slice') await nextTurn();
  walk.close();
}

const fromHead =
  (match: Match, most: number): Request =>
  async (source) => {
    const walk = source.walk(match);
    await walk.seekHead();
    await read(walk, 'forward', most);
  };
const fromTail =
  (match: Match, most: number): Request =>
  async (source) => {
    const walk = source.walk(match);
    await walk.seekTail();
    await read(walk, 'backward', most);
  };

const requests: Record<string, Request> = {
  'the first 100': fromHead(everything, 100),
  'the last 100': fromTail(everything, 100),
  'the whole log': fromHead(everything, count),
  'the whole log, backward': fromTail(everything, count),
  'one task': fromHead(equals('TASK', 'task-3'), count),
  "a task's last 100": fromTail(equals('TASK', 'task-3'), 100),
  'a task that is not there': fromTail(equals('TASK', 'task-99'), 100),
  'since a time, without a stream': fromHead(and(since(first + 750 * count), not(equals('STREAM', 'STDERR'))), 100),
  'from a time': async (source) => {
    const walk = source.walk(everything);
    await walk.seekRealtime(first + 600 * count);
    await read(walk, 'forward', 100);
  },
  'from a cursor': async (source) => {
    const walk = source.walk(everything);
    const text = `s=${ids.fileId};i=${(count - 9).toString(16)};b=${bootId};m=5f5e100;t=${(first + 900 * count).toString(16)};x=1`;
    const cursor = parseCursor(text);
    if (cursor === undefined) throw new Error(`no cursor: ${text}`);
    await walk.seekCursor(cursor, 'after');
    await read(walk, 'forward', 100);
  },
  'values of a field': async (source) => {
    for await (const _ of source.distinctValues('TASK', everything));
  },
  'values under a condition': async (source) => {
    for await (const _ of source.distinctValues('TASK', equals('STREAM', 'STDERR')));
  },
  'counts of values': (source) => source.valueCounts('TASK', everything),
};

const cache = new PageCache();
let exceeded = false;
try {
  const writer = new JournalWriter({ path, ...ids, compact: false, dataHashTableBuckets: count, bulk: true });
  for (const entry of log(count, first)) writer.append(entry);
  writer.close();
  const journal = readFileSync(path);
  process.stdout.write(`${count} entries, ${(journal.length / 1e6).toFixed(0)} MB\n`);
  process.stdout.write(
    `${'damage'.padEnd(40)}${'in one go'.padStart(10)}${'slowest'.padStart(10)}${'reads'.padStart(8)}\n`,
  );
  for (const [name, damage] of Object.entries(largeDamages)) {
    const damaged = Buffer.from(journal);
    writeFileSync(path, damage(damaged) ?? damaged);
    let [longest, slowest, reads] = [0, 0, 0];
    collectGarbage();
    for (const request of Object.values(requests)) {
      // Once for the compiler, as an agent that has been up for a while would have it.
      for (const isMeasured of name === 'none' ? [false, true] : [true]) {
        const before = cache.reads;
        const stretch = new LongestStretch();
        const started = performance.now();
        stretch.start();
        const source = new NativeSource([directory], (file) => JournalFile.open(file, cache));
        await request(source);
        stretch.stop();
        await source.close();
        if (!isMeasured) continue;
        longest = Math.max(longest, stretch.longest);
        slowest = Math.max(slowest, performance.now() - started);
        reads = Math.max(reads, ((cache.reads - before) * 4096) / journal.length);
      }
    }
    exceeded ||= longest > mostInOneGo;
    const cells = [`${longest.toFixed(1)} ms`, `${slowest.toFixed(0)} ms`, reads.toFixed(2)];
    process.stdout.write(
      `${name.padEnd(40)}${cells[0]?.padStart(10)}${cells[1]?.padStart(10)}${cells[2]?.padStart(8)}\n`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = exceeded ? 1 : 0;
