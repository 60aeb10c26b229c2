import { expect, it } from 'vitest';
import { newestLast } from '../../src/cluster/newest-last.ts';

const idsOf = (lanes: readonly { readonly agentId: string }[]) => lanes.map(({ agentId }) => agentId);

it('puts the agents that a master registered last last', () => {
  const lanes = ['m-S10', 'm-S9', 'm-S100', 'local', 'm-S0'].map((agentId) => ({ agentId }));
  expect(idsOf(newestLast(lanes))).toEqual(['local', 'm-S0', 'm-S9', 'm-S10', 'm-S100']);
});

it('puts the tasks that have started last last, behind all that have ended', () => {
  const lane = (agentId: string, updatedAt: number, completed: boolean) => ({
    agentId,
    task: { updatedAt, completed },
  });
  const lanes = [lane('new', 30, false), lane('ended late', 40, true), lane('old', 10, false), lane('ended', 5, true)];
  expect(idsOf(newestLast(lanes))).toEqual(['ended', 'ended late', 'old', 'new']);
});
