import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { processorTime, withoutDescriptors } from '../fixtures/exhaustion.ts';
import { Follower } from './follower.ts';

describe.each(['agent', 'gateway'] as const)('without file descriptors the %s', (which) => {
  let cluster: DevCluster;
  let node: DevNode;
  let task: SimulatedTask;
  let exhausted: ServiceProcess;
  const ends: (() => void)[] = [];

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 1 });
    node = cluster.nodes[0] as DevNode;
    task = cluster.launch(node, 'app.1');
    exhausted = which === 'agent' ? node.agent : cluster.gateway;
    node.journal.task(task, 'line 0');
    await vi.waitUntil(async () => (await cluster.get(range)).status === 200, { timeout: 10_000 });
  });
  afterAll(() => cluster?.stop());
  afterEach(() => {
    for (const end of ends.splice(0).reverse()) end();
  });

  const range = '/system/v1/logs/v1/range/task/app.1';
  const exhaust = (): (() => void) => {
    const giveBack = withoutDescriptors(exhausted.pid ?? 0);
    ends.push(giveBack);
    return giveBack;
  };

  it('loses no entry for whoever follows, hangs nobody up for ever, and is well again by itself', async () => {
    const url = `${cluster.gateway.url}/system/v1/logs/v1/stream/task/app.1`;
    const open = async (lastEventId?: string) => {
      const follower = await Follower.open({ url, token: cluster.token, lastEventId });
      ends.push(() => follower.close());
      return follower;
    };
    let follower = await open();
    await follower.until(({ messages }) => messages.includes('line 0'));
    const giveBack = exhaust();
    for (let line = 1; line <= 50; line++) node.journal.task(task, `line ${line}`);
    // A follow for which a file cannot be opened now is cut, so that its client goes on later; it never skips the file.
    await follower.until(({ messages, end }) => messages.includes('line 50') || end !== undefined);
    // So many at once need connections that are not there yet.
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => cluster.get(range).catch((error: Error) => error)),
    );
    const refused = answers.filter((answer) => answer instanceof Error || answer.status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of answers) {
      // A connection that was closed at once, or an error that says to come again; or an answer, by a connection that was open.
      if (answer instanceof Error) expect(String(answer.cause ?? answer)).toMatch(/closed|ECONNRE/);
      else expect(which === 'agent' ? [200, 502, 503] : [200, 503]).toContain(answer.status);
    }
    giveBack();
    await vi.waitUntil(async () => (await cluster.get(range).catch(() => undefined))?.status === 200, {
      timeout: 15_000,
    });
    const { text } = await cluster.get(range);
    for (let line = 0; line <= 50; line++) expect(text).toContain(`line ${line}\n`);
    node.journal.task(task, 'line 51');
    const received: string[] = [];
    for (;;) {
      await follower.until(({ messages, end }) => messages.includes('line 51') || end !== undefined);
      received.push(...follower.messages);
      if (follower.end === undefined) break;
      follower = await open(follower.lastEventId);
    }
    expect(received).toEqual(Array.from({ length: 52 }, (_, line) => `line ${line}`));
    const health = await cluster.get('/health/ready');
    expect(health.status).toBe(200);
  }, 60_000);

  it('does not burn the processor for those who wait at its door', async () => {
    const giveBack = exhaust();
    const { port } = new URL(exhausted.url);
    const sockets: Socket[] = Array.from({ length: 100 }, () => connect(Number(port), '127.0.0.1'));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    let closed = 0;
    for (const socket of sockets) {
      socket.on('error', () => undefined).once('close', () => closed++);
      socket.resume();
    }
    await Promise.all(sockets.map((socket) => vi.waitUntil(() => !socket.connecting, { timeout: 10_000 })));
    const [from, since] = [processorTime(exhausted.pid ?? 0), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const share = (processorTime(exhausted.pid ?? 0) - from) / ((performance.now() - since) / 1_000);
    expect(share, `${closed} of 100 were hung up on`).toBeLessThan(0.5);
    giveBack();
    await vi.waitUntil(async () => (await cluster.get(range).catch(() => undefined))?.status === 200, {
      timeout: 15_000,
    });
    expect(exhausted.log()).not.toMatch(/"level":"fatal"/);
  }, 60_000);
});
