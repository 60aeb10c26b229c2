import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../../test/fixtures/journal-writer/journal-writer.ts';
import { openOnDisk } from '../../../src/journal/file/file-on-disk.ts';
import { JournalFile } from '../../../src/journal/file/journal-file.ts';
import { PageCache } from '../../../src/journal/file/page-cache.ts';
import { NativeSource } from '../../../src/journal/log/native-source.ts';
import { maximumOpenFiles } from '../../../src/journal/log/open-files.ts';
import { everything } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { type JournalSource, JournalUnavailableError } from '../../../src/journal/source.ts';
import { asNobody } from '../as-nobody.ts';
import { readMessages } from '../read-walk.ts';
import { testDirectory } from '../test-directory.ts';

// The machine may be busy.
vi.setConfig({ testTimeout: 30_000 });

const machineId = '0123456789abcdef0123456789abcdef';
const parent = testDirectory();
chmodSync(parent, 0o755);

/** Numbers its messages, over files that it archives. */
class Log {
  readonly directory = mkdtempSync(join(parent, 'log-'));
  readonly path = join(this.directory, machineId, 'system.journal');
  #writer: JournalWriter;
  #number: number;

  constructor(first = 0) {
    this.#number = first;
    const options = { dataHashTableBuckets: 16, allocationStep: 16 * 1024, firstSeqnum: first + 1 };
    this.#writer = new JournalWriter({ path: this.path, machineId, ...options });
    chmodSync(this.directory, 0o755);
  }

  append(count: number): this {
    for (let index = 0; index < count; index++, this.#number++) {
      const times = { realtime: 1_700_000_000_000_000 + this.#number, monotonic: 1000 + this.#number };
      this.#writer.append({ ...times, fields: [['MESSAGE', String(this.#number)]] });
    }
    return this;
  }

  rotate(): string {
    const { writer, archived } = this.#writer.rotate();
    this.#writer = writer;
    return archived;
  }

  close(): this {
    this.#writer.close();
    return this;
  }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

describe('without a descriptor left', () => {
  /** A source of which no file can be opened while `exhausted` says so. */
  function openExhausted(directory: string, exhausted: (path: string) => boolean): JournalSource {
    const cache = new PageCache();
    return new NativeSource([directory], (path) =>
      JournalFile.open(path, cache, (file) => {
        if (exhausted(file)) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
        return openOnDisk(file);
      }),
    );
  }

  it('a file that cannot be opened makes the log unavailable, and not shorter', async () => {
    const log = new Log().append(5);
    log.rotate();
    log.append(5);
    let isExhausted = true;
    const source = openExhausted(log.directory, (path) => isExhausted && path.endsWith('system.journal'));
    expect(source.status().directories).toMatchObject([
      { state: 'denied', reason: expect.stringMatching(/system\.journal: cannot be opened now: EMFILE/) },
    ]);
    await expect(readMessages(source.walk(everything), 'forward')).rejects.toThrow(JournalUnavailableError);
    isExhausted = false;
    log.rotate();
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, 10));
    expect(source.status()).toMatchObject({ directories: [{ state: 'readable' }], damage: { files: 0 } });
    await source.close();
    log.close();
  });

  it('a file that cannot be opened again ends the reading, and is read later', async () => {
    const log = new Log();
    const files = maximumOpenFiles + 20;
    for (let index = 0; index < files; index++) {
      log.append(1);
      log.rotate();
    }
    let isExhausted = false;
    const source = openExhausted(log.directory, () => isExhausted);
    source.status();
    const walk = source.walk(everything);
    isExhausted = true;
    await expect(readMessages(walk, 'forward')).rejects.toThrow(/cannot be opened now/);
    isExhausted = false;
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, files));
    await source.close();
    log.close();
  });
});

describe('a journal whose directory may not be read any more', () => {
  it('ends the wait of its followers, who then hear why, and is read again when it may be', async () => {
    const log = new Log().append(3);
    const machine = join(log.directory, machineId);
    chmodSync(machine, 0o755);
    chmodSync(log.path, 0o644);
    await asNobody(async () => {
      const asRoot = (mode: number): void => {
        process.seteuid?.(0);
        chmodSync(machine, mode);
        process.seteuid?.(65_534);
      };
      const source = await openJournal({ directories: [log.directory] });
      const walk = source.walk(everything);
      expect(await readMessages(walk, 'forward')).toEqual(numbers(0, 3));
      const waiting = walk.wait(AbortSignal.timeout(10_000));
      asRoot(0o700);
      await waiting;
      await expect(readMessages(walk, 'forward')).rejects.toThrow(/no permission to read/);
      asRoot(0o755);
      log.append(2);
      expect(source.status().directories).toMatchObject([{ state: 'readable' }]);
      expect(await readMessages(walk, 'forward')).toEqual(numbers(3, 5));
      await source.close();
    });
    log.close();
  });
});

describe('a file that is overwritten in place', () => {
  it('is read as the new one it is, and what was not read of it is told', async () => {
    const log = new Log().append(5);
    const other = readFileSync(new Log(10).append(4).close().path);
    const source = await openJournal({ directories: [log.directory] });
    const follower = source.walk(everything);
    expect(await readMessages(follower, 'forward')).toEqual(numbers(0, 5));
    const slow = source.walk(everything);
    expect(await readMessages(slow, 'forward', 2)).toEqual(numbers(0, 2));
    writeFileSync(log.path, other);
    source.status();
    expect(await readMessages(follower, 'forward')).toEqual(numbers(10, 14));
    expect(follower.takeGaps()).toEqual([]);
    expect(await readMessages(slow, 'forward')).toEqual(numbers(10, 14));
    expect(slow.takeGaps()).toMatchObject([{ until: 1_700_000_000_000_004 }]);
    expect(source.status()).toMatchObject({ files: 1 });
    await source.close();
  });

  it('is read again when it was empty in between', async () => {
    const log = new Log().append(5);
    const other = readFileSync(new Log(10).append(4).close().path);
    const source = await openJournal({ directories: [log.directory] });
    const follower = source.walk(everything);
    expect(await readMessages(follower, 'forward')).toEqual(numbers(0, 5));
    truncateSync(log.path, 0);
    expect(source.status()).toMatchObject({ files: 0, damage: { files: 1 } });
    expect(await readMessages(follower, 'forward')).toEqual([]);
    const waiting = follower.wait(AbortSignal.timeout(10_000));
    writeFileSync(log.path, other);
    await waiting;
    expect(await readMessages(follower, 'forward')).toEqual(numbers(10, 14));
    await source.close();
  });

  it('is read when its beginning comes last', async () => {
    const directory = mkdtempSync(join(parent, 'copied-'));
    const whole = readFileSync(new Log().append(5).close().path);
    const path = join(directory, 'copied.journal');
    writeFileSync(path, Buffer.alloc(whole.length));
    const source = await openJournal({ directories: [directory] });
    expect(source.status()).toMatchObject({ files: 0, damage: { files: 1 } });
    const walk = source.walk(everything);
    expect(await readMessages(walk, 'forward')).toEqual([]);
    const waiting = walk.wait(AbortSignal.timeout(10_000));
    writeFileSync(path, whole);
    await waiting;
    expect(await readMessages(walk, 'forward')).toEqual(numbers(0, 5));
    expect(source.status()).toMatchObject({ files: 1, damage: { files: 0 } });
    await source.close();
  });
});

describe('a source that nobody asks', () => {
  afterEach(() => void vi.useRealTimers());

  it('lets go of vacuumed files all the same', async () => {
    const log = new Log().append(5);
    const archive = log.rotate();
    log.append(5);
    const deleted = (): string[] =>
      readdirSync('/proc/self/fd').flatMap((descriptor) => {
        try {
          const path = readlinkSync(join('/proc/self/fd', descriptor));
          return path.startsWith(log.directory) && path.endsWith(' (deleted)') ? [path] : [];
        } catch {
          return [];
        }
      });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const source = await openJournal({ directories: [log.directory] });
    expect(await readMessages(source.walk(everything), 'forward')).toEqual(numbers(0, 10));
    rmSync(archive);
    expect(deleted()).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    expect(deleted()).toEqual([]);
    await source.close();
    log.close();
  });
});
