import { describe, expect, it } from 'vitest';
import { agentHash, agentSetOf } from '../../src/cluster/agent-set.ts';
import { decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { CursorEncoder } from '../../src/cluster/cursor-encoder.ts';
import { Merge } from '../../src/cluster/merge.ts';

const positionAt = (realtime: number) => `s=1;i=1;b=1;m=1;t=${realtime.toString(16)};x=1`;

describe('the cursor of a follow', () => {
  const [running, ended] = ['S1/running', 'S2/ended'];

  /** A follow of two tasks, both with an entry. */
  function follow(live = true) {
    const merge = new Merge({ order: 'asc', live });
    for (const id of [running, ended]) merge.join(id, { from: undefined }, 0);
    const write = (id: string, realtime: number) =>
      merge.entry(id, { realtime, position: positionAt(realtime), size: 1 }, 0);
    const cursor = () =>
      decodeCursor(
        merge.cursor(
          new CursorEncoder({ query: 1, start: undefined, since: undefined, until: undefined }, 'asc', live),
          false,
          0,
          0,
        ).text,
      );
    const take = () => {
      while (merge.next(10_000) !== undefined);
    };
    return { merge, write, cursor, take };
  }

  it('names a task that has ended, and has not been read to its end', () => {
    const { merge, write, cursor, take } = follow();
    write(ended, 100);
    write(running, 200);
    take();
    merge.watermark(ended, 300, undefined, 0);
    merge.leaves(ended);
    expect(cursor().exceptions.map(({ agent }) => agent)).toContain(agentHash(ended));
    expect(cursor().members).toEqual(agentSetOf([running, ended]));
  });

  it('says nothing of it once it has been', () => {
    const { merge, write, cursor, take } = follow();
    write(running, 100);
    write(ended, 200);
    merge.end(ended, undefined, 0, true);
    expect(cursor().members).toEqual(agentSetOf([running, ended]));
    take();
    expect(cursor().members).toEqual(agentSetOf([running]));
    expect(cursor().exceptions.map(({ agent }) => agent)).not.toContain(agentHash(ended));
  });

  it('counts it as long as entries of it were delivered past the frontier', () => {
    const { merge, write, cursor, take } = follow();
    const [other, ahead] = ['S3/running', 10_000_000];
    merge.join(other, { from: undefined }, 0);
    for (const id of [running, ended, other]) merge.watermark(id, 100, undefined, 0);
    write(running, 150);
    write(ended, ahead);
    merge.watermark(other, 200, undefined, 0);
    take();
    expect(merge.lane(ended)?.farthest).toBe(ahead);
    merge.end(ended, undefined, 0, true);
    expect(cursor().members).toEqual(agentSetOf([running, ended, other]));
    for (const id of [running, other]) write(id, ahead + 1);
    take();
    expect(cursor().members).toEqual(agentSetOf([running, other]));
  });

  it('is not that of a range, which counts all', () => {
    const { merge, write, cursor, take } = follow(false);
    write(ended, 100);
    write(running, 200);
    merge.end(ended, undefined, 0, true);
    merge.end(running, undefined, 0, true);
    take();
    expect(cursor()).toMatchObject({ isOfFollow: false, members: agentSetOf([running, ended]) });
  });
});

describe('the cursor of a range of many agents', () => {
  const ids = Array.from({ length: 9 }, (_, at) => `S${at}`);

  /** Exceptions of the cursor after an entry of S1 at 200, whose neighbours in its journal have these times. */
  function exceptions(before: number, after: number, agents = ids) {
    const merge = new Merge({ order: 'asc', live: false });
    for (const id of agents) merge.join(id, { from: undefined }, 0);
    const write = (id: string, realtime: number) =>
      merge.entry(id, { realtime, position: `${positionAt(realtime)}${realtime}`, size: 1 }, 0);
    for (const realtime of [before, 200, after]) write('S1', realtime);
    for (const id of agents) if (id !== 'S1') write(id, 1_000);
    merge.next(0);
    expect(merge.next(0)?.entry.realtime).toBe(200);
    const encoder = new CursorEncoder({ query: 1, start: undefined, since: undefined, until: undefined }, 'asc');
    return decodeCursor(merge.cursor(encoder, false, 0, 0).text).exceptions.map(({ agent }) => agent);
  }

  it('says nothing but the time of an entry that no other of its journal shares', () => {
    expect(exceptions(100, 300)).toEqual([]);
  });

  it('names the place of one that shares its time with the one before or behind it', () => {
    expect(exceptions(200, 300)).toEqual([agentHash('S1')]);
    expect(exceptions(100, 200)).toEqual([agentHash('S1')]);
  });

  it('names the place always where there are few agents', () => {
    expect(exceptions(100, 300, ids.slice(0, 8))).toEqual([agentHash('S1')]);
  });
});
