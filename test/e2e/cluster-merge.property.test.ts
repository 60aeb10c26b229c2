import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { faultsOf, MergeCluster, mergeWorlds } from '../soak/merge-worlds.ts';

/** `npm run soak merge` does it for as long as one likes. */
const runs = 1;

describe('a follow of a cluster over sockets', () => {
  let cluster: MergeCluster;
  beforeAll(async () => {
    cluster = await MergeCluster.start();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  describe.each(Object.entries(mergeWorlds))('%s', (_name, world) => {
    test.prop([fc.integer({ min: 0, max: 2 ** 32 - 1 })], { numRuns: runs, endOnFailure: true })(
      'cut anywhere and resumed at another gateway, is every entry once, in each node’s order, and in total order but for late ones',
      async (seed) => {
        expect(faultsOf(await cluster.follow(world, seed))).toEqual([]);
      },
      90_000,
    );
  });
});
