import { describe, expect, it } from 'vitest';
import { agentHash, agentSetOf } from '../../src/cluster/agent-set.ts';
import { decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { CursorEncoder } from '../../src/cluster/cursor-encoder.ts';
import { Merge } from '../../src/cluster/merge.ts';

const positionAt = (realtime: number) => `s=1;i=1;b=1;m=1;t=${realtime.toString(16)};x=1`;

describe('the cursor of a follow', () => {
  const [running, ended] = ['S1/running', 'S2/ended'];
  const leftOutFrom = 1_000_000;

  /** A merge of two tasks, one of which has ended. */
  function follow(live = true) {
    const merge = new Merge({ order: 'asc', live });
    for (const id of [running, ended]) merge.join(id, { from: undefined }, 0);
    merge.leaves(ended, leftOutFrom);
    const write = (id: string, realtime: number) =>
      merge.entry(id, { realtime, position: positionAt(realtime), size: 1 }, 0);
    const cursorAt = (made: number) => {
      const encoder = new CursorEncoder({ query: 1, start: undefined, since: undefined, until: undefined }, 'asc');
      const { members, exceptions, leavesOutEnded } = decodeCursor(merge.cursor(encoder, false, made, 0).text);
      const listed = exceptions.find(({ agent }) => agent === agentHash(ended));
      return { members, listed, leavesOutEnded };
    };
    const take = () => {
      while (merge.next(10_000) !== undefined);
    };
    return { merge, write, cursorAt, take };
  }

  it('counts a task that has just ended, and names it', () => {
    const { merge, write, cursorAt, take } = follow();
    write(ended, 100);
    write(running, 200);
    take();
    merge.watermark(ended, 300, undefined, 0);
    const { members, listed } = cursorAt(leftOutFrom - 20_000);
    expect(members).toEqual(agentSetOf([running, ended]));
    expect(listed).toMatchObject({ agent: agentHash(ended) });
    expect(listed?.uncounted).toBeUndefined();
  });

  it('says nothing of it later, and counts it again should the clock be set back', () => {
    const { merge, write, cursorAt, take } = follow();
    write(running, 100);
    write(ended, 200);
    merge.end(ended, undefined, 0, true);
    take();
    const { members, listed, leavesOutEnded } = cursorAt(leftOutFrom + 20_000);
    expect(members).toEqual(agentSetOf([running]));
    expect([listed, leavesOutEnded]).toEqual([undefined, true]);
    expect(cursorAt(leftOutFrom - 20_000).members).toEqual(agentSetOf([running, ended]));
  });

  it('says of its place that it is not counted, where it still has to be told', () => {
    const { write, cursorAt, take } = follow();
    write(running, 100);
    take();
    write(ended, 50);
    take();
    const { members, listed } = cursorAt(leftOutFrom + 20_000);
    expect(members).toEqual(agentSetOf([running]));
    expect(listed).toMatchObject({ uncounted: true });
  });

  it('counts it while what is known of tasks is old', () => {
    const { merge, write, cursorAt, take } = follow();
    write(running, 100);
    take();
    merge.countsEnded = true;
    expect(cursorAt(leftOutFrom + 20_000)).toMatchObject({
      leavesOutEnded: false,
      members: agentSetOf([running, ended]),
    });
    merge.countsEnded = false;
    expect(cursorAt(leftOutFrom + 20_000)).toMatchObject({ leavesOutEnded: true, members: agentSetOf([running]) });
  });

  it('is not that of a range, which counts all', () => {
    const { write, cursorAt, take } = follow(false);
    write(ended, 100);
    write(running, 200);
    take();
    expect(cursorAt(leftOutFrom + 20_000)).toMatchObject({
      leavesOutEnded: false,
      members: agentSetOf([running, ended]),
    });
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

  it('names the place of one that came late', () => {
    expect(exceptions(500, 600)).toEqual([agentHash('S1')]);
  });

  it('names the place always where there are few agents', () => {
    expect(exceptions(100, 300, ids.slice(0, 8))).toEqual([agentHash('S1')]);
  });
});
