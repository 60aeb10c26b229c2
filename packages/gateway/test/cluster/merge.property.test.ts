import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { compareKeys } from '../../src/cluster/entry-key.ts';
import { Dice } from './dice.ts';
import { SimulatedCluster, type World } from './simulated-cluster.ts';

const calm: World = { agents: 4, skew: 0, steps: 'none', silence: false, joins: false, grain: 1, rate: 40 };

const worlds: Record<string, World> = {
  'that is healthy': calm,
  'with many equal stamps': { ...calm, grain: 20_000, rate: 100 },
  'with clocks that are off by up to 5 s': { ...calm, agents: 5, skew: 5_000 },
  'with clocks that are stepped forward and back': { ...calm, steps: 'both', skew: 200 },
  'with agents that fall silent across cuts': { ...calm, silence: true },
  'with agents that join late': { ...calm, agents: 6, joins: true },
  'whose gateways learn of an agent one later than the other': { ...calm, agents: 6, skew: 300, lag: true },
  'whose gateways learn of two agents later than the others': {
    ...calm,
    agents: 20,
    silence: true,
    lag: true,
    lagOfTwo: true,
    rate: 10,
  },
  'of many agents of which gateways learn late': { ...calm, agents: 20, silence: true, lag: true, rate: 10 },
  'where all of it happens at once': {
    ...calm,
    agents: 6,
    skew: 5_000,
    steps: 'both',
    silence: true,
    joins: true,
    grain: 1_000,
  },
  'of many agents that are idle mostly': { ...calm, agents: 20, silence: true, joins: true, steps: 'both', rate: 4 },
  'of many idle agents whose clocks are set while nobody reads them': {
    ...calm,
    agents: 20,
    steps: 'both',
    rate: 2,
    longestAbsence: 12_000,
  },
};

/** With 40 clusters of 26 cuts each, every kind of world is cut more than a thousand times. */
const clusters = 40;
const cuts = 26;

describe.each(Object.entries(worlds))('a merged follow of a cluster %s', (_name, world) => {
  test.prop([fc.integer({ min: 0, max: 2 ** 32 - 1 })], { numRuns: clusters })(
    'cut anywhere and resumed with the last cursor, is every entry once, in each agent’s order, and in total order but for late ones; what is missing was said to be',
    (seed) => {
      const random = new Dice(seed);
      const cluster = new SimulatedCluster(world, random);
      cluster.open();
      for (let cut = 0; cut < cuts; cut++) {
        cluster.run(random.between(10, 400), true);
        cluster.cut();
        cluster.run(random.chance(0.3) ? random.between(0, world.longestAbsence ?? 1_500) : 0, true);
        cluster.open();
      }
      cluster.run(4_000, false);
      cluster.finish();

      const { received, agents, gaps } = cluster;
      if (world.steps !== 'both') expect(gaps).toEqual([]);
      for (const { id, journal } of agents) {
        const own = received.filter(({ entry }) => entry.agentId === id).map(({ entry }) => entry.index);
        const told = gaps.filter(({ agentId }) => agentId === id);
        const isTold = (at: number) => told.some(({ from, to }) => at >= from && at < to);
        const seen = new Set(own);
        const due = journal.filter(({ index, realtime }) => seen.has(index) || !isTold(realtime));
        expect(own).toEqual(due.map(({ index }) => index));
      }
      const inOrder = received.filter(({ late }) => !late).map(({ entry }) => entry);
      for (const [at, entry] of inOrder.entries()) {
        const before = inOrder[at - 1];
        if (before !== undefined) expect(compareKeys(before, entry, 'asc')).toBeLessThanOrEqual(0);
      }
      expect(cluster.longestCursor).toBeLessThanOrEqual(4_096);
    },
    60_000,
  );
});
