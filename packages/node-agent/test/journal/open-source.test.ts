import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { everything } from '../../src/journal/match.ts';
import { openJournal } from '../../src/journal/open-source.ts';
import { JournalUnavailableError } from '../../src/journal/source.ts';
import { asNobody } from './as-nobody.ts';
import { readMessages } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const parent = testDirectory();
chmodSync(parent, 0o755);

const newDirectory = (): string => {
  const directory = mkdtempSync(join(parent, 'journal-'));
  chmodSync(directory, 0o755);
  return directory;
};

function write(path: string, ...messages: string[]): JournalWriter {
  const writer = new JournalWriter({ path, machineId });
  const now = Date.now() * 1000;
  for (const [index, message] of messages.entries()) {
    writer.append({ realtime: now + index, monotonic: 1000 + index, fields: [['MESSAGE', message]] });
  }
  return writer;
}

/** Sets a bit of the header's incompatible flags (u32 at byte 12) that no systemd has. */
function makeIncompatible(path: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.from([0x80]), 0, 1, 13);
  closeSync(fd);
}

describe('directories', () => {
  it('are read together: their own files, machine directories and namespaces, nothing else', async () => {
    const [first, second] = [newDirectory(), newDirectory()];
    write(join(first, 'direct.journal'), 'direct').close();
    write(join(first, machineId, 'system.journal'), 'machine').close();
    write(join(first, `${machineId}.shop`, 'system.journal'), 'namespace').close();
    write(join(first, machineId, 'system@1-2.journal~'), 'crashed').close();
    write(join(second, machineId, 'user-1000.journal'), 'other directory').close();
    write(join(first, 'remote', 'other.journal'), 'not ours').close();
    write(join(first, machineId, 'below', 'other.journal'), 'not ours').close();
    writeFileSync(join(first, machineId, 'notes.txt'), 'not ours');
    const source = await openJournal({ directories: [first, second, join(parent, 'missing')] });
    const messages = await readMessages(source.walk(everything), 'forward');
    expect(messages.sort()).toEqual(['crashed', 'direct', 'machine', 'namespace', 'other directory']);
    expect(source.status()).toMatchObject({
      kind: 'native',
      files: 5,
      directories: [{ state: 'readable' }, { state: 'readable' }, { state: 'missing' }],
    });
    await source.close();
  });

  it('shown twice give their entries once', async () => {
    const directory = newDirectory();
    write(join(directory, machineId, 'system.journal'), 'once').close();
    const source = await openJournal({ directories: [directory, directory] });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(['once']);
    await source.close();
  });

  it.each([
    ['the directory', (directory: string) => chmodSync(directory, 0o700)],
    ['a machine directory', (directory: string) => chmodSync(join(directory, machineId), 0o700)],
    ['a file', (directory: string) => chmodSync(join(directory, machineId, 'system.journal'), 0o600)],
  ])('are refused, and never empty, when there is no permission to read %s', async (_what, close) => {
    const directory = newDirectory();
    write(join(directory, machineId, 'system.journal'), 'secret').close();
    chmodSync(join(directory, machineId), 0o755);
    chmodSync(join(directory, machineId, 'system.journal'), 0o644);
    close(directory);
    await asNobody(async () => {
      const source = await openJournal({ directories: [directory] });
      expect(source.status().directories).toMatchObject([
        { path: directory, state: 'denied', reason: expect.stringMatching(/no permission to read .*systemd-journal/) },
      ]);
      const walk = source.walk(everything);
      await expect(readMessages(walk, 'forward')).rejects.toThrow(JournalUnavailableError);
      await expect(walk.seekTail()).rejects.toThrow(/no permission to read/);
      await expect(source.distinctValues('MESSAGE', everything)[Symbol.asyncIterator]().next()).rejects.toThrow(
        JournalUnavailableError,
      );
      await source.close();
    });
  });
});

describe('a format that is not known', () => {
  it('is left to journalctl, and named where journalctl does not know it either', async () => {
    const directory = newDirectory();
    const path = join(directory, machineId, 'system.journal');
    write(path, 'unreadable').close();
    makeIncompatible(path);
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_facts: object, message: string) => warnings.push(message) };
    const source = await openJournal({ directories: [directory], log });
    expect(source.kind).toBe('journalctl');
    expect(warnings).toEqual(['the journal is read by journalctl from now on']);
    const walk = source.walk(everything);
    await expect(readMessages(walk, 'forward')).rejects.toThrow(/incompatible flags 0x8000/);
    expect(source.status().directories).toMatchObject([{ path: directory, state: 'incompatible' }]);
    await source.close();
  });

  it('is named where there is no journalctl', async () => {
    const directory = newDirectory();
    const path = join(directory, machineId, 'system.journal');
    write(path, 'unreadable').close();
    makeIncompatible(path);
    vi.stubEnv('PATH', join(parent, 'nothing'));
    const source = await openJournal({ directories: [directory] });
    await expect(readMessages(source.walk(everything), 'forward')).rejects.toThrow(/journalctl cannot be run/);
    vi.unstubAllEnvs();
    await source.close();
  });

  it('that appears later fails open walks, and reading goes on with journalctl', async () => {
    const directory = newDirectory();
    const path = join(directory, machineId, 'system.journal');
    write(path, 'one', 'two').close();
    const source = await openJournal({ directories: [directory] });
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward', 1)).toEqual(['one']);
    const other = join(directory, machineId, 'new.journal');
    write(other, 'new').close();
    makeIncompatible(other);
    await expect(readMessages(walk, 'forward')).rejects.toThrow(JournalUnavailableError);
    expect(source.walk(everything)).toBeDefined();
    expect(source.kind).toBe('journalctl');
    rmSync(other);
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(['one', 'two']);
    await source.close();
  });
});

describe('files that are no journals', () => {
  it('are counted as damaged and do not stop the others from being read', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, machineId));
    writeFileSync(join(directory, machineId, 'text.journal'), 'all work and no play'.repeat(100));
    writeFileSync(join(directory, machineId, 'empty.journal'), '');
    write(join(directory, machineId, 'system.journal'), 'good').close();
    const source = await openJournal({ directories: [directory] });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(['good']);
    expect(source.status()).toMatchObject({ files: 1, damage: { files: 1 } });
    await source.close();
  });

  it('are read as soon as their header has been written', async () => {
    const directory = newDirectory();
    const source = await openJournal({ directories: [directory] });
    mkdirSync(join(directory, machineId));
    const path = join(directory, machineId, 'system.journal');
    writeFileSync(path, '');
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward')).toEqual([]);
    const waiting = walk.wait(AbortSignal.timeout(5_000));
    const written = write(join(parent, 'elsewhere.journal'), 'at last');
    written.close();
    copyFileSync(join(parent, 'elsewhere.journal'), path);
    await waiting;
    expect(await readMessages(walk, 'forward')).toEqual(['at last']);
    await source.close();
  });
});
