import { copyFileSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { openOnDisk } from '../../../src/journal/file/file-on-disk.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { DirectoryWatch } from '../../../src/journal/log/directory-watch.ts';
import { NativeSource } from '../../../src/journal/log/native-source.ts';
import { maximumOpenFiles } from '../../../src/journal/log/open-files.ts';
import { everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const parent = testDirectory();

/** A writer that numbers its messages, over rotations. */
class NumberedLog {
  readonly directory = mkdtempSync(join(parent, 'numbered-'));
  readonly archives: string[] = [];
  #writer = new JournalWriter({
    path: join(this.directory, machineId, 'system.journal'),
    machineId,
    dataHashTableBuckets: 64,
    allocationStep: 64 * 1024,
  });
  #number = 0;

  append(count: number): void {
    for (let index = 0; index < count; index++, this.#number++) {
      const times = { realtime: 1_700_000_000_000_000 + this.#number, monotonic: 1000 + this.#number };
      this.#writer.append({ ...times, fields: [['MESSAGE', String(this.#number)]] });
    }
  }

  rotate(): void {
    const { writer, archived } = this.#writer.rotate();
    this.#writer = writer;
    this.archives.push(archived);
  }

  close(): void {
    this.#writer.close();
  }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

/** Paths of the files below `directory` that this process holds open. */
function heldOpen(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', fd));
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe('a file that is rotated', () => {
  /** A source before whose opening of `system.journal`, as the directory showed it, something is done once. */
  function openedAfter(log: NumberedLog, done: () => void): NativeSource {
    const cache = new PageCache();
    let isDone = false;
    return new NativeSource([log.directory], (path) =>
      JournalFile.open(path, cache, (file) => {
        if (!isDone && file.endsWith('system.journal')) {
          isDone = true;
          done();
        }
        return openOnDisk(file);
      }),
    );
  }

  it('as it is about to be opened for the first time is read all the same, and so are those that follow', async () => {
    const log = new NumberedLog();
    log.append(5);
    const source = openedAfter(log, () => {
      log.rotate();
      log.rotate();
      log.append(5);
    });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, 10));
    log.append(5);
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, 15));
    log.close();
    await source.close();
  });

  it('and deleted before it was opened is not taken for the next one, which may get its inode', async () => {
    const log = new NumberedLog();
    const source = openedAfter(log, () => log.rotate());
    // Empty ones share one name: each deletes the one before.
    log.rotate();
    expect(await readMessages(source.walk(everything), 'forward')).toEqual([]);
    log.append(5);
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, 5));
    log.close();
    await source.close();
  });

  it('without an entry in it may get the name of another one before it', () => {
    const log = new NumberedLog();
    log.rotate();
    const watch = new DirectoryWatch([log.directory]);
    const [archive = ''] = log.archives;
    const identities = () => new Map(Array.from(watch.scan().values(), ({ path, identity }) => [path, identity]));
    const before = identities().get(archive);
    log.rotate();
    const after = identities().get(archive);
    log.close();
    expect(log.archives).toEqual([archive, archive]);
    expect([typeof before, typeof after]).toEqual(['string', 'string']);
    expect(after).not.toBe(before);
  });
});

describe('an archive that is broken', () => {
  it('is read once a sound one takes its name', async () => {
    const log = new NumberedLog();
    log.append(5);
    log.rotate();
    log.append(5);
    const [archive = ''] = log.archives;
    const sound = join(log.directory, 'sound');
    copyFileSync(archive, sound);
    writeFileSync(archive, Buffer.alloc(4096, 1));
    const source = await openJournal({ directories: [log.directory] });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(5, 10));
    renameSync(sound, archive);
    await expect
      .poll(() => readMessages(source.walk(everything), 'forward'), { timeout: 30_000, interval: 200 })
      .toEqual(numbers(0, 10));
    expect(source.status().damage.files).toBe(0);
    log.close();
    await source.close();
  });
});

describe('vacuumed files', () => {
  it('are closed at once when no walk stands in them, so that their space is free', async () => {
    const log = new NumberedLog();
    for (let index = 0; index < 3; index++) {
      log.append(5);
      log.rotate();
    }
    const source = await openJournal({ directories: [log.directory] });
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward', 7)).toEqual(numbers(0, 7));
    rmSync(log.archives[0] ?? '');
    rmSync(log.archives[2] ?? '');
    expect(source.status().files).toBe(2);
    expect(heldOpen(log.directory).filter((path) => path.endsWith(' (deleted)'))).toEqual([]);
    expect(await readMessages(walk, 'forward')).toEqual(numbers(7, 10));
    await source.close();
    log.close();
  });

  it('are read to their end by a walk that stands in them, and then closed', async () => {
    const log = new NumberedLog();
    log.append(10);
    log.rotate();
    log.append(5);
    const source = await openJournal({ directories: [log.directory] });
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward', 4)).toEqual(numbers(0, 4));
    rmSync(log.archives[0] ?? '');
    source.status();
    expect(await readMessages(walk, 'forward', 2)).toEqual(numbers(4, 6));
    expect(heldOpen(log.directory).some((path) => path.endsWith(' (deleted)'))).toBe(true);
    expect(await readMessages(walk, 'forward')).toEqual(numbers(6, 15));
    expect(heldOpen(log.directory).some((path) => path.endsWith(' (deleted)'))).toBe(false);
    await source.close();
    log.close();
  });

  it('are let go of by a reader that waits at the end', async () => {
    const log = new NumberedLog();
    log.append(3);
    const source = await openJournal({ directories: [log.directory] });
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward')).toEqual(numbers(0, 3));
    const waiting = walk.wait(AbortSignal.timeout(5_000));
    log.rotate();
    rmSync(log.archives[0] ?? '');
    await waiting;
    expect(await readMessages(walk, 'forward')).toEqual([]);
    expect(heldOpen(log.directory).some((path) => path.endsWith(' (deleted)'))).toBe(false);
    log.append(2);
    expect(await readMessages(walk, 'forward')).toEqual(numbers(3, 5));
    await source.close();
    log.close();
  });
});

describe('the file that is written', () => {
  it('is closed at once when it is deleted empty, as journald does on a full disk', async () => {
    const log = new NumberedLog();
    log.append(1);
    log.rotate();
    const source = await openJournal({ directories: [log.directory] });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(['0']);
    const isOpen = () => heldOpen(log.directory).some((path) => path.includes('system.journal'));
    expect(isOpen()).toBe(true);
    log.close();
    rmSync(join(log.directory, machineId, 'system.journal'));
    source.status();
    expect(isOpen()).toBe(false);
    await source.close();
  });
});

describe('files that appear later', () => {
  it('are read from their head, unless they lie wholly before the position', async () => {
    const log = new NumberedLog();
    log.append(5);
    log.rotate();
    const old = join(parent, 'old.journal');
    rmSync(old, { force: true });
    renameSync(log.archives[0] ?? '', old);
    log.append(5);
    const source = await openJournal({ directories: [log.directory] });
    const follower = source.walk(everything);
    await follower.seekTail();
    const reader = source.walk(everything);
    expect(await readMessages(reader, 'forward', 2)).toEqual(numbers(5, 7));
    const fresh = source.walk(everything);
    await fresh.seekHead();
    renameSync(old, log.archives[0] ?? '');
    expect(await readMessages(follower, 'forward')).toEqual([]);
    expect(await readMessages(reader, 'forward')).toEqual(numbers(7, 10));
    expect(await readMessages(fresh, 'forward')).toEqual(numbers(0, 10));
    expect(await readMessages(reader, 'backward')).toEqual(numbers(0, 10).reverse());
    await source.close();
    log.close();
  });
});

describe('many files', () => {
  it('are read in order with a bounded number of descriptors', { timeout: 60_000 }, async () => {
    const log = new NumberedLog();
    const files = maximumOpenFiles + 50;
    for (let index = 0; index < files; index++) {
      log.append(2);
      log.rotate();
    }
    log.close();
    const source = await openJournal({ directories: [log.directory] });
    source.status();
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward')).toEqual(numbers(0, files * 2));
    expect(heldOpen(log.directory).length).toBeLessThanOrEqual(maximumOpenFiles);
    expect(await readMessages(walk, 'backward')).toEqual(numbers(0, files * 2).reverse());
    await walk.seekRealtime(1_700_000_000_000_101);
    expect(await readMessages(walk, 'forward', 1)).toEqual(['101']);
    expect(heldOpen(log.directory).length).toBeLessThanOrEqual(maximumOpenFiles);
    await source.close();
    expect(heldOpen(log.directory)).toEqual([]);
  });
});

describe('a waiting reader', () => {
  it('hears of a line within some tens of milliseconds', async () => {
    const log = new NumberedLog();
    log.append(1);
    const source = await openJournal({ directories: [log.directory] });
    const walk = source.walk(everything);
    await readMessages(walk, 'forward');
    const delays: number[] = [];
    for (let index = 0; index < 20; index++) {
      const waiting = walk.wait(AbortSignal.timeout(5_000));
      await sleep(7);
      const written = performance.now();
      log.append(1);
      await waiting;
      delays.push(performance.now() - written);
      expect(await readMessages(walk, 'forward')).toEqual([String(index + 1)]);
    }
    // The machine may be busy: what the way takes is what the quickest take.
    expect(Math.min(...delays)).toBeLessThan(25);
    await source.close();
    log.close();
  });
});
