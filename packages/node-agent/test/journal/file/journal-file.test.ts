import { join } from 'node:path';
import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeWithJournalRemote } from '../../../../../test/fixtures/journal-remote.ts';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { journalctlExport } from '../../../../../test/fixtures/journalctl.ts';
import { cannotRun, whyNoSystemdPrograms } from '../../../../../test/fixtures/requirements.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { and, equals, everything, type Match, not, or, present } from '../../../src/journal/match.ts';
import { boots, manyEntries } from '../many-fields.ts';
import { copyEntry, type ReadEntry, readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
const entries = manyEntries(3000);

async function journalctlEntries(...args: string[]): Promise<ReadEntry[]> {
  const exported = await journalctlExport(...args);
  return exported.map((entry) => ({
    cursor: String(entry.find(([name]) => name === '__CURSOR')?.[1]),
    fields: entry
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, value]) => `${name}=${value.toString('latin1')}`)
      .sort(),
    lost: 0,
  }));
}

async function texts(values: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = [];
  for await (const value of values) found.push(value.toString('latin1'));
  return found.sort();
}

describe.skipIf(cannotRun(whyNoSystemdPrograms())).each([
  { compact: '0', keyed: '0', compress: true },
  { compact: '0', keyed: '1', compress: true },
  { compact: '1', keyed: '0', compress: true },
  { compact: '1', keyed: '1', compress: true },
  { compact: '1', keyed: '1', compress: false },
])('a file of systemd-journal-remote, compact $compact, keyed $keyed, compressed $compress', (kind) => {
  const path = join(directory, `c${kind.compact}k${kind.keyed}z${kind.compress}.journal`);
  let file: JournalFile;

  beforeAll(async () => {
    const exported = entries.map(({ realtime, monotonic, bootId, fields }) => [
      ['__REALTIME_TIMESTAMP', String(realtime)] as const,
      ['__MONOTONIC_TIMESTAMP', String(monotonic)] as const,
      ['_BOOT_ID', bootId ?? ''] as const,
      ...fields,
    ]);
    const environment = { SYSTEMD_JOURNAL_COMPACT: kind.compact, SYSTEMD_JOURNAL_KEYED_HASH: kind.keyed };
    await writeWithJournalRemote(path, exported, { compress: kind.compress, environment });
    file = JournalFile.open(path, new PageCache({ bytes: 1024 * 1024 }));
  });
  afterAll(() => file.close());

  it('has the layout and the hash that were asked for', () => {
    expect(file.header.layout.name).toBe(kind.compact === '1' ? 'compact' : 'regular');
    expect(file.header.keyedHash).toBe(kind.keyed === '1');
    expect(file.entryCount).toBe(entries.length);
  });

  it('is read as journalctl reads it, in both directions', async () => {
    const walk = file.walk(everything);
    expect(await readAll(walk, 'forward', copyEntry)).toEqual(await journalctlEntries(`--file=${path}`));
    expect(await readAll(walk, 'backward', copyEntry)).toEqual(await journalctlEntries(`--file=${path}`, '-r'));
    walk.close();
  });

  it.each<[string[], Match]>([
    [['EXECUTOR_ID=task-3'], equals('EXECUTOR_ID', 'task-3')],
    [['EXECUTOR_ID=task-3', 'STREAM=STDERR'], and(equals('EXECUTOR_ID', 'task-3'), equals('STREAM', 'STDERR'))],
    [['EXECUTOR_ID=task-3', 'EXECUTOR_ID=task-4'], equals('EXECUTOR_ID', 'task-3', 'task-4')],
    [['EXECUTOR_ID=task-3', '+', 'TAG=two-1'], or(equals('EXECUTOR_ID', 'task-3'), equals('TAG', 'two-1'))],
    [['TAG=one'], equals('TAG', 'one')],
    [['EMPTY='], equals('EMPTY', '')],
    [[`BIG=${'big value 2 '.repeat(100)}`], equals('BIG', 'big value 2 '.repeat(100))],
    [['NEVER=seen'], equals('NEVER', 'seen')],
  ])('gives the entries that match %j', async (args, match) => {
    const expected = (await journalctlEntries(`--file=${path}`, ...args)).map(({ cursor }) => cursor);
    const walk = file.walk(match);
    expect(await readAll(walk, 'forward', cursorOf)).toEqual(expected);
    expect(await readAll(walk, 'backward', cursorOf)).toEqual(expected.reverse());
    walk.close();
  });

  it('gives the distinct values that journalctl gives', async () => {
    const printed = await journalctlExport(`--file=${path}`);
    for (const field of ['EXECUTOR_ID', 'TAG', 'EMPTY', 'BIG', 'NEVER']) {
      const expected = printed.flatMap((entry) => entry.filter(([name]) => name === field).map(([, v]) => String(v)));
      expect(await texts(file.distinctValues(field, everything))).toEqual([...new Set(expected)].sort());
    }
  });

  it('gives the distinct values among the entries that match, by whichever way', async () => {
    const among = async (match: Match, ...args: string[]): Promise<void> => {
      const printed = await journalctlExport(`--file=${path}`, ...args);
      for (const field of ['EXECUTOR_ID', 'PRIORITY', 'MESSAGE']) {
        const expected = printed.flatMap((entry) => entry.filter(([name]) => name === field).map(([, v]) => String(v)));
        expect(await texts(file.distinctValues(field, match))).toEqual([...new Set(expected)].sort());
      }
    };
    await among(equals('EXECUTOR_ID', 'task-5'), 'EXECUTOR_ID=task-5');
    await among(equals('STREAM', 'STDERR'), 'STREAM=STDERR');
    await among(equals('TAG', 'two-1'), 'TAG=two-1');
  });

  it('finds an entry by its place, and a place by bisection', () => {
    for (const index of [0, 1, 1499, 1500, 2999]) {
      expect(file.entryAt(index)?.realtime).toBe(entries[index]?.realtime);
      const realtime = entries[index]?.realtime ?? 0;
      const first = entries.findIndex((entry) => entry.realtime >= realtime);
      expect(file.bisect((entry) => entry.realtime >= realtime)).toBe(first);
    }
    expect(file.bisect(() => true)).toBe(0);
    expect(file.bisect(() => false)).toBe(3000);
    expect(file.entryAt(3000)).toBeUndefined();
    expect(file.entryAt(-1)).toBeUndefined();
  });

  it('bisects among the entries of one boot', () => {
    const [first, second] = boots;
    for (const index of [1500, 1501, 2000, 2999]) {
      const monotonic = entries[index]?.monotonic ?? 0;
      expect(file.bisectBoot(second, (entry) => entry.monotonic >= monotonic)).toBe(index);
    }
    expect(file.bisectBoot(first, () => true)).toBe(0);
    expect(file.bisectBoot(first, () => false)).toBe(1500);
    expect(file.bisectBoot(second, () => false)).toBe(3000);
    expect(file.bisectBoot('00'.repeat(16), () => true)).toBeUndefined();
  });
});

it('stops giving distinct values when told to', async () => {
  const path = join(directory, 'stops.journal');
  const writer = new JournalWriter({ path, machineId: '0123456789abcdef0123456789abcdef', bulk: true });
  for (const entry of entries) writer.append(entry);
  writer.close();
  const file = JournalFile.open(path, new PageCache({ bytes: 1024 * 1024 }));
  const reason = new Error('the client has gone');
  const controller = new AbortController();
  const values = file.distinctValues('MESSAGE', not(present('NEVER')), controller.signal);
  const read = async (): Promise<void> => {
    for await (const _ of values) controller.abort(reason);
  };
  await expect(read()).rejects.toBe(reason);
  file.close();
});
