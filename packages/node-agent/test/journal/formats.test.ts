import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type EntryToExport, writeWithJournalRemote } from '../../../../test/fixtures/journal-remote.ts';
import { type CompressionName, compressions } from '../../../../test/fixtures/journal-writer/compression.ts';
import { type HeaderSize, headerOffset } from '../../../../test/fixtures/journal-writer/format.ts';
import {
  type EntryToAppend,
  JournalWriter,
  type JournalWriterOptions,
  randomId,
} from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { journalctlExport } from '../../../../test/fixtures/journalctl.ts';
import { cannotRun, whyNoJournald, whyNoSystemdPrograms } from '../../../../test/fixtures/requirements.ts';
import { equals, everything, type Match, present } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import type { Direction } from '../../src/journal/source.ts';
import type { ReadEntry } from './read-entries.ts';
import { readWalk } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

vi.setConfig({ testTimeout: 30_000 });

const directory = testDirectory();
const machineId = 'a0000000000000000000000000000001';
const otherMachineId = 'a0000000000000000000000000000002';
const bootId = 'b0000000000000000000000000000001';
const start = 1_700_000_000_000_000;

/** A message of a mebibyte, of which no two lines are the same. */
const mebibyte = Array.from({ length: 2 ** 14 }, (_, line) => `${line}`.padStart(6, '0').padEnd(63, '.'))
  .join('\n')
  .padEnd(2 ** 20, '.');
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const longBinary = Buffer.concat([everyByte, everyByte, everyByte, everyByte]);

/** Everything a field and an entry can be, the second one's message being long. */
const contents = (message: string): readonly EntryToAppend['fields'][] => [
  [
    ['MESSAGE', 'a line'],
    ['PRIORITY', '6'],
  ],
  [
    ['MESSAGE', message],
    ['PRIORITY', '3'],
  ],
  [
    ['MESSAGE', everyByte],
    ['BINARY', longBinary],
  ],
  [
    ['TAG', 'one'],
    ['TAG', 'two'],
    ['TAG', 'x'.repeat(2000)],
    ['TAG', 'y'.repeat(2000)],
    ['MESSAGE', 'tagged'],
  ],
  [
    ['TAG', 'twice'],
    ['TAG', 'twice'],
  ],
  [
    ['MESSAGE', ''],
    ['EMPTY', ''],
  ],
  [['NO_MESSAGE', 'a=b=c']],
  [],
  [['MESSAGE', 'naïve – 日本語 🎉\n\tsecond line\n']],
  // The shortest that are compressed have 512 bytes, their name included.
  ...[502, 503, 504, 505].map((length) => [['MESSAGE', 'z'.repeat(length)]] as const),
  ...Array.from({ length: 30 }, (_, index) => [['MESSAGE', `line ${index % 10}`]] as const),
];
const entriesWith = (message: string): readonly EntryToAppend[] =>
  contents(message).map((fields, index) => ({
    realtime: start + index * 1000,
    monotonic: 1_000_000 + index * 1000,
    bootId,
    fields,
  }));
const long = mebibyte.slice(0, 5000);
const entries = entriesWith(long);

/** The fields of {@link ReadEntry}, as they were written. */
function fieldsOf(entry: EntryToAppend): string[] {
  const fields = entry.fields.map(([name, value]) => `${name}=${Buffer.from(value as string).toString('latin1')}`);
  return [...new Set([...fields, `_BOOT_ID=${entry.bootId}`])].sort();
}

function write(path: string, options: Partial<JournalWriterOptions> = {}, written = entries): JournalWriter {
  const writer = new JournalWriter({ path, machineId, bulk: true, allocationStep: 65_536, ...options });
  for (const entry of written) writer.append(entry);
  return writer;
}

/** Reads what matches, from its head or its tail. All of `directories` must be sound. */
type Read = (match?: Match, direction?: Direction) => Promise<ReadEntry[]>;

async function reading<T>(directories: string[], use: (read: Read) => Promise<T>): Promise<T> {
  const source = await openJournal({ directories });
  try {
    expect(source.kind).toBe('native');
    const used = await use(async (match = everything, direction = 'forward') => {
      const walk = source.walk(match);
      await (direction === 'forward' ? walk.seekHead() : walk.seekTail());
      const found = await readWalk(walk, direction);
      walk.close();
      return found;
    });
    expect(source.status().damage).toEqual({ data: 0, entries: 0, arrays: 0, files: 0 });
    return used;
  } finally {
    await source.close();
  }
}

/** What journalctl reads, in the form of {@link ReadEntry}. */
async function exported(...args: string[]): Promise<ReadEntry[]> {
  return (await journalctlExport(...args)).map((entry) => ({
    cursor: String(entry.find(([name]) => name === '__CURSOR')?.[1]),
    fields: entry
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, value]) => `${name}=${value.toString('latin1')}`)
      .sort(),
    lost: 0,
  }));
}

const layouts = [true, false].flatMap((compact) => [true, false].map((keyedHash) => ({ compact, keyedHash })));

describe.skipIf(cannotRun(whyNoSystemdPrograms()))(
  'a file is read as it was written, and as journalctl reads it',
  () => {
    const names: CompressionName[] = ['none', 'xz', 'lz4', 'zstd'];
    const headerSizes: HeaderSize[] = [208, 224, 240, 256, 264, 272, 288];
    const formats = layouts.flatMap((layout) =>
      names.flatMap((compression) => headerSizes.map((headerSize) => ({ ...layout, compression, headerSize }))),
    );

    it.each(formats)(
      'compact $compact, keyed $keyedHash, compression $compression, header of $headerSize bytes',
      async (format) => {
        const place = join(directory, Object.values(format).join('-'));
        // Once per codec and layout is enough for a mebibyte.
        const message = format.headerSize === 264 ? mebibyte : long;
        const written = entriesWith(message);
        write(join(place, 'system.journal'), format, written).close();
        await reading([place], async (read) => {
          const found = await read();
          expect(found.map(({ fields }) => fields)).toEqual(written.map(fieldsOf));
          expect(found).toEqual(await exported(`--directory=${place}`));
          expect(await read(everything, 'backward')).toEqual(found.toReversed());
          // Found by the index: the hash is of what was compressed.
          expect(await read(equals('MESSAGE', message))).toEqual([found[1]]);
          expect(await read(equals('BINARY', longBinary))).toEqual([found[2]]);
          expect(await read(equals('TAG', 'y'.repeat(2000)))).toEqual([found[3]]);
          expect(await read(equals('EMPTY', ''))).toEqual([found[5]]);
          expect(await read(present('TAG'))).toEqual([found[3], found[4]]);
          expect(await read(equals('MESSAGE', 'line 3'))).toHaveLength(3);
        });
      },
    );

    it.each(layouts)("journal-remote's own: compact $compact, keyed $keyedHash", async (layout) => {
      const place = join(directory, `remote-${Object.values(layout).join('-')}`);
      await writeWithJournalRemote(join(place, 'system.journal'), toExport(entriesWith(mebibyte)), {
        environment: environmentOf(layout),
      });
      await reading([place], async (read) => {
        const found = await read();
        expect(found).toEqual(await exported(`--directory=${place}`));
        expect(found.map(({ fields }) => fields)).toEqual(entriesWith(mebibyte).filter(isForRemote).map(fieldsOf));
        expect(await read(equals('MESSAGE', mebibyte))).toEqual([found[1]]);
      });
    });
  },
);

it.each(['xz', 'lz4', 'zstd'] as const)(
  'damage to a field compressed with %s costs that field only',
  async (compression) => {
    const place = join(directory, `damaged-${compression}`);
    const writer = write(join(place, 'system.journal'), { compression });
    writer.close();
    const { path } = writer;
    const bytes = readFileSync(path);
    const payload = compressions[compression]?.compress(Buffer.from(`MESSAGE=${long}`)) ?? Buffer.alloc(0);
    const at = bytes.indexOf(payload);
    expect(at).toBeGreaterThan(0);
    bytes.fill(0, at, at + 8);
    writeFileSync(path, bytes);

    const source = await openJournal({ directories: [place] });
    const walk = source.walk(everything);
    const found = await readWalk(walk, 'forward');
    const wanted = entries.map((entry) => ({ fields: fieldsOf(entry), lost: 0 }));
    wanted[1] = { fields: ['PRIORITY=3', `_BOOT_ID=${bootId}`], lost: 1 };
    expect(found.map(({ fields, lost }) => ({ fields, lost }))).toEqual(wanted);
    expect(source.status().damage).toEqual({ data: 1, entries: 0, arrays: 0, files: 0 });
    walk.close();
    await source.close();
  },
);

describe.skipIf(cannotRun(whyNoJournald()))('a sealed file is read as journalctl reads it', () => {
  it.each(layouts)('compact $compact, keyed $keyedHash', async (layout) => {
    const path = join(directory, `sealed-${Object.values(layout).join('-')}`, 'system.journal');
    // Sealed every second, and an entry may not be older than its file.
    const now = (Math.floor(Date.now() / 1000) + 5) * 1_000_000;
    const later = entries.map((entry, index) => ({ ...entry, realtime: now + index * 300_000 }));
    await writeWithJournalRemote(path, toExport(later), { seal: true, environment: environmentOf(layout) });
    const header = readFileSync(path).subarray(0, 264);
    expect(header.readUInt32LE(headerOffset.compatibleFlags) & 1).toBe(1);
    expect(Number(header.readBigUInt64LE(headerOffset.tagCount))).toBeGreaterThan(5);

    await reading([dirname(path)], async (read) => {
      const found = await read();
      expect(found).toHaveLength(later.filter(isForRemote).length);
      expect(found).toEqual(await exported(`--file=${path}`));
      expect(await read(everything, 'backward')).toEqual(found.toReversed());
      expect(await read(equals('MESSAGE', 'line 3'))).toHaveLength(3);
    });
  });
});

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('files that lie apart are one log', () => {
  /** As many entries between {@link entries}, of the same boot. */
  const other = entries.map((entry, index) => ({
    ...entry,
    realtime: entry.realtime + 500,
    monotonic: entry.monotonic + 500,
    fields: [...entry.fields, ['OTHER', `${index}`]] as EntryToAppend['fields'],
  }));
  /** A beginning and the rest of {@link entries}. */
  const [earlier, later] = [entries.slice(0, 20), entries.slice(20)];

  it('journals that journald found broken, named .journal~, and archives', async () => {
    const place = join(directory, 'broken', machineId);
    const broken = write(join(place, 'first.journal'), {}, earlier);
    // As a power cut leaves it: online, zeros past the tail.
    broken.flush();
    const archived = write(join(place, 'system.journal'), { firstSeqnum: 100 }, later.slice(0, 10));
    const { writer } = archived.rotate();
    for (const entry of later.slice(10)) writer.append(entry);
    writer.close();
    renameSync(broken.path, join(place, 'system@0005f0c1d2e3a4b5-0123456789abcdef.journal~'));
    await reading([join(directory, 'broken')], async (read) => {
      const found = await read();
      expect(found.map(({ fields }) => fields)).toEqual(entries.map(fieldsOf));
      expect(found).toEqual(await exported(`--directory=${join(directory, 'broken')}`));
    });
    broken.close();
  });

  it('journals of other machines, in directories beside our own and in the same', async () => {
    const place = join(directory, 'machines');
    const elsewhere = other.map((entry) => ({ ...entry, bootId: 'b0000000000000000000000000000002' }));
    write(join(place, machineId, 'system.journal')).close();
    write(
      join(place, otherMachineId, 'remote.journal'),
      { machineId: otherMachineId, compact: false },
      elsewhere,
    ).close();
    const third = { realtime: start + 700, monotonic: 5, bootId: 'b0000000000000000000000000000003', fields: [] };
    write(join(place, 'third.journal'), { machineId: 'a0000000000000000000000000000003' }, [third]).close();
    await reading([place], async (read) => {
      const found = await read();
      expect(found).toHaveLength(2 * entries.length + 1);
      expect(found).toEqual(await exported(`--directory=${place}`));
      expect(await read(equals('OTHER', '7'))).toEqual([found.find(({ fields }) => fields.includes('OTHER=7'))]);
    });
  });

  it('/run/log/journal and /var/log/journal', async () => {
    const root = join(directory, 'root');
    const [volatile, persistent] = [join(root, 'run/log/journal'), join(root, 'var/log/journal')];
    const seqnumId = randomId();
    write(join(volatile, machineId, 'system.journal'), { seqnumId }, earlier).close();
    write(join(persistent, machineId, 'system.journal'), { seqnumId, firstSeqnum: 21 }, later).close();
    write(join(persistent, machineId, 'user-1000.journal'), { compression: 'lz4' }, other).close();
    await reading([volatile, persistent], async (read) => {
      const found = await read();
      expect(found).toHaveLength(2 * entries.length);
      expect(found).toEqual(await exported(`--root=${root}`, '--merge'));
      expect(await read(equals('MESSAGE', 'line 3'))).toHaveLength(6);
    });
    // Where journald keeps nothing but what is in /run, or has not begun to write.
    await reading([volatile, join(root, 'none')], async (read) => expect(await read()).toHaveLength(20));
  });

  it('journal namespaces', async () => {
    const place = join(directory, 'namespaces');
    const own = write(join(place, machineId, 'system.journal'));
    own.close();
    const namespace = write(join(place, `${machineId}.tenant-1`, 'system.journal'), { compression: 'xz' }, other);
    namespace.close();
    await reading([place], async (read) => {
      const found = await read();
      expect(found).toHaveLength(2 * entries.length);
      // journalctl --directory leaves namespaces out.
      expect(found).toEqual(await exported(`--file=${own.path}`, `--file=${namespace.path}`));
    });
  });
});

/** journal-remote refuses entries of no field but the boot id. */
function isForRemote(entry: EntryToAppend): boolean {
  return entry.fields.length > 0;
}

function toExport(written: readonly EntryToAppend[]): EntryToExport[] {
  return written
    .filter(isForRemote)
    .map((entry) => [
      ['__REALTIME_TIMESTAMP', String(entry.realtime)],
      ['__MONOTONIC_TIMESTAMP', String(entry.monotonic)],
      ['_BOOT_ID', bootId],
      ...entry.fields,
    ]);
}

function environmentOf(layout: { compact: boolean; keyedHash: boolean }): Record<string, string> {
  return {
    SYSTEMD_JOURNAL_COMPACT: String(Number(layout.compact)),
    SYSTEMD_JOURNAL_KEYED_HASH: String(Number(layout.keyedHash)),
  };
}
