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

interface Answer {
  readonly text: string;
  /** How long it took, in seconds. */
  readonly took: number;
}

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
    await clocksAreSet();
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

  /** By how many ms the clock of a process is ahead of its `SteppedClock`, by the `Date` of its answer, as near as that tells. */
  async function astray(url: string, clock: SteppedClock): Promise<number> {
    const before = Date.now() + clock.offset * 1_000;
    const { headers, body } = await request(new URL('/health/live', url));
    await body.dump();
    const date = Date.parse(String(headers.date));
    const after = Date.now() + clock.offset * 1_000;
    // It is in whole seconds, cut off.
    if (date > after) return date - after;
    return Math.min(0, date + 1_000 - before);
  }

  /** Until both processes have noticed what their clocks were set to; they look once a second. */
  async function clocksAreSet(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    for (const end = performance.now() + 20_000; ; ) {
      await meanwhile();
      const both = [await astray(nodes[1].agent.url, nodeClock), await astray(cluster.gateway.url, gatewayClock)];
      if (both.every((milliseconds) => Math.abs(milliseconds) < 1_000)) return;
      if (performance.now() > end) expect(both).toEqual([0, 0]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Asks until the token, which is used again for some seconds, makes the status what it is to be. */
  async function answering(node: DevNode, status: number): Promise<Answer> {
    for (const end = performance.now() + 20_000; ; ) {
      const from = performance.now();
      const answer = await cluster.get(range(node), { accept: 'application/json' });
      if (answer.status === status) return { text: answer.text, took: (performance.now() - from) / 1_000 };
      if (performance.now() > end) expect(answer).toMatchObject({ status });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** @param seconds by which the node is ahead; a gateway knows that from the `Date` of an answer, in whole seconds */
  function expectApart({ text, took }: Answer, seconds: number): void {
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    expect(code).toBe('clocks-apart');
    const where = seconds > 0 ? 'ahead of' : 'behind';
    const limit = seconds > 0 ? 40 : 15;
    const said = new RegExp(`its clock is (\\d+) s ${where} the gateway’s, and at most ${limit} s are tolerated`).exec(
      detail,
    );
    expect(Math.abs(Number(said?.[1]) - Math.abs(seconds)), detail).toBeLessThanOrEqual(1 + Math.round(took));
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
    const answersAndWrites = async (): Promise<void> => {
      write();
      for (const node of nodes) expect((await cluster.get(range(node))).status).toBe(200);
    };
    await clocksAreSet(answersAndWrites);
    await answersAndWrites();
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
    await clocksAreSet();
    expectApart(await answering(nodes[1], 502), seconds);
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
    expect(Math.abs(offset / 1e6 - seconds)).toBeLessThanOrEqual(2);
    expect(await metric('clusterlog_errors_total{code="clocks-apart"}')).toBeDefined();
    expect(await metric('clusterlog_agents_clock_beyond')).toBe('clusterlog_agents_clock_beyond 1');
    nodeClock.set(0);
    await opened.until(({ messages }) => messages.some((message) => message.startsWith(nodes[1].hostname)));
    opened.close();
  });

  it('by more at the gateway, every node refuses it with the reason, and answers once its clock is right', async () => {
    gatewayClock.set(90);
    await clocksAreSet();
    for (const node of nodes) expectApart(await answering(node, 502), -90);
  });
});
