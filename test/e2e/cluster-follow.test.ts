import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import type { ServiceProcess } from '../dev-cluster/service-process.ts';
import { type FollowedEntry, Follower } from './follower.ts';

const v3 = '/system/v1/logs/v3';
const instance = (n: number) => `team_web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;

describe('a follow of the whole cluster', () => {
  let cluster: DevCluster;
  let nodes: [DevNode, DevNode, DevNode];
  let secondGateway: ServiceProcess;
  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 3, gatewayArguments: ['--merges-per-caller', '4'] });
    nodes = cluster.nodes as typeof nodes;
    secondGateway = await cluster.addGateway();
  });
  afterAll(() => cluster?.stop());
  const open: Follower[] = [];
  afterEach(() => {
    for (const follower of open.splice(0)) follower.close();
  });

  let count = 0;
  /** Lines of an identifier of their own, and who follows them. */
  function start() {
    const identifier = `counted-${count++}`;
    const written: string[] = [];
    return {
      identifier,
      written,
      write(node: DevNode, lines: number): void {
        for (let i = 0; i < lines; i++) {
          const message = `${node.hostname} ${written.length}`;
          written.push(message);
          node.journal.service('counted.service', identifier, message);
        }
      },
      follow: (query: string, lastEventId?: string, gateway?: string) =>
        follow(`identifier=${identifier}&${query}`, lastEventId, gateway),
    };
  }

  async function follow(query: string, lastEventId?: string, gateway = cluster.gateway.url): Promise<Follower> {
    const url = `${gateway}${v3}/follow?${query}`;
    const follower = await Follower.open({ url, token: cluster.token, lastEventId });
    open.push(follower);
    return follower;
  }

  const sorted = (messages: readonly string[]) => messages.toSorted();

  it('brings the lines of all nodes as they are written, in one order', async () => {
    const { written, write, follow } = start();
    write(nodes[0], 5);
    const follower = await follow('tail=2');
    await follower.until(({ entries }) => entries.length === 2);
    expect(follower.messages).toEqual(written.slice(-2));
    for (let round = 0; round < 20; round++) for (const node of nodes) write(node, 2);
    await follower.until(({ entries }) => entries.length === 122);
    expect(sorted(follower.messages)).toEqual(sorted(written.slice(3)));
    const keys = follower.entries.filter(({ late }) => late !== true).map(keyOf);
    expect(keys).toEqual(keys.toSorted());
  });

  it('goes on with the last id at any gateway, wherever it was cut', async () => {
    const { written, write, follow } = start();
    const gateways = [cluster.gateway.url, secondGateway.url];
    const messages: string[] = [];
    let lastEventId: string | undefined;
    for (let cut = 0; cut < 6; cut++) {
      const follower = await follow('since=-1h', lastEventId, gateways[cut % 2]);
      for (const node of nodes) write(node, 30);
      await follower.until(({ entries }) => entries.length >= 10 + cut * 7);
      follower.close();
      messages.push(...follower.messages);
      lastEventId = follower.lastEventId ?? lastEventId;
      for (const node of nodes) write(node, 5);
    }
    const last = await follow('since=-1h', lastEventId, gateways[1]);
    await last.until(({ entries }) => messages.length + entries.length >= written.length);
    expect(sorted([...messages, ...last.messages])).toEqual(sorted(written));
  });

  it('goes on without a node that is killed, names the gap, and brings its lines when it is back', async () => {
    const { written, write, follow } = start();
    const [first, second, third] = nodes;
    const follower = await follow('tail=0');
    for (const node of nodes) write(node, 10);
    await follower.until(({ entries }) => entries.length === 30);
    await second.agent.kill('SIGKILL');
    write(first, 10);
    write(second, 10);
    write(third, 10);
    await follower.until(({ entries, events }) => entries.length === 50 && events.some(({ event }) => event === 'gap'));
    expect(follower.events).toContainEqual(
      expect.objectContaining({ event: 'gap', agent: second.agentId, reason: 'node-lost' }),
    );

    // Cut inside the gap: who resumes is told of it again, and misses nothing either.
    follower.close();
    const resumed = await follow('tail=0', follower.lastEventId);
    write(third, 10);
    await resumed.until(({ entries }) => entries.length >= 10);
    await second.agent.start();
    await resumed.until(({ entries }) => 50 + entries.length === written.length);
    expect(sorted([...follower.messages, ...resumed.messages])).toEqual(sorted(written));
    const ofSecond = [...follower.messages, ...resumed.messages].filter((message) => message.startsWith('node-2'));
    expect(ofSecond).toEqual(written.filter((message) => message.startsWith('node-2')));
    expect(resumed.events).toContainEqual({ event: 'lifecycle', agent: second.agentId, state: 'returned' });
  });

  it('takes in new instances of a service by themselves, and tells when one ends', async () => {
    const [first, second] = nodes;
    const running = cluster.launch(first, instance(1));
    await expect.poll(async () => (await cluster.get(`${v3}/tasks?service=/team/web`)).text).toContain(instance(1));
    const follower = await follow('service=/team/web&tail=0');
    first.journal.task(running, 'from the first');
    await follower.until(({ messages }) => messages.includes('from the first'));

    const joined = cluster.launch(second, instance(2));
    second.journal.task(joined, 'from the second');
    second.journal.service('other.service', 'other', 'of another service');
    await follower.until(({ messages }) => messages.includes('from the second'));
    expect(follower.entries.at(-1)?.source).toMatchObject({ task: instance(2), service: '/team/web', host: 'node-2' });
    expect(follower.events).toContainEqual(
      expect.objectContaining({ event: 'lifecycle', task: instance(2), service: '/team/web', state: 'started' }),
    );
    cluster.mesos.report(running, 'TASK_FINISHED');
    await follower.until(({ events }) => events.some(({ state }) => state === 'TASK_FINISHED'));
    expect(follower.messages).not.toContain('of another service');
  });

  it('is refused beyond the number of answers that one caller may have open', async () => {
    for (let i = 0; i < 4; i++) await follow('tail=0');
    await expect(follow('tail=0')).rejects.toThrow(/answered 429: .*too-many-merges-of-caller/);
  });

  it('ends with an event when the gateway is stopped in order', async () => {
    const follower = await follow('tail=0', undefined, secondGateway.url);
    await secondGateway.stop();
    await follower.until(({ end }) => end !== undefined);
    expect(follower.events.at(-1)).toMatchObject({ event: 'end', reason: 'shutdown' });
  });
});

function keyOf({ realtime_timestamp, source }: FollowedEntry): string {
  return `${realtime_timestamp} ${source?.agent}`;
}
