import { CodedError } from '@clusterlog/shared';
import { Places } from '@clusterlog/shared/server';
import { describe, expect, it } from 'vitest';

const places = () =>
  new Places({
    all: 3,
    perCaller: 2,
    whenFull: (limit) => new CodedError('too-many-follows', { limit }),
    whenCallerHasAll: (limit) => new CodedError('too-many-follows-of-caller', { limit }),
  });

describe('places', () => {
  it('are as many as there are, for all and for each', () => {
    const some = places();
    some.take('ann');
    some.take('ann');
    expect(() => some.take('ann')).toThrow('You have 2 follows');
    some.take('bob');
    expect(() => some.take('bob')).toThrow('There are 3 follows');
    expect(some.taken).toBe(3);
  });

  it('are given back once, however often that is said', () => {
    const some = places();
    const giveBack = some.take('ann');
    some.take('ann');
    giveBack();
    giveBack();
    expect(some.taken).toBe(1);
    some.take('ann');
    expect(() => some.take('ann')).toThrow('You have 2 follows');
  });

  it('that are refused are not taken', () => {
    const some = places();
    for (const uid of ['ann', 'ann', 'bob']) some.take(uid);
    expect(() => some.take('cyd')).toThrow();
    expect(some.taken).toBe(3);
  });
});
