import { cursorOf } from '@clusterlog/test/fixtures/entry-cursor';
import { expect, it, vi } from 'vitest';
import { startFlushingJournald } from '../../../../../test/fixtures/flushing-journald.ts';
import { cannotRun, whyNoJournald } from '../../../../../test/fixtures/requirements.ts';
import { equals, everything, type Match } from '../../../src/journal/match.ts';
import { openJournal } from '../../../src/journal/open-source.ts';
import { readMessages, readWalk } from '../read-walk.ts';

vi.setConfig({ testTimeout: 60_000 });

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

it.skipIf(cannotRun(whyNoJournald()))(
  'a follower loses and repeats nothing when journald flushes, and a cursor from before still leads on',
  async () => {
    await using journald = await startFlushingJournald();
    const { volatileDirectory, persistentDirectory } = journald;
    const source = await openJournal({ directories: [volatileDirectory, persistentDirectory] });
    const log = async (from: number, to: number): Promise<void> => {
      for (const message of lines(from, to)) {
        await journald.sendNative({ MESSAGE: message, TASK: 'flushed', PARITY: String(Number(message.slice(5)) % 2) });
      }
      await journald.sync();
    };
    /** Follows until `last` has come. */
    const follow = async (match: Match, last: string): Promise<string[]> => {
      const walk = source.walk(match);
      const read: string[] = [];
      for (;;) {
        read.push(...(await readMessages(walk, 'forward')).filter((message) => message.startsWith('line ')));
        expect(walk.takeGaps()).toEqual([]);
        if (read.at(-1) === last) return read;
        await walk.wait(AbortSignal.timeout(20_000));
      }
    };
    await log(0, 500);
    const followers = [everything, equals('TASK', 'flushed'), equals('PARITY', '1')].map((match) =>
      follow(match, 'line 1499'),
    );
    await log(500, 1000);
    const before = source.walk(equals('MESSAGE', 'line 600'));
    const [cursor] = await readWalk(before, 'forward', 1, (entry) => ({
      seqnumId: entry.seqnumId,
      seqnum: BigInt(entry.seqnum),
      bootId: entry.bootId,
      monotonic: BigInt(entry.monotonic),
      realtime: BigInt(entry.realtime),
      xorHash: (BigInt(entry.xorHashHigh) << 32n) + BigInt(entry.xorHashLow),
    }));
    await journald.flush();
    await log(1000, 1500);
    const [whole, task, odd] = await Promise.all(followers);
    expect(whole).toEqual(lines(0, 1500));
    expect(task).toEqual(lines(0, 1500));
    expect(odd).toEqual(lines(0, 1500).filter((_, index) => index % 2 === 1));

    const resumed = source.walk(equals('TASK', 'flushed'));
    expect(cursor && (await resumed.seekCursor(cursor, 'after'))).toBe('exact');
    expect(await readMessages(resumed, 'forward')).toEqual(lines(601, 1500));
    const fresh = source.walk(equals('TASK', 'flushed'));
    expect(new Set(await readWalk(fresh, 'forward', undefined, cursorOf)).size).toBe(1500);
    await source.close();
  },
);
