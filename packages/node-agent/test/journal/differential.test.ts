import { join } from 'node:path';
import { parseCursor } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EntryToExport, writeWithJournalRemote } from '../../../../test/fixtures/journal-remote.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { JournalctlSource } from '../../src/journal/journalctl/journalctl-source.ts';
import { and, equals, everything, type Match, not, or, present } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { Direction, JournalSource } from '../../src/journal/source.ts';
import type { ReadEntry } from './read-entries.ts';
import { readWalk } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

vi.setConfig({ testTimeout: 30_000 });

const machines = ['a0000000000000000000000000000001', 'a0000000000000000000000000000002'] as const;
const start = 1_700_000_000_000_000;

/** One machine's log: three boots of 40 entries, times as its clocks told them. */
function machineLog(machine: number): EntryToExport[] {
  return Array.from({ length: 120 }, (_, index) => {
    const boot = Math.floor(index / 40);
    const realtime = start + index * 1_000_003 + machine * 499_999;
    return [
      ['__REALTIME_TIMESTAMP', String(realtime)],
      ['__MONOTONIC_TIMESTAMP', String(5_000_000 + (index % 40) * 1_000_003)],
      ['_BOOT_ID', `b${machine}${boot}`.padEnd(32, '0')],
      ['_MACHINE_ID', machines[machine] ?? ''],
      ['MESSAGE', index % 17 === 0 ? `two\nlines of ${index}` : `message ${index} ${'x'.repeat((index % 5) * 300)}`],
      ['PRIORITY', String(index % 8)],
      ['TASK', `task-${index % 6}`],
      ...(index % 10 === 0 ? ([['TAG', 'ten']] as const) : []),
      ...(index % 4 === 0 ? ([['TAG', 'four']] as const) : []),
      ...(index % 25 === 0 ? ([['BYTES', Buffer.from([index, 0xff, 0x00, 0x0a])]] as const) : []),
    ];
  });
}

/**
 * Two machines; the first one's log in three files that overlap (as a system's and a user's journal do), the second one's
 * in files one after another. A realtime decides between machines, and within them wherever counters differ.
 */
async function writeWorld(directory: string): Promise<void> {
  const [first, second] = [machineLog(0), machineLog(1)];
  const write = (machine: number, name: string, entries: EntryToExport[], environment: Record<string, string>) =>
    writeWithJournalRemote(join(directory, machines[machine] ?? '', `${name}.journal`), entries, { environment });
  const at = (log: EntryToExport[], wanted: (index: number) => boolean) => log.filter((_, index) => wanted(index));
  await write(
    0,
    'system',
    at(first, (index) => index % 3 !== 0),
    {},
  );
  await write(
    0,
    'user-1000',
    at(first, (index) => index % 3 === 0 && index < 60),
    { SYSTEMD_JOURNAL_KEYED_HASH: '0' },
  );
  await write(
    0,
    'user-1001',
    at(first, (index) => index % 3 === 0 && index >= 60),
    { SYSTEMD_JOURNAL_COMPACT: '0' },
  );
  await write(1, 'system@1', second.slice(0, 40), {});
  await write(1, 'system@2', second.slice(40, 90), { SYSTEMD_JOURNAL_COMPACT: '0', SYSTEMD_JOURNAL_KEYED_HASH: '0' });
  await write(1, 'system', second.slice(90), {});
}

const matches: [string, Match][] = [
  ['everything', everything],
  ['one task', equals('TASK', 'task-3')],
  ['two tasks', equals('TASK', 'task-3', 'task-5')],
  ['one task of one machine', and(equals('TASK', 'task-3'), equals('_MACHINE_ID', machines[1]))],
  ['one boot', equals('_BOOT_ID', 'b01'.padEnd(32, '0'))],
  ['groups', or(and(equals('TAG', 'ten'), equals('TAG', 'four')), equals('BYTES', Buffer.from([50, 0xff, 0, 0x0a])))],
  ['absence', and(not(present('TAG')), equals('PRIORITY', '0', '1', '2'))],
];

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('native reader and journalctl on files of journal-remote', () => {
  const directory = testDirectory();
  let native: JournalSource;
  let oracle: JournalSource;
  let log: ReadEntry[];

  beforeAll(async () => {
    await writeWorld(directory);
    native = await openJournal({ directories: [directory] });
    oracle = new JournalctlSource([directory]);
    log = await readWalk(oracle.walk(everything), 'forward');
    expect(native.kind).toBe('native');
    expect(log).toHaveLength(240);
  });
  afterAll(async () => {
    await native.close();
    await oracle.close();
  });

  /** Reads the same with both after the same seek. */
  async function both<T>(
    match: Match,
    direction: Direction,
    limit: number,
    seek: (walk: ReturnType<JournalSource['walk']>) => Promise<T>,
  ): Promise<[[T, ReadEntry[]], [T, ReadEntry[]]]> {
    const results: [T, ReadEntry[]][] = [];
    for (const source of [native, oracle]) {
      const walk = source.walk(match);
      const outcome = await seek(walk);
      results.push([outcome, await readWalk(walk, direction, limit)]);
      walk.close();
    }
    return results as [[T, ReadEntry[]], [T, ReadEntry[]]];
  }

  it.each(matches)('agree on %s, field by field, in both directions', async (_what, match) => {
    for (const direction of ['forward', 'backward'] as const) {
      const seek = (walk: ReturnType<JournalSource['walk']>) =>
        direction === 'forward' ? walk.seekHead() : walk.seekTail();
      const [[, read], [, expected]] = await both(match, direction, Number.POSITIVE_INFINITY, seek);
      expect(read.length).toBeGreaterThan(0);
      expect(read).toEqual(expected);
    }
  });

  it('agree on what follows a cursor, whether its entry matches or not', async () => {
    for (const index of [0, 1, 37, 80, 81, 119, 160, 239]) {
      const cursor = parseCursor(log[index]?.cursor ?? '');
      if (cursor === undefined) throw new Error(`entry ${index} has no cursor`);
      for (const match of [everything, equals('TASK', 'task-3')]) {
        const [read, expected] = await both(match, 'forward', 5, (walk) => walk.seekCursor(cursor, 'after'));
        expect(read).toEqual(expected);
        expect(read[0]).toBe('exact');
        if (match === everything) expect(read[1]).toEqual(log.slice(index + 1, index + 6));
      }
    }
  });

  it('agree on what precedes a cursor', async () => {
    for (const index of [0, 40, 121, 239]) {
      const cursor = parseCursor(log[index]?.cursor ?? '');
      if (cursor === undefined) throw new Error(`entry ${index} has no cursor`);
      const [read, expected] = await both(everything, 'backward', 5, (walk) => walk.seekCursor(cursor, 'before'));
      expect(read).toEqual(expected);
    }
  });

  it('agree on where a realtime lies', async () => {
    for (const second of [-5, 0, 17, 60, 119, 130]) {
      const realtime = start + second * 1_000_003 + 2;
      const [read, expected] = await both(everything, 'forward', 5, (walk) => walk.seekRealtime(realtime));
      expect(read).toEqual(expected);
    }
  });

  it('agree on distinct values', async () => {
    for (const [field, match] of [
      ['TASK', everything],
      ['_BOOT_ID', everything],
      ['BYTES', everything],
      ['TAG', equals('TASK', 'task-0')],
    ] as const) {
      const values = async (source: JournalSource): Promise<string[]> => {
        const found: string[] = [];
        for await (const value of source.distinctValues(field, match)) found.push(value.toString('latin1'));
        return found.sort();
      };
      expect(await values(native)).toEqual(await values(oracle));
    }
  });
});
