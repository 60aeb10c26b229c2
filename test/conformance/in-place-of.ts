import { expect } from 'vitest';
import type { Check } from './chapter.ts';
import { SetUp } from './set-ups.ts';
import type { World } from './world.ts';

const oneLine = '/v1/range/?limit=1';

/** The agent that the gateway asks, and that asks for gateway tokens. */
export function closedAgent({ token }: SetUp, { node }: World): SetUp {
  return new SetUp({ name: 'agent', origin: node.agent.url, logs: '/system/v1/logs', token });
}

/** In place of what a gateway makes of a caller's token: the agent that it asks takes none of them. */
export const agentTakesNone: Check = async (setUp, world) => {
  const { token } = setUp;
  const agent = closedAgent(setUp, world);
  for (const credentials of [
    [],
    [`Authorization: token=${token}`],
    [`Authorization: Bearer ${token}`],
    [`Cookie: dcos-acs-auth-cookie=${token}`],
  ]) {
    const { status, text } = await agent.ask(oneLine, { credentials });
    expect([status, text]).toEqual([401, expect.stringContaining('only requests that carry a valid gateway token')]);
  }
};

/** In place of what concerns other nodes: an agent has no path for them. */
export const agentKnowsNone: Check = async (setUp) => {
  const { status } = await setUp.askAt(`/system/v1/agent/anything-S0/logs${oneLine}`);
  expect(status).toBe(404);
};

/** In place of finding a task: an agent knows what is on its node by framework, executor and container alone. */
export const agentFindsNoTasks: Check = async (setUp) => {
  for (const rest of ['/v2/task/app.1', '/v2/task/app.1/file/stdout', '/v2/task/app.1/browse']) {
    expect([rest, (await setUp.ask(rest)).status]).toEqual([rest, 404]);
  }
};
