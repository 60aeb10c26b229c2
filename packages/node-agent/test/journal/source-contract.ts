import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Cursor, parseCursor } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Field, JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { and, equals, everything, type Match, not, nothing, or, present } from '../../src/journal/match.ts';
import type { EntryWalk, Gap, JournalSource } from '../../src/journal/source.ts';
import { messageOf, readMessages, readWalk } from './read-walk.ts';
import { testDirectory } from './test-directory.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const firstBoot = 'b0000000000000000000000000000001';
const secondBoot = 'b0000000000000000000000000000002';
const start = 1_700_000_000_000_000;
const second = 1_000_000;

const binary = Buffer.from([0x00, 0xff, 0x0a, 0x3d, 0x80, 0x20]);
const lines = 'first line\nsecond line\n\ttabbed';
const long = 'all work and no play '.repeat(400);

/** One machine: 12 entries of a first boot, 8 of a second, in an archive and the file that follows it. */
function writeWorld(directory: string): { cursors: string[]; writer: JournalWriter } {
  let writer = new JournalWriter({ path: join(directory, machineId, 'system.journal'), machineId, bootId: firstBoot });
  const cursors: string[] = [];
  const append = (bootId: string, number: number, ...more: Field[]): void => {
    const monotonic = ((number % 12) + 1) * second;
    const fields: Field[] = [
      ['MESSAGE', `message ${number}`],
      ['TASK', `task-${number % 3}`],
      ['PARITY', number % 2 === 0 ? 'even' : 'odd'],
      ...more,
    ];
    cursors.push(writer.append({ realtime: start + number * second, monotonic, bootId, fields }));
  };
  for (let number = 0; number < 9; number++) append(firstBoot, number);
  append(firstBoot, 9, ['TAG', 'a'], ['TAG', 'b'], ['EMPTY', '']);
  append(firstBoot, 10, ['BYTES', binary], ['LINES', lines], ['LONG', long]);
  append(firstBoot, 11, ['TAG', 'b']);
  writer = writer.rotate().writer;
  for (let number = 12; number < 20; number++) append(secondBoot, number);
  return { cursors, writer };
}

const messages = (...numbers: number[]): string[] => numbers.map((number) => `message ${number}`);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

function cursorAt(cursors: readonly string[], number: number): Cursor {
  const cursor = parseCursor(cursors[number] ?? '');
  if (cursor === undefined) throw new Error(`there is no entry ${number}`);
  return cursor;
}

/**
 * What every source of journal entries must do.
 *
 * @param open opens a source over one directory
 */
export function describeSourceContract(name: string, open: (directory: string) => Promise<JournalSource>): void {
  describe(`${name} over a machine's journal`, () => {
    const directory = testDirectory();
    let world: ReturnType<typeof writeWorld>;
    let source: JournalSource;
    const walks: EntryWalk[] = [];
    const walk = (match: Match = everything): EntryWalk => {
      const opened = source.walk(match);
      walks.push(opened);
      return opened;
    };

    beforeAll(async () => {
      world = writeWorld(directory);
      source = await open(directory);
    });
    afterAll(async () => {
      for (const opened of walks) opened.close();
      await source.close();
      world.writer.close();
    });

    it('reads every entry from the head in order, each once', async () => {
      const entries = await readWalk(walk(), 'forward');
      expect(entries.map((entry) => entry.cursor)).toEqual(world.cursors);
    });

    it('reads every entry backward from the tail', async () => {
      const opened = walk();
      await opened.seekTail();
      const entries = await readWalk(opened, 'backward');
      expect(entries.map((entry) => entry.cursor)).toEqual(world.cursors.toReversed());
    });

    it('has nothing before the head and nothing after the tail', async () => {
      const opened = walk();
      await opened.seekTail();
      expect(await readMessages(opened, 'forward')).toEqual([]);
      await opened.seekHead();
      expect(await readMessages(opened, 'backward')).toEqual([]);
    });

    it('delivers the same entry again when it turns round', async () => {
      const opened = walk();
      expect(await readMessages(opened, 'forward', 5)).toEqual(messages(0, 1, 2, 3, 4));
      expect(await readMessages(opened, 'backward', 2)).toEqual(messages(4, 3));
      expect(await readMessages(opened, 'forward', 2)).toEqual(messages(3, 4));
    });

    it('skips forward and back, and says how far it came', async () => {
      const opened = walk();
      expect(await opened.skip(13)).toBe(13);
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(13));
      expect(await opened.skip(-4)).toBe(4);
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(10));
      expect(await opened.skip(100)).toBe(9);
      expect(await opened.skip(-100)).toBe(20);
      expect(await opened.skip(0)).toBe(0);
    });

    it('counts only matching entries when it skips', async () => {
      const opened = walk(equals('TASK', 'task-1'));
      await opened.seekTail();
      expect(await opened.skip(-3)).toBe(3);
      expect(await readMessages(opened, 'forward')).toEqual(messages(13, 16, 19));
    });

    it.each<[string, Match, number[]]>([
      ['one value', equals('TASK', 'task-2'), [2, 5, 8, 11, 14, 17]],
      ['any of several values', equals('TASK', 'task-2', 'task-0'), range(0, 20).filter((number) => number % 3 !== 1)],
      ['a value nobody has', equals('TASK', 'task-9'), []],
      ['a field nobody has', equals('NOBODY', 'x'), []],
      ['both of two fields', and(equals('TASK', 'task-0'), equals('PARITY', 'odd')), [3, 9, 15]],
      ['one of two fields', or(equals('TAG', 'a'), equals('MESSAGE', 'message 3')), [3, 9]],
      ['groups', or(and(equals('TASK', 'task-0'), equals('PARITY', 'odd')), equals('TAG', 'b')), [3, 9, 11, 15]],
      ['a field with any value', present('TAG'), [9, 11]],
      ['an empty value', equals('EMPTY', ''), [9]],
      ['the absence of a field', and(not(present('TAG')), equals('TASK', 'task-0')), [0, 3, 6, 12, 15, 18]],
      ['the absence of a value', and(not(equals('TAG', 'a')), present('TAG')), [11]],
      ['either value of a repeated field', and(equals('TAG', 'a'), equals('TAG', 'b')), [9]],
      ['bytes that are no text', equals('BYTES', binary), [10]],
      ['a value of several lines', equals('LINES', lines), [10]],
      ['a compressed value', equals('LONG', long), [10]],
      ['everything but nothing', and(everything, not(nothing)), range(0, 20)],
      ['nothing', nothing, []],
    ])('matches %s, in both directions', async (_case, match, expected) => {
      const opened = walk(match);
      expect(await readMessages(opened, 'forward')).toEqual(messages(...expected));
      await opened.seekTail();
      expect(await readMessages(opened, 'backward')).toEqual(messages(...expected.toReversed()));
    });

    it('gives every value byte for byte, every occurrence of a repeated field', async () => {
      const opened = walk(or(equals('TAG', 'a'), present('BYTES')));
      const [repeated, bytes] = await readWalk(opened, 'forward');
      expect(repeated?.fields).toEqual(
        [`_BOOT_ID=${firstBoot}`, 'EMPTY=', 'MESSAGE=message 9', 'PARITY=odd', 'TAG=a', 'TAG=b', 'TASK=task-0'].sort(),
      );
      expect(bytes?.fields).toContain(`BYTES=${binary.toString('latin1')}`);
      expect(bytes?.fields).toContain(`LINES=${lines}`);
      expect(bytes?.fields).toContain(`LONG=${long}`);
    });

    it('stands before or after the very entry of a cursor', async () => {
      const opened = walk();
      for (const number of [0, 5, 11, 12, 19]) {
        expect(await opened.seekCursor(cursorAt(world.cursors, number), 'before')).toBe('exact');
        expect(await readMessages(opened, 'forward', 1)).toEqual(messages(number));
        expect(await opened.seekCursor(cursorAt(world.cursors, number), 'after')).toBe('exact');
        expect(await readMessages(opened, 'forward', 1)).toEqual(number === 19 ? [] : messages(number + 1));
      }
    });

    it('reads backward from a cursor', async () => {
      const opened = walk();
      await opened.seekCursor(cursorAt(world.cursors, 13), 'before');
      expect(await readMessages(opened, 'backward', 2)).toEqual(messages(12, 11));
      await opened.seekCursor(cursorAt(world.cursors, 13), 'after');
      expect(await readMessages(opened, 'backward', 2)).toEqual(messages(13, 12));
    });

    it('takes the cursor of an entry that does not match, and skips no other for it', async () => {
      const opened = walk(equals('TASK', 'task-2'));
      expect(await opened.seekCursor(cursorAt(world.cursors, 10), 'after')).toBe('exact');
      expect(await readMessages(opened, 'forward', 2)).toEqual(messages(11, 14));
      expect(await opened.seekCursor(cursorAt(world.cursors, 10), 'before')).toBe('exact');
      expect(await readMessages(opened, 'backward', 2)).toEqual(messages(8, 5));
    });

    it('finds an entry that was numbered anew by its boot and times', async () => {
      const opened = walk();
      const renumbered = { ...cursorAt(world.cursors, 7), seqnumId: 'f'.repeat(32), seqnum: 700n };
      expect(await opened.seekCursor(renumbered, 'after')).toBe('exact');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(8));
    });

    it('goes on at the next entry of the boot when the very one is gone', async () => {
      const opened = walk();
      const gone = { ...cursorAt(world.cursors, 7), xorHash: 1n };
      expect(await opened.seekCursor(gone, 'after')).toBe('nearest');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(8));
      expect(await opened.seekCursor({ ...gone, monotonic: gone.monotonic - 1n }, 'after')).toBe('nearest');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(7));
      const last = { ...cursorAt(world.cursors, 11), monotonic: BigInt(100 * second) };
      expect(await opened.seekCursor(last, 'before')).toBe('nearest');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(12));
    });

    it('goes on after the realtime when the boot is unknown', async () => {
      const opened = walk();
      const foreign = { ...cursorAt(world.cursors, 7), seqnumId: 'f'.repeat(32), bootId: 'e'.repeat(32) };
      expect(await opened.seekCursor(foreign, 'before')).toBe('nearest');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(8));
      expect(await opened.seekCursor({ ...foreign, realtime: BigInt(start - 1) }, 'before')).toBe('nearest');
      expect(await readMessages(opened, 'forward', 1)).toEqual(messages(0));
      expect(await opened.seekCursor({ ...foreign, realtime: BigInt(start + 99 * second) }, 'before')).toBe('nearest');
      expect(await readMessages(opened, 'forward')).toEqual([]);
    });

    it('stands before the first entry at or after a realtime', async () => {
      const opened = walk();
      for (const [realtime, expected] of [
        [start + 5 * second, 5],
        [start + 5 * second + 1, 6],
        [start + 12 * second - 1, 12],
        [0, 0],
      ] as const) {
        await opened.seekRealtime(realtime);
        expect(await readMessages(opened, 'forward', 1)).toEqual(messages(expected));
      }
      await opened.seekRealtime(start + 100 * second);
      expect(await readMessages(opened, 'forward')).toEqual([]);
      expect(await readMessages(opened, 'backward', 1)).toEqual(messages(19));
    });

    it('gives the distinct values of a field, each once, among the entries that match', async () => {
      const distinct = async (field: string, match: Match): Promise<string[]> => {
        const values: string[] = [];
        for await (const value of source.distinctValues(field, match)) values.push(value.toString('latin1'));
        return values.sort();
      };
      expect(await distinct('TASK', everything)).toEqual(['task-0', 'task-1', 'task-2']);
      expect(await distinct('TAG', everything)).toEqual(['a', 'b']);
      expect(await distinct('TAG', equals('TASK', 'task-2'))).toEqual(['b']);
      expect(await distinct('BYTES', everything)).toEqual([binary.toString('latin1')]);
      expect(await distinct('NOBODY', everything)).toEqual([]);
    });

    it('ends distinct values when aborted', async () => {
      const values = async (): Promise<void> => {
        for await (const _ of source.distinctValues('TASK', everything, AbortSignal.abort(new Error('enough'))));
      };
      await expect(values()).rejects.toThrow('enough');
    });

    it('says what it reads', () => {
      expect(source.status()).toMatchObject({ directories: [{ path: directory, state: 'readable' }], files: 2 });
    });
  });

  describe(`${name} over a journal being written`, () => {
    const parent = testDirectory();

    /** An empty directory, a source over it and a writer for it. */
    async function begin() {
      const directory = mkdtempSync(join(parent, 'live-'));
      const source = await open(directory);
      let number = 0;
      let writer: JournalWriter | undefined;
      return {
        directory,
        source,
        append(count = 1): void {
          writer ??= new JournalWriter({ path: join(directory, machineId, 'system.journal'), machineId });
          for (let index = 0; index < count; index++, number++) {
            const fields: Field[] = [
              ['MESSAGE', `message ${number}`],
              ['PARITY', number % 2 === 0 ? 'even' : 'odd'],
            ];
            writer.append({ realtime: start + number * 1000, monotonic: second + number * 1000, fields });
          }
        },
        rotate(): void {
          writer = writer?.rotate().writer;
        },
        archives(): string[] {
          const machine = join(directory, machineId);
          return readdirSync(machine).flatMap((name) => (name.includes('@') ? [join(machine, name)] : []));
        },
        async [Symbol.asyncDispose](): Promise<void> {
          await source.close();
          writer?.close();
        },
      };
    }

    /** Reads, waiting where there is no more yet, until `count` messages have come. */
    async function follow(walk: EntryWalk, count: number): Promise<string[]> {
      const read: string[] = [];
      for (;;) {
        read.push(...(await readMessages(walk, 'forward')));
        if (read.length >= count) return read;
        await walk.wait(AbortSignal.timeout(15_000));
      }
    }

    it('wakes a waiting reader for an entry that comes, and delivers it once', async () => {
      await using live = await begin();
      live.append(3);
      const walk = live.source.walk(everything);
      await walk.seekTail();
      expect(await readMessages(walk, 'forward')).toEqual([]);
      setTimeout(() => live.append(2), 20);
      expect(await follow(walk, 2)).toEqual(messages(3, 4));
      expect(await readMessages(walk, 'forward')).toEqual([]);
    });

    it('delivers entries that came between the end and the wait', async () => {
      await using live = await begin();
      live.append(3);
      const walk = live.source.walk(equals('PARITY', 'odd'));
      expect(await follow(walk, 1)).toEqual(messages(1));
      live.append(4);
      expect(await follow(walk, 2)).toEqual(messages(3, 5));
      live.append(2);
      expect(await follow(walk, 1)).toEqual(messages(7));
    });

    it('follows a value that did not exist when the reader came to the end', async () => {
      await using live = await begin();
      live.append(1);
      const walk = live.source.walk(equals('MESSAGE', 'message 2'));
      expect(await readMessages(walk, 'forward')).toEqual([]);
      setTimeout(() => live.append(4), 20);
      expect(await follow(walk, 1)).toEqual(messages(2));
    });

    it('goes through rotations without losing or repeating an entry', async () => {
      await using live = await begin();
      live.append(5);
      const walk = live.source.walk(everything);
      const followed = follow(walk, 30);
      const timer = setInterval(() => {
        live.append(2);
        live.rotate();
        live.append(3);
      }, 15);
      const read = await followed.finally(() => clearInterval(timer));
      expect(read).toEqual(messages(...range(0, read.length)));
    });

    it('tells of what was vacuumed before it was read, once and before it reads on', async () => {
      await using live = await begin();
      live.append(3);
      const walk = live.source.walk(everything);
      expect(await readMessages(walk, 'forward')).toEqual(messages(0, 1, 2));
      live.rotate();
      live.append(3);
      live.rotate();
      live.source.status();
      for (const archive of live.archives()) rmSync(archive);
      live.source.status();
      live.append(2);
      const read: string[] = [];
      const gaps: Gap[] = [];
      for (let outcome = 'slice'; outcome === 'slice'; ) {
        outcome = await walk.read('forward', (entry) => read.push(messageOf(entry)) > 0);
        const found = walk.takeGaps();
        if (found.length > 0) expect(read).toEqual([]);
        gaps.push(...found);
      }
      expect(read).toEqual(messages(6, 7));
      expect(gaps).toMatchObject([{ reason: 'vacuumed' }]);
      expect(gaps[0]?.since).toBeGreaterThanOrEqual(start + 2 * 1000);
      expect(gaps[0]?.since).toBeLessThanOrEqual(start + 3 * 1000);
      expect(gaps[0]?.until).toBeGreaterThanOrEqual(start + 5 * 1000);
      expect(gaps[0]?.until).toBeLessThanOrEqual(start + 6 * 1000);
      expect(walk.takeGaps()).toEqual([]);
    });

    it('tells of no gap when all that was vacuumed had been read', async () => {
      await using live = await begin();
      live.append(3);
      const walk = live.source.walk(equals('PARITY', 'odd'));
      expect(await follow(walk, 1)).toEqual(messages(1));
      const waiting = walk.wait(AbortSignal.timeout(15_000));
      live.append(2);
      await waiting;
      expect(await readMessages(walk, 'forward')).toEqual(messages(3));
      live.rotate();
      for (const archive of live.archives()) rmSync(archive);
      expect(await readMessages(walk, 'forward')).toEqual([]);
      live.append(2);
      expect(await follow(walk, 1)).toEqual(messages(5));
      expect(walk.takeGaps()).toEqual([]);
    });

    it('reads a journal that comes into being later', async () => {
      await using live = await begin();
      const walk = live.source.walk(everything);
      expect(await readMessages(walk, 'forward')).toEqual([]);
      setTimeout(() => live.append(2), 20);
      expect(await follow(walk, 2)).toEqual(messages(0, 1));
    });

    it('ends a wait with the reason it was aborted for', async () => {
      await using live = await begin();
      live.append(1);
      const walk = live.source.walk(everything);
      await readMessages(walk, 'forward');
      const controller = new AbortController();
      const waiting = (async () => {
        for (;;) {
          await walk.wait(controller.signal);
          await readMessages(walk, 'forward');
        }
      })();
      setTimeout(() => controller.abort(new Error('enough')), 20);
      await expect(waiting).rejects.toThrow('enough');
      await expect(walk.wait(controller.signal)).rejects.toThrow('enough');
    });

    it('takes a missing directory for an empty log and reads it when it has been made', async () => {
      const directory = join(parent, `${name}-later`);
      const source = await open(directory);
      try {
        expect(source.status().directories).toMatchObject([{ path: directory, state: 'missing' }]);
        const walk = source.walk(everything);
        expect(await readMessages(walk, 'forward')).toEqual([]);
        setTimeout(() => {
          mkdirSync(directory);
          writeWorld(directory).writer.close();
        }, 20);
        expect(await follow(walk, 20)).toEqual(messages(...range(0, 20)));
        expect(source.status().directories).toMatchObject([{ state: 'readable' }]);
      } finally {
        await source.close();
      }
    });
  });
}
