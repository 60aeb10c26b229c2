import { describe, expect, it } from 'vitest';
import { agentSetOf, joinedSince, membersAmong } from '../../src/cluster/agent-set.ts';

const agents = (from: number, count: number) => Array.from({ length: count }, (_, i) => `4f2c-S${from + i}`);

describe('who has joined since a cursor', () => {
  const many = agents(0, 500);
  const then = agentSetOf(many);

  it('is nobody when nothing has changed, in whatever order', () => {
    expect(joinedSince(then, many.toReversed(), [])).toEqual(new Set());
  });

  it('is known for any number of those that are the newest', () => {
    const newest = agents(500, 60);
    expect(joinedSince(then, [...many, ...newest], [])).toEqual(new Set(newest));
  });

  it('is known for the newest when one of the old has left', () => {
    const newest = agents(500, 3);
    expect(joinedSince(then, [...many.slice(1), ...newest], agents(0, 1))).toEqual(new Set(newest));
  });

  it('is known for one or two anywhere in a small cluster', () => {
    const few = agents(0, 30);
    const before = agentSetOf([...few.slice(0, 4), ...few.slice(5, 20), ...few.slice(21)]);
    expect(joinedSince(before, few, [])).toEqual(new Set([few[4], few[20]]));
  });

  it('is known for two that have come and two that have gone', () => {
    const few = agents(0, 30);
    const gone = agents(100, 5);
    const before = agentSetOf([...few.slice(2), gone[1] as string, gone[3] as string]);
    expect(joinedSince(before, few, gone)).toEqual(new Set(few.slice(0, 2)));
  });

  it('is known for any in a cluster of ten', () => {
    const ten = agents(0, 10);
    const before = agentSetOf([ten[1], ten[4], ten[7]] as string[]);
    expect(joinedSince(before, ten, [])).toEqual(
      new Set(ten.filter((id) => !['1', '4', '7'].includes(id.at(-1) as string))),
    );
  });

  it('is not known when too many have changed', () => {
    expect(joinedSince(then, [...agents(600, 20), ...many.slice(40)], agents(0, 40))).toBeUndefined();
  });
});

describe('which agents a set is of', () => {
  it.each([
    ['any of ten', 10, 7],
    ['none of many', 500, 0],
    ['one of many', 500, 1],
    ['two of many', 500, 2],
  ])('is known for %s', (_what, count, of) => {
    const all = agents(0, count);
    expect(new Set(membersAmong(all)(agentSetOf(all.slice(2, 2 + of))))).toEqual(new Set(all.slice(2, 2 + of)));
  });

  it('is not known for more of many, nor with one among them that is not there', () => {
    const membersOf = membersAmong(agents(0, 500));
    expect(membersOf(agentSetOf(agents(0, 3)))).toBeUndefined();
    expect(membersOf(agentSetOf(agents(499, 2)))).toBeUndefined();
    expect(membersOf({ count: 0, sum: 1 })).toBeUndefined();
  });
});
