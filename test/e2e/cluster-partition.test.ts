import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import { NetworkNamespace, whyNoNetworkNamespace } from '../fixtures/network-namespace.ts';
import { cannotRun } from '../fixtures/requirements.ts';
import { Follower } from './follower.ts';

describe.skipIf(cannotRun(whyNoNetworkNamespace()))('a follow of a cluster whose network splits', () => {
  let network: NetworkNamespace;
  let cluster: DevCluster;
  let nodes: readonly [DevNode, DevNode, DevNode];
  let gateways: readonly ServiceProcess[];
  beforeAll(async () => {
    network = new NetworkNamespace();
    cluster = await DevCluster.start({ nodes: [{}, {}, { network }] });
    nodes = cluster.nodes as unknown as typeof nodes;
    gateways = [cluster.gateway, await cluster.addGateway()];
  });
  afterAll(async () => {
    await cluster?.stop();
    network?.[Symbol.dispose]();
  });
  const open: Follower[] = [];
  afterEach(() => {
    network.heal();
    for (const follower of open.splice(0)) follower.close();
  });

  let scenarios = 0;
  /** A client that comes back with its last id, each time to the other gateway, and lines for it to follow. */
  function start() {
    const identifier = `partition-${scenarios++}`;
    const written = new Map<string, string[]>(nodes.map(({ hostname }) => [hostname, []]));
    const received: Follower[] = [];
    const entries = () => received.flatMap((follower) => follower.entries);
    return {
      write(node: DevNode, lines: number): void {
        const own = written.get(node.hostname) ?? [];
        for (let i = 0; i < lines; i++) {
          const message = `${node.hostname} ${own.length}`;
          own.push(message);
          node.journal.service('counted.service', identifier, message);
        }
      },
      async connect(): Promise<Follower> {
        const last = received.at(-1);
        last?.close();
        const gateway = gateways[received.length % gateways.length] ?? cluster.gateway;
        const url = `${gateway.url}/system/v1/logs/v3/follow?identifier=${identifier}&since=-1h`;
        const lastEventId = received.findLast((follower) => follower.lastEventId !== undefined)?.lastEventId;
        const follower = await Follower.open({ url, token: cluster.token, lastEventId });
        received.push(follower);
        open.push(follower);
        return follower;
      },
      count: (node: DevNode) => entries().filter(({ source }) => source?.agent === node.agentId).length,
      expectEachOnce(): void {
        for (const node of nodes) {
          const own = entries().filter(({ source }) => source?.agent === node.agentId);
          expect(own.map(({ fields }) => fields.MESSAGE)).toEqual(written.get(node.hostname));
        }
        const inOrder = entries()
          .filter(({ late }) => late !== true)
          .map(({ realtime_timestamp, source }) => `${realtime_timestamp} ${source?.agent}`);
        expect(inOrder).toEqual(inOrder.toSorted());
      },
    };
  }

  const namesGap = (follower: Follower, node: DevNode) =>
    follower.events.some(({ event, agent }) => event === 'gap' && agent === node.agentId);

  it('goes on with the others, names the node that is cut off, and brings its lines when the network heals', async () => {
    const { write, connect, count, expectEachOnce } = start();
    const [first, second, far] = nodes;
    for (const node of nodes) write(node, 5);
    const follower = await connect();
    await follower.until(() => count(far) === 5);
    network.cut();
    for (const node of nodes) write(node, 10);
    await follower.until(() => count(first) === 15 && count(second) === 15 && namesGap(follower, far));
    expect(follower.events).toContainEqual(
      expect.objectContaining({ event: 'gap', agent: far.agentId, reason: 'node-silent', possible: true }),
    );
    expect(count(far)).toBe(5);

    network.heal();
    await follower.until(() => count(far) === 15);
    write(far, 5);
    await follower.until(() => count(far) === 20);
    expect(follower.events).toContainEqual({ event: 'lifecycle', agent: far.agentId, state: 'returned' });
    expectEachOnce();
  });

  it('misses and repeats nothing when its own connection is cut while the network is split, at another gateway, too', async () => {
    const { write, connect, count, expectEachOnce } = start();
    const [first, second, far] = nodes;
    for (const node of nodes) write(node, 5);
    const before = await connect();
    await before.until(() => nodes.every((node) => count(node) === 5));
    network.cut();
    for (const node of nodes) write(node, 10);
    await before.until(() => count(first) === 15 && count(second) === 15 && namesGap(before, far));

    const within = await connect();
    for (const node of nodes) write(node, 10);
    await within.until(() => count(first) === 25 && count(second) === 25 && namesGap(within, far));
    expect(count(far)).toBe(5);

    const healed = await connect();
    write(first, 3);
    network.heal();
    for (const node of nodes) write(node, 7);
    await healed.until(() => count(far) === 32 && count(first) === 35 && count(second) === 32);
    expectEachOnce();
  });

  it('misses and repeats nothing of a node that is cut off between two of its connections, and back before the second', async () => {
    const { write, connect, count, expectEachOnce } = start();
    const [first, , far] = nodes;
    for (const node of nodes) write(node, 5);
    const before = await connect();
    write(far, 50);
    await before.until(() => count(first) === 5);
    network.cut();
    before.close();
    for (const node of nodes) write(node, 20);
    network.heal();
    const after = await connect();
    for (const node of nodes) write(node, 5);
    await after.until(() => count(far) === 80 && nodes.slice(0, 2).every((node) => count(node) === 30));
    expectEachOnce();
  });
});
