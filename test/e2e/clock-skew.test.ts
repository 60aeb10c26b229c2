import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SteppedClock } from '../chaos/stepped-clock.ts';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { choosePorts } from '../dev-cluster/ports.ts';
import { cannotRun, whyNoPrograms } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

const logs = '/system/v1/logs';

describe.skipIf(cannotRun(whyNoPrograms('faketime')))('while clocks differ', () => {
  const directory = mkdtempSync(join(tmpdir(), 'clusterlog-clocks-'));
  const nodeClock = new SteppedClock(join(directory, 'node'));
  const gatewayClock = new SteppedClock(join(directory, 'gateway'));
  let cluster: DevCluster;
  /** One by this machine's clock, one by its own. */
  let nodes: [DevNode, DevNode];
  let metricsUrl: string;
  let count = 0;
  const written: string[] = [];

  beforeAll(async () => {
    const [port] = await choosePorts([0]);
    metricsUrl = `http://127.0.0.1:${port}/metrics`;
    cluster = await DevCluster.start({
      nodes: [{}, { network: { address: '127.0.0.1', command: nodeClock.command } }],
      gatewayCommand: gatewayClock.command,
      gatewayArguments: ['--metrics-listen', `127.0.0.1:${port}`],
    });
    nodes = cluster.nodes as typeof nodes;
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });
  afterEach(async () => {
    nodeClock.set(0);
    gatewayClock.set(0);
    await answering(nodes[0], 200);
    await answering(nodes[1], 200);
  });

  function write(): void {
    for (const node of nodes) {
      const message = `${node.hostname} ${count++}`;
      written.push(message);
      node.journal.service('clock.service', 'clock', message);
    }
  }

  const range = (node: DevNode): string => `/system/v1/agent/${node.agentId}/logs/v1/range/?limit=1`;

  /** Asks until the clocks, which processes look at once a second, make the status what it is to be. */
  async function answering(node: DevNode, status: number): Promise<string> {
    for (const end = performance.now() + 20_000; ; ) {
      const answer = await cluster.get(range(node), { accept: 'application/json' });
      if (answer.status === status) return answer.text;
      if (performance.now() > end) expect(answer).toMatchObject({ status });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function metric(name: string): Promise<string | undefined> {
    const { body } = await request(metricsUrl);
    return (await body.text()).split('\n').find((line) => line.startsWith(`${name} `));
  }

  const follow = (): Promise<Follower> =>
    Follower.open({ url: `${cluster.gateway.url}${logs}/v3/follow?identifier=clock&tail=0`, token: cluster.token });

  it.each([
    ['a node is ahead', nodeClock, 35],
    ['the gateway is ahead', gatewayClock, 12],
  ])('by what is tolerated, nodes answer and are merged: %s', async (_what, clock, seconds) => {
    const follower = await follow();
    const from = written.length;
    write();
    await follower.until(({ entries }) => entries.length === 2);
    clock.set(seconds);
    // By a second from now every process has noticed, and nothing else tells when.
    for (const end = performance.now() + 1_500; performance.now() < end; ) {
      write();
      for (const node of nodes) expect((await cluster.get(range(node))).status).toBe(200);
    }
    await follower.until(({ entries }) => entries.length >= written.length - from);
    expect(follower.messages.toSorted()).toEqual(written.slice(from).toSorted());
    expect(follower.end).toBeUndefined();
    follower.close();
  });

  it.each([
    ['ahead', 60],
    ['behind', -60],
  ])('by more, the node that is %s is refused with the reason, and the other goes on', async (_where, seconds) => {
    const open = await follow();
    const from = written.length;
    nodeClock.set(seconds);
    // The gateway's own clock may still be that of the test before: it is looked at once a second.
    const problem = JSON.parse(await answering(nodes[1], 502));
    expect(problem).toMatchObject({
      code: 'clocks-apart',
      detail: expect.stringMatching(
        /its clock is (4[5-9]|[56]\d|7[0-5]) s (ahead of|behind) the gateway’s, and at most (15|40) s are tolerated/,
      ),
    });
    expect((await cluster.get(range(nodes[0]))).status).toBe(200);

    // What was open stays: tokens are looked at when a request begins.
    write();
    await open.until(({ entries }) => entries.length >= 2);
    expect(open.messages.toSorted()).toEqual(written.slice(from).toSorted());
    open.close();

    // What is opened now names the node, shows the others, and has its entries once its clock is right.
    const opened = await follow();
    await opened.until(({ events }) => events.some(({ reason }) => reason === 'clocks-apart'));
    expect(opened.events).toContainEqual(
      expect.objectContaining({ event: 'gap', agent: nodes[1].agentId, reason: 'clocks-apart', possible: true }),
    );
    write();
    await opened.until(({ messages }) => messages.some((message) => message.startsWith(nodes[0].hostname)));
    const agents = JSON.parse((await cluster.get(`${logs}/v3/agents`)).text).agents as {
      id: string;
      clock_offset: number;
    }[];
    const offset = agents.find(({ id }) => id === nodes[1].agentId)?.clock_offset ?? 0;
    expect(Math.abs(offset / 1e6 - seconds)).toBeLessThanOrEqual(6);
    expect(await metric('clusterlog_errors_total{code="clocks-apart"}')).toBeDefined();
    expect(await metric('clusterlog_agents_clock_beyond')).toBe('clusterlog_agents_clock_beyond 1');
    nodeClock.set(0);
    await opened.until(({ messages }) => messages.some((message) => message.startsWith(nodes[1].hostname)));
    opened.close();
  });

  it('by more at the gateway, every node refuses it with the reason, and answers once its clock is right', async () => {
    gatewayClock.set(90);
    for (const node of nodes) expect(JSON.parse(await answering(node, 502))).toMatchObject({ code: 'clocks-apart' });
  });
});
