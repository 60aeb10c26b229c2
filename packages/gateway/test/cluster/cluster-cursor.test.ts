import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  type ClusterCursor,
  type Exception,
  maximumCursorLength,
  resumeAfter,
} from '../../src/cluster/cluster-cursor.ts';
import { CursorFormatError, decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { CursorEncoder, encodeCursor } from '../../src/cluster/cursor-encoder.ts';
import { everyAgent, type Order } from '../../src/cluster/entry-key.ts';

const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((all) => all.map((one) => one.toString(16)).join(''));
const number64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16));
const position = fc
  .tuple(hex(32), number64, hex(32), number64, number64, number64)
  .map(([s, i, b, m, t, x]) => `s=${s};i=${i};b=${b};m=${m};t=${t};x=${x}`);
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });
const agent = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const exception: fc.Arbitrary<Exception> = fc
  .tuple(
    agent,
    fc.oneof(
      position.map((one) => ({ position: one })),
      time.map((from) => ({ from })),
      fc.constant({ from: undefined }),
    ),
    maybe(time),
    maybe(time),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([of, resume, farthest, reachedAt, told, uncounted]) => ({
    agent: of,
    resume,
    ...(farthest === undefined ? {} : { farthest }),
    ...(reachedAt === undefined || 'position' in resume ? {} : { reachedAt }),
    ...(told ? { told } : {}),
    ...(uncounted ? { uncounted } : {}),
  }));
/** After the frontier, in the steps that cursors have. */
const madeAfter = maybe(fc.integer({ min: -(2 ** 32), max: 2 ** 32 }));
const cursors: fc.Arbitrary<ClusterCursor> = fc
  .record({
    order: fc.constantFrom('asc' as const, 'desc' as const),
    query: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    members: fc.record({ count: fc.integer({ min: 0, max: 65_535 }), sum: agent }),
    leavesOutEnded: fc.boolean(),
    start: maybe(time),
    since: maybe(time),
    until: maybe(time),
    frontier: maybe(fc.record({ realtime: time, agent: maybe(agent) })),
    exceptions: fc.array(exception, { maxLength: 15 }),
    absent: fc.array(
      fc.record({
        members: fc.record({ count: fc.integer({ min: 0, max: 65_535 }), sum: agent }),
        from: time,
        reachedAt: time,
      }),
      { maxLength: 2 },
    ),
    made: madeAfter,
  })
  .map(({ made, ...cursor }) => {
    const at =
      cursor.frontier === undefined || made === undefined ? undefined : cursor.frontier.realtime + made * 10_000;
    return { ...cursor, made: Number.isSafeInteger(at) ? at : undefined };
  });

describe('a cluster cursor', () => {
  test.prop([cursors])('says the same when it has been written and read', (cursor) => {
    const { text, omitted } = encodeCursor(cursor);
    expect(omitted).toEqual([]);
    expect(decodeCursor(text)).toEqual(cursor);
  });

  test.prop([fc.array(exception, { minLength: 100, maxLength: 600 }), cursors])(
    'is at most 4 KiB, and names whom it had no room for',
    (exceptions, cursor) => {
      const { text, omitted } = encodeCursor({ ...cursor, exceptions });
      expect(text.length).toBeLessThanOrEqual(maximumCursorLength);
      const kept = decodeCursor(text).exceptions.length;
      expect(kept + omitted.length).toBe(exceptions.length);
    },
  );

  test('keeps a position that is none of journald’s as it is', () => {
    const exceptions = [{ agent: 1, resume: { position: 'elsewhere 12' } }];
    const { text } = encodeCursor({ ...plain, exceptions });
    expect(decodeCursor(text).exceptions).toEqual(exceptions);
  });

  test('is read where a node’s clock was centuries ahead of its gateway’s', () => {
    const cursor = { ...plain, frontier: { realtime: 7_260_000_000_000_000, agent: 1 }, made: 1_790_000_000_000_000 };
    expect(decodeCursor(encodeCursor(cursor).text)).toEqual(cursor);
  });

  test('gives many agents by time where their positions have no room', () => {
    const at = (n: number) => `s=${'a'.repeat(32)};i=${n.toString(16)};b=${'b'.repeat(32)};m=1;t=${n.toString(16)};x=1`;
    const exceptions = Array.from({ length: 150 }, (_, n) => ({ agent: n, resume: { position: at(n) } }));
    const { text, omitted } = encodeCursor({ ...plain, exceptions });
    expect(omitted).toEqual([]);
    expect(decodeCursor(text).exceptions.at(-1)).toEqual({ agent: 149, resume: { from: 150 } });
  });

  describe('of many agents, some of which are given by time', () => {
    const at = (n: number) => `s=${'a'.repeat(32)};i=${n.toString(16)};b=${'b'.repeat(32)};m=1;t=${n.toString(16)};x=1`;
    const made = 900_000_000;

    /** The last of as many as have no room by position. */
    function lastOf(order: Order, told: Parameters<CursorEncoder['add']>[2], count = 60) {
      const encoder = new CursorEncoder({ query: 1, start: undefined, since: undefined, until: undefined }, order);
      encoder.begin({ count, sum: 1 }, { realtime: made, agent: undefined }, made, 5_000);
      for (let n = 1; n <= count; n++) encoder.add(n, { position: at(n * 1_000_000) }, told);
      const { text, omitted } = encoder.end();
      return { last: decodeCursor(text).exceptions.at(-1), omitted };
    }

    test('says when that was reached: where nothing waits, when the agent was heard last', () => {
      expect(lastOf('asc', { heardAt: 2_000 }).last).toEqual({
        agent: 60,
        resume: { from: 60_000_001 },
        reachedAt: made - 3_000_000,
      });
    });

    test('counts from the entry itself where others wait behind it', () => {
      expect(lastOf('asc', { heardAt: 2_000, head: {} }).last).toMatchObject({ reachedAt: 60_000_000 });
    });

    test('goes on before the entry, newest first', () => {
      expect(lastOf('desc', { heardAt: 5_000 }).last).toMatchObject({ resume: { from: 59_999_999 } });
    });

    test('gives by position who has delivered past it, and names those for whom there is no room', () => {
      const few = lastOf('asc', { foremost: 99_000_000 }, 20);
      expect(few).toMatchObject({ last: { resume: { position: at(20_000_000) } }, omitted: [] });
      const many = lastOf('asc', { foremost: 99_000_000 }, 60);
      expect(many.last).toMatchObject({ resume: { from: 60_000_001 } });
      expect(many.omitted).toContain(60);
      expect(many.omitted).not.toContain(20);
    });
  });

  test.prop([cursors, fc.nat(), fc.nat({ max: 255 })])(
    'that was damaged is refused or read, and nothing else',
    (cursor, at, byte) => {
      const bytes = Buffer.from(encodeCursor(cursor).text, 'base64url');
      bytes[at % bytes.length] = byte;
      const damaged = bytes.subarray(0, at % 3 === 0 ? at % bytes.length : bytes.length).toString('base64url');
      try {
        decodeCursor(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(CursorFormatError);
      }
    },
  );

  test.each(['', 'abc', 's=1;i=2;b=3;m=4;t=5;x=6', 'ä', 'A'.repeat(5_000)])('is not %j', (text) => {
    expect(() => decodeCursor(text)).toThrow(CursorFormatError);
  });

  test('has no more groups of unknown members than one of ours: each costs time', () => {
    const absent = Array.from({ length: 5 }, (_, at) => ({ members: { count: 2, sum: at }, from: 1 }));
    expect(decodeCursor(encodeCursor({ ...plain, absent: absent.slice(1) }).text).absent).toHaveLength(4);
    expect(() => decodeCursor(encodeCursor({ ...plain, absent }).text)).toThrow(CursorFormatError);
  });
});

const plain: ClusterCursor = {
  order: 'asc',
  query: 7,
  members: { count: 3, sum: 12 },
  leavesOutEnded: true,
  start: undefined,
  since: undefined,
  until: undefined,
  frontier: { realtime: 5, agent: undefined },
  made: undefined,
  exceptions: [],
  absent: [],
};

describe('an agent that is no exception goes on', () => {
  const frontier = { realtime: 100, agentId: 'S5' };

  test('past the frontier’s realtime when its entries of that time stood before it', () => {
    expect(resumeAfter(frontier, 'S4', 'asc')).toEqual({ from: 101 });
    expect(resumeAfter(frontier, 'S6', 'desc')).toEqual({ from: 99 });
  });

  test('at the frontier’s realtime when its entries of that time stand behind it', () => {
    expect(resumeAfter(frontier, 'S6', 'asc')).toEqual({ from: 100 });
    expect(resumeAfter(frontier, 'S4', 'desc')).toEqual({ from: 100 });
  });

  test('past it where the frontier is of all agents', () => {
    expect(resumeAfter({ realtime: 100, agentId: everyAgent }, 'S6', 'asc')).toEqual({ from: 101 });
  });
});
