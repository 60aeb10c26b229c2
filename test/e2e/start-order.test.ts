import { readFileSync, renameSync } from 'node:fs';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { NginxEdge } from '../fixtures/nginx.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

/** What comes up by itself; nginx is there before all of them. */
type Part = 'gateway' | 'master' | 'agent' | 'journal';

interface Readiness {
  readonly status: string;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly detail?: string }[];
}

describe.skipIf(cannotRun(whyNoPrograms('nginx')))('what is started first behind nginx', () => {
  let cluster: DevCluster;
  let node: DevNode;
  let edge: NginxEdge;
  let dispatcher: Agent;
  let path: string;
  let count = 0;

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 1 });
    node = cluster.nodes[0] as DevNode;
    path = `/system/v1/agent/${node.agentId}/logs/v1/range/`;
    node.journal.service('started.service', 'started', 'there from the start');
  });
  afterAll(() => cluster?.stop());
  afterEach(async () => {
    await dispatcher?.destroy();
    await edge?.stop();
  });

  const aside = (): string => `${node.journalDirectory}.aside`;

  async function stopAll(): Promise<void> {
    await Promise.all([cluster.gateway.stop(), node.agent.stop(), cluster.master.kill()]);
    renameSync(node.journalDirectory, aside());
  }

  const starts: Record<Part, () => void | Promise<void>> = {
    gateway: () => cluster.gateway.start('/health/live'),
    master: () => cluster.master.start(),
    agent: () => node.agent.start('/health/live'),
    journal: () => renameSync(aside(), node.journalDirectory),
  };

  async function readinessOf({ url }: { readonly url: string }): Promise<string> {
    const { statusCode, body } = await request(new URL('/health/ready', url));
    const { status, checks } = (await body.json()) as Readiness;
    const wrong = checks.filter(({ state }) => state !== 'ok').map(({ check, state }) => `${check} ${state}`);
    return [statusCode, status, ...wrong].join(', ');
  }

  async function edgeAnswers(): Promise<number> {
    const headers = { authorization: `token=${cluster.token}` };
    const { statusCode, body } = await request(`${edge.https}${path}`, { dispatcher, headers });
    await body.dump();
    return statusCode;
  }

  /** What is to be seen of the parts that run. */
  function expected(running: ReadonlySet<Part>): Record<'edge' | 'gateway' | 'agent', unknown> {
    const isComplete = running.has('gateway') && running.has('master') && running.has('agent');
    const keys = running.has('gateway') ? [] : ['gateway-keys failing'];
    const journal = running.has('journal') ? [] : ['journal degraded'];
    const agent = keys.length > 0 ? '503, not-ready' : journal.length > 0 ? '200, degraded' : '200, ready';
    return {
      // nginx has no gateway; the gateway has no master, or no agent; there is no journal to answer from.
      edge: !running.has('gateway')
        ? 502
        : !running.has('master')
          ? 503
          : !isComplete
            ? 502
            : running.has('journal')
              ? 200
              : 204,
      gateway: !running.has('gateway')
        ? 'down'
        : running.has('master')
          ? '200, ready'
          : '503, not-ready, mesos failing',
      agent: running.has('agent') ? [agent, ...journal, ...keys].join(', ') : 'down',
    };
  }

  async function seen(running: ReadonlySet<Part>): Promise<ReturnType<typeof expected>> {
    return {
      edge: await edgeAnswers(),
      gateway: running.has('gateway') ? await readinessOf(cluster.gateway) : 'down',
      agent: running.has('agent') ? await readinessOf(node.agent) : 'down',
    };
  }

  it.each<readonly [string, readonly Part[]]>([
    ['the gateway, long before what it asks', ['gateway', 'master', 'agent', 'journal']],
    ['the agent, without a journal and without a gateway’s keys', ['agent', 'gateway', 'journal', 'master']],
  ])('is %s, each becomes well by itself, and says meanwhile what is missing', async (_first, order) => {
    await stopAll();
    edge = await NginxEdge.start([cluster.gateway.url]);
    dispatcher = new Agent({ connect: { ca: readFileSync(edge.caFile) } });
    const running = new Set<Part>();
    let follower: Follower | undefined;
    for (const part of order) {
      await starts[part]();
      running.add(part);
      await expect.poll(() => seen(running), { timeout: 20_000, interval: 50 }).toEqual(expected(running));
      if (!running.has('gateway') || !running.has('master')) continue;
      // Opened before its node is there, it has the node's lines once they are.
      const url = `${edge.https}/system/v1/logs/v3/follow?tail=0&identifier=started`;
      follower ??= await Follower.open({ url, token: cluster.token, dispatcher });
    }
    const message = `started ${count++}`;
    node.journal.service('started.service', 'started', message);
    await follower?.until(({ messages }) => messages.includes(message));
    follower?.close();
  });
});
