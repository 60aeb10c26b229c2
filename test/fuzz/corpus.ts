import { join } from 'node:path';
import { type EntryToExport, writeWithJournalRemote } from '../fixtures/journal-remote.ts';
import {
  type EntryToAppend,
  type Field,
  JournalWriter,
  type JournalWriterOptions,
} from '../fixtures/journal-writer/journal-writer.ts';
import { Random } from '../fixtures/random.ts';
import { cutToTail, type SoundJournal, soundJournal } from './sound-journal.ts';

const machineId = '0123456789abcdef0123456789abcdef';
/** Boots in each journal. */
const boots = 3;
/** Journals lie so far apart in time, in µs, that two of them in one directory have one order. */
const apart = 86_400_000_000;

/** The id of a boot of the journal made from `seed`. */
export function bootId(seed: number, boot: number): string {
  return `b${seed.toString(16)}${boot}`.padEnd(32, '0');
}

/** A log of three boots and twelve tasks with everything a field can be. */
function log(count: number, seed: number): EntryToAppend[] {
  const random = new Random(seed);
  let realtime = 1_700_000_000_000_000 + seed * apart;
  let monotonic = 0;
  return Array.from({ length: count }, (_, index) => {
    const boot = Math.floor((index * boots) / count);
    if (index === Math.ceil((boot * count) / boots)) monotonic = 1_000_000;
    realtime += 1 + random.below(1_000_000);
    monotonic += 1 + random.below(1_000_000);
    const task = random.below(12);
    const fields: Field[] = [
      ['MESSAGE', `line ${index} of task ${task} ${'.'.repeat(random.below(60))}`],
      ['PRIORITY', String(random.below(8))],
      ['STREAM', random.below(4) === 0 ? 'STDERR' : 'STDOUT'],
      ['TASK', `task-${task}`],
    ];
    if (index % 23 === 0) fields.push(['BIG', `big value ${index % 5} `.repeat(80)]);
    if (index % 19 === 0) fields.push(['TAG', 'one'], ['TAG', `two-${index % 3}`]);
    if (index % 29 === 0) fields.push(['BINARY', Buffer.from([0, 255, 10, 61, index % 256])]);
    if (index % 31 === 0) fields.push(['EMPTY', '']);
    return { realtime, monotonic, bootId: bootId(seed, boot), fields };
  });
}

function exported(entries: readonly EntryToAppend[]): EntryToExport[] {
  return entries.map(({ realtime, monotonic, bootId = '', fields }) => [
    ['__REALTIME_TIMESTAMP', String(realtime)],
    ['__MONOTONIC_TIMESTAMP', String(monotonic)],
    ['_BOOT_ID', bootId],
    ...fields,
  ]);
}

/** One is left as a crash leaves it, online; one offline; one archived. */
function finish(writer: JournalWriter, index: number): string {
  if (index % 3 === 2) return writer.archive();
  if (index % 3 === 1) writer.flush();
  else writer.close();
  return writer.path;
}

type Writing = Omit<JournalWriterOptions, 'path' | 'machineId'>;

/** Few buckets make long chains. */
const crowded = { dataHashTableBuckets: 16, fieldHashTableBuckets: 4, allocationStep: 64 * 1024 };
const roomy = { dataHashTableBuckets: 512, fieldHashTableBuckets: 31, allocationStep: 64 * 1024 };
const written: Record<string, Writing> = {
  'compact, keyed, zstd': { ...roomy },
  'compact, keyed, plain, long chains': { ...crowded, compression: 'none' },
  'regular, keyed, zstd, long chains': { ...crowded, compact: false },
  'regular, unkeyed, plain': { ...roomy, compact: false, keyedHash: false, compression: 'none' },
  'regular, unkeyed, oldest header': { ...crowded, compact: false, keyedHash: false, headerSize: 208 },
  'compact, newest header': { ...roomy, headerSize: 272 },
};

const environments: Record<string, Record<string, string>> = {
  'systemd, compact, keyed, zstd': {},
  'systemd, regular, unkeyed, zstd': { SYSTEMD_JOURNAL_COMPACT: '0', SYSTEMD_JOURNAL_KEYED_HASH: '0' },
  'systemd, regular, keyed, lz4': { SYSTEMD_JOURNAL_COMPACT: '0', SYSTEMD_JOURNAL_COMPRESS: 'LZ4' },
  'systemd, compact, keyed, xz': { SYSTEMD_JOURNAL_COMPRESS: 'XZ' },
};

/**
 * Small real journals of every kind, the same each time but for the ids systemd draws.
 *
 * @param directory where they are written
 * @param withSystemd whether systemd-journal-remote is there to write some of them
 */
export async function writeCorpus(directory: string, withSystemd: boolean): Promise<SoundJournal[]> {
  const journals: SoundJournal[] = [];
  for (const [name, options] of Object.entries(written)) {
    const index = journals.length;
    const path = join(directory, `written-${index}.journal`);
    const fileId = `f${index}`.repeat(16);
    const writer = new JournalWriter({ ...options, path, machineId, fileId, bulk: true });
    for (const entry of log(150 + index * 30, index + 1)) writer.append(entry);
    const finished = finish(writer, index);
    cutToTail(finished);
    journals.push(await soundJournal(name, finished));
  }
  for (const [name, environment] of withSystemd ? Object.entries(environments) : []) {
    const path = join(directory, `systemd-${journals.length}.journal`);
    await writeWithJournalRemote(path, exported(log(200, journals.length + 1)), { environment });
    cutToTail(path);
    journals.push(await soundJournal(name, path));
  }
  return journals;
}
