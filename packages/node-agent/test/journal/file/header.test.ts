import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { JournalFileError } from '../../../src/journal/file/journal-file-error.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { everything } from '../../../src/journal/match.ts';
import { copyEntry, readAll } from '../read-entries.ts';
import { testDirectory } from '../test-directory.ts';

const directory = testDirectory();
const cache = new PageCache({ bytes: 1024 * 1024 });
const machineId = '0123456789abcdef0123456789abcdef';

function writeJournal(name: string, options: { headerSize?: 208 | 224 | 240 | 256 | 264 | 272 } = {}): string {
  const path = join(directory, name);
  const writer = new JournalWriter({ path, machineId, bulk: true, ...options });
  for (let i = 0; i < 3; i++) {
    writer.append({ realtime: 1_700_000_000_000_000 + i, monotonic: 10 + i, fields: [['MESSAGE', `line ${i}`]] });
  }
  writer.close();
  return path;
}

function refusal(path: string): JournalFileError {
  try {
    JournalFile.open(path, cache).close();
  } catch (error) {
    if (error instanceof JournalFileError) return error;
    throw error;
  }
  throw new Error(`${path} was opened`);
}

it('says what the header says', () => {
  const path = join(directory, 'says.journal');
  const writer = new JournalWriter({ path, machineId, firstSeqnum: 42 });
  writer.append({ realtime: 1_700_000_000_000_000, monotonic: 10, fields: [['MESSAGE', 'one']] });
  writer.append({ realtime: 1_700_000_000_000_007, monotonic: 17, fields: [['MESSAGE', 'two']] });
  const file = JournalFile.open(path, cache);
  expect(file.header).toMatchObject({
    state: 'online',
    machineId,
    fileId: writer.fileId,
    seqnumId: writer.seqnumId,
    tailEntryBootId: writer.bootId,
    entryCount: 2,
    headEntrySeqnum: 42,
    tailEntrySeqnum: 43,
    headEntryRealtime: 1_700_000_000_000_000,
    tailEntryRealtime: 1_700_000_000_000_007,
    tailEntryMonotonic: 17,
  });
  writer.close();
  expect(file.refresh()).toBe(true);
  expect(file.header.state).toBe('offline');
  expect(file.refresh()).toBe(false);
  file.close();
});

it.each([208, 224, 240, 256, 264, 272] as const)('reads files with a header of %i bytes', async (headerSize) => {
  const file = JournalFile.open(writeJournal(`header-${headerSize}.journal`, { headerSize }), cache);
  const entries = await readAll(file.walk(everything), 'forward', copyEntry);
  expect(entries.map(({ fields }) => fields[0])).toEqual(['MESSAGE=line 0', 'MESSAGE=line 1', 'MESSAGE=line 2']);
  file.close();
});

it('refuses a file that is no journal', () => {
  const path = join(directory, 'text.journal');
  writeFileSync(path, 'not a journal, but text of more than two hundred bytes '.repeat(10));
  expect(refusal(path)).toMatchObject({ code: 'not-a-journal', path });
});

it('refuses a file that ends within the header, as a file just created does', () => {
  const whole = readFileSync(writeJournal('whole.journal'));
  for (const length of [0, 7, 8, 200]) {
    const path = join(directory, `short-${length}.journal`);
    writeFileSync(path, whole.subarray(0, length));
    expect(refusal(path).code).toBe('truncated-header');
  }
});

it('names the flags of a format it does not know', () => {
  const path = writeJournal('future.journal');
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(bytes.readUInt32LE(12) + 0x20 + 0x80000000, 12);
  writeFileSync(path, bytes);
  const error = refusal(path);
  expect(error.code).toBe('incompatible-flags');
  expect(error.message).toContain('incompatible flags 0x20, 0x80000000');
});

it('tells a missing file from one it may not read and one the kernel cannot read', () => {
  expect(refusal(join(directory, 'none.journal')).code).toBe('missing');
  expect(refusal(directory).code).toBe('io');
});

it('tells permission from other failures of the kernel', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  expect(JournalFileError.fromSystem('/a.journal', denied).code).toBe('permission');
  const broken = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  expect(JournalFileError.fromSystem('/a.journal', broken).code).toBe('io');
});
