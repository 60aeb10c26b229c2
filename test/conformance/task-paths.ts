import { vi } from 'vitest';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import type { RawExchange } from './raw-exchange.ts';
import type { SetUp } from './set-ups.ts';
import type { World } from './world.ts';

/** What `stdout` of the world's task holds: the lines that dcos-log's own tests read. */
export const fiveLines = 'one\ntwo\nthree\nfour\nfive\n';

/** The path of a sandbox as dcos-log redirects to it, below a node's logs. */
export function runOf({ id, frameworkId, executorId, container }: SimulatedTask): string {
  const [root = '', child] = containerIdOf(container).split('.');
  const executor = executorId === '' ? id : executorId;
  const run = `/v2/task/frameworks/${frameworkId}/executors/${executor}/runs/${root}`;
  return child === undefined ? run : `${run}/tasks/${id}`;
}

export const discover = (rest: string) => `/system/v1/logs/v2/task/${rest}`;
export const redirected = ({ node }: World, rest: string) => `/system/v1/agent/${node.agentId}/logs${rest}`;

/** Asks for a task until the gateway has heard of it. */
export async function discovered(setUp: SetUp, rest: string): Promise<RawExchange> {
  return await vi.waitUntil(
    async () => {
      const answer = await setUp.askAt(discover(rest));
      return answer.status !== 404 && answer;
    },
    { timeout: 5_000 },
  );
}

/** Resolves when the set-up can be asked for the files of a task that was launched just now. */
export async function discoveredBy(setUp: SetUp, task: SimulatedTask): Promise<void> {
  if (setUp.name !== 'agent') await discovered(setUp, task.id);
}
