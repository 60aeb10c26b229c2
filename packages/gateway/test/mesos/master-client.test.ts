import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixedAuthorization } from '@clusterlog/shared/server';
import { MesosMaster, type MesosMasterOptions } from '@clusterlog/test/dev-cluster/mesos-master';
import { SimulatedMesos } from '@clusterlog/test/dev-cluster/simulated-mesos';
import { Agent } from 'undici';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type ClusterIndex, createClusterIndex, type IndexReadiness } from '../../src/mesos/cluster-index.ts';
import { type MasterClient, type MasterClientOptions, startMasterClient } from '../../src/mesos/master-client.ts';
import type { MesosTask } from '../../src/mesos/model.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const silent = { info: () => {}, warn: () => {} };

async function startMaster(
  options: MesosMasterOptions = {},
  prepare?: (master: MesosMaster) => void,
): Promise<MesosMaster> {
  const master = new MesosMaster(options);
  prepare?.(master);
  await master.start();
  cleanups.push(() => master.kill());
  return master;
}

function follow(
  masters: readonly string[],
  options: Partial<MasterClientOptions> = {},
): { index: ClusterIndex; client: MasterClient } {
  const index = createClusterIndex();
  const backoff = { least: 10, greatest: 50 };
  const client = startMasterClient({ masters, index, log: silent, backoff, pollInterval: 20, ...options });
  cleanups.push(() => client.close());
  return { index, client };
}

async function status(index: ClusterIndex, state: IndexReadiness['state']): Promise<IndexReadiness> {
  while (index.status().state !== state) await once(index, 'status');
  return index.status();
}

/** Waits until the index holds the task as `check` wants it. */
async function taskThat(
  index: ClusterIndex,
  id: string,
  check: (task: MesosTask) => boolean = () => true,
): Promise<MesosTask> {
  for (;;) {
    const resolution = index.resolveTask(id, () => true);
    if (resolution.kind === 'found' && check(resolution.task)) return resolution.task;
    await new Promise<void>((resolve) => {
      const changed = () => {
        index.off('task', changed).off('snapshot', changed);
        resolve();
      };
      index.on('task', changed).on('snapshot', changed);
    });
  }
}

function cluster(): { mesos: SimulatedMesos; frameworkId: string; agentId: string } {
  const mesos = new SimulatedMesos();
  const { id: frameworkId } = mesos.addFramework('marathon');
  const { id: agentId } = mesos.addAgent({ hostname: 'node-1', host: '10.0.0.1', port: 5051 });
  return { mesos, frameworkId, agentId };
}

test('the state at subscribing and every change after it are in the index', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'before', frameworkId, agentId, labels: { team: 'red' } });
  const master = await startMaster({ mesos });
  const { index } = follow([master.url]);
  expect(await status(index, 'fresh')).toEqual({ state: 'fresh', leader: master.url, by: 'subscribe' });
  expect(await taskThat(index, 'before')).toMatchObject({
    agentId,
    labels: [{ key: 'team', value: 'red' }],
    role: '*',
  });

  const [web] = mesos.launchPod({ frameworkId, agentId }, 'pod', ['web', 'sidecar']);
  const running = await taskThat(index, 'pod.web', ({ state }) => state === 'TASK_RUNNING');
  expect(running).toMatchObject({
    executorId: 'instance-pod',
    frameworkName: 'marathon',
    containerId: `${web?.container.parent?.value}.${web?.container.value}`,
  });

  const second = mesos.addAgent({ hostname: 'node-2', host: '10.0.0.2', port: 5051 });
  const last = mesos.launch({ id: 'after', frameworkId, agentId: second.id });
  mesos.report(last, 'TASK_FAILED', 'Command exited with status 1');
  expect(await taskThat(index, 'after', ({ completed }) => completed)).toMatchObject({ state: 'TASK_FAILED' });
  expect(index.agent(second.id)?.agent).toMatchObject({ host: '10.0.0.2', port: 5051, active: true });

  mesos.removeAgent(second.id);
  mesos.removeFramework(frameworkId);
  expect(await taskThat(index, 'before', ({ completed }) => completed)).toMatchObject({ state: 'TASK_KILLED' });
  expect(index.agent(second.id)?.goneSince).toBeTypeOf('number');
});

test('a new task is routable within 100 ms', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  const master = await startMaster({ mesos });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  const delays: number[] = [];
  for (const id of ['new-1', 'new-2', 'new-3', 'new-4', 'new-5']) {
    const began = performance.now();
    mesos.launch({ id, frameworkId, agentId });
    await taskThat(index, id, ({ containerId }) => containerId !== undefined);
    delays.push(performance.now() - began);
  }
  // The machine may be busy: what the way takes is what the quickest take.
  expect(Math.min(...delays)).toBeLessThan(100);
});

test('records cut into pieces of 7 bytes are put together', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'aufgabe-ä-漢字', frameworkId, agentId });
  const master = await startMaster({ mesos }, (it) => {
    it.pieceSize = 7;
  });
  const { index } = follow([master.url]);
  await taskThat(index, 'aufgabe-ä-漢字');
  mesos.launch({ id: 'zweite-ü', frameworkId, agentId });
  await taskThat(index, 'zweite-ü', ({ state }) => state === 'TASK_RUNNING');
});

test('a master that never answers leaves the index never reached, with the reason', async () => {
  const master = await startMaster();
  await master.kill();
  const { index, client } = follow([master.url]);
  await expect.poll(() => index.status()).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
  expect(index.status().state).toBe('never-reached');
  await client.close();
});

test('a master that dies leaves the index as it was, stale, until it is back', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'a', frameworkId, agentId });
  const master = await startMaster({ mesos });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  await master.kill();
  expect(await status(index, 'stale')).toMatchObject({ since: expect.any(Number), ageMs: expect.any(Number) });
  await taskThat(index, 'a');
  mesos.launch({ id: 'while-away', frameworkId, agentId });
  await master.start();
  await status(index, 'fresh');
  await taskThat(index, 'while-away');
});

test('a stream that ends inside a record is taken up again', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  const master = await startMaster({ mesos });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  master.cutStreams({ insideRecord: true });
  await status(index, 'stale');
  await status(index, 'fresh');
  mesos.launch({ id: 'a', frameworkId, agentId });
  await taskThat(index, 'a');
});

test('a master that falls silent is left after three heartbeats', async () => {
  const master = await startMaster({ heartbeatSeconds: 0.05 });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  master.speaking = false;
  expect(await status(index, 'stale')).toMatchObject({ reason: expect.stringContaining('nothing heard') });
});

test('a quiet cluster whose master sends heartbeats stays fresh', async () => {
  const master = await startMaster({ heartbeatSeconds: 0.1 });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  const lost = once(index, 'status').then(() => 'lost');
  const heartbeats = new Promise((resolve) => setTimeout(resolve, 800, 'still there'));
  expect(await Promise.race([lost, heartbeats])).toBe('still there');
});

test('a follower leads to the leader, and a failover to the next', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  const [first, second] = [await startMaster({ mesos }), await startMaster({ mesos })];
  second.leader = first;
  const { index } = follow([second.url]);
  expect(await status(index, 'fresh')).toMatchObject({ leader: first.url });
  await first.kill();
  await status(index, 'stale');
  mesos.launch({ id: 'a', frameworkId, agentId });
  second.leader = second;
  expect(await status(index, 'fresh')).toMatchObject({ leader: second.url });
  await taskThat(index, 'a');
});

test('a master without a leader is asked again until there is one', async () => {
  const master = await startMaster({}, (it) => {
    it.leader = undefined;
  });
  const { index } = follow([master.url]);
  await expect.poll(() => index.status()).toMatchObject({ reason: expect.stringContaining('No leader elected') });
  master.leader = master;
  await status(index, 'fresh');
});

test('a recovering master does not empty the index', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'a', frameworkId, agentId });
  const master = await startMaster({ mesos });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  await master.kill();
  master.recovering = true;
  mesos.masterRestarted();
  await master.start();
  await expect.poll(() => index.status()).toMatchObject({ reason: expect.stringContaining('not finished recovery') });
  await taskThat(index, 'a');
  master.recovering = false;
  await status(index, 'fresh');
  expect(await taskThat(index, 'a')).toMatchObject({ state: 'TASK_RUNNING' });
  expect(index.agent(agentId)).not.toHaveProperty('goneSince');
  expect(index.counts().rememberedTasks).toBe(1);
  mesos.agentReturned(agentId);
  await once(index, 'agent');
  expect(index.counts().rememberedTasks).toBe(0);
});

test.each([403, 404, 405, 501])('where SUBSCRIBE is answered with %d, the state is polled', async (subscribeStatus) => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'a', frameworkId, agentId });
  const master = await startMaster({ mesos }, (it) => {
    it.subscribeStatus = subscribeStatus;
  });
  const { index } = follow([master.url]);
  expect(await status(index, 'fresh')).toMatchObject({ by: 'poll' });
  mesos.launch({ id: 'b', frameworkId, agentId });
  await taskThat(index, 'b');
});

test('while polling, SUBSCRIBE is tried again now and then', async () => {
  const { mesos } = cluster();
  const master = await startMaster({ mesos }, (it) => {
    it.subscribeStatus = 501;
  });
  const { index } = follow([master.url], { resubscribeInterval: 30 });
  await status(index, 'fresh');
  master.subscribeStatus = undefined;
  await expect.poll(() => index.status()).toMatchObject({ state: 'fresh', by: 'subscribe' });
});

test('while polling, the empty state of a recovering master does not empty the index, and a lost one makes it stale', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'a', frameworkId, agentId });
  const master = await startMaster({ mesos }, (it) => {
    it.subscribeStatus = 404;
  });
  const { index } = follow([master.url]);
  await status(index, 'fresh');
  master.recovering = true;
  expect(await status(index, 'stale')).toMatchObject({ reason: expect.stringContaining('recovery') });
  await taskThat(index, 'a');
  expect(index.agent(agentId)).not.toHaveProperty('goneSince');
  master.recovering = false;
  await status(index, 'fresh');
  await master.kill();
  await status(index, 'stale');
});

test('an agent that becomes unreachable, of which the stream is silent, is noticed', async () => {
  const { mesos, frameworkId, agentId } = cluster();
  mesos.launch({ id: 'a', frameworkId, agentId });
  const master = await startMaster({ mesos });
  const { index } = follow([master.url], { agentsInterval: 20 });
  await status(index, 'fresh');
  mesos.agentUnreachable(agentId);
  expect(await taskThat(index, 'a', ({ unreachable }) => unreachable)).toMatchObject({
    containerId: expect.any(String),
  });
  await expect.poll(() => index.agent(agentId)?.goneSince).toBeTypeOf('number');
  mesos.agentReturned(agentId);
  await taskThat(index, 'a', ({ unreachable }) => !unreachable);
  await expect.poll(() => index.agent(agentId)?.goneSince).toBeUndefined();
});

test('a redirect that no master announces is not followed, and the credential not shown', async () => {
  const seen: (string | undefined)[] = [];
  const elsewhere = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  elsewhere.listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  cleanups.push(async () => elsewhere.close());
  const { port } = elsewhere.address() as AddressInfo;
  const proxy = createServer((_request, response) => {
    response.writeHead(307, { Location: `//127.0.0.1:${port}/master/api/v1` }).end();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  cleanups.push(async () => proxy.close());
  const { index } = follow([`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`], {
    credential: fixedAuthorization('token=secret'),
  });
  await expect.poll(() => index.status()).toMatchObject({ reason: expect.stringContaining('is not followed') });
  expect(seen).toEqual([]);
});

test('the credential is sent to the masters, and not to ask who leads', async () => {
  const authorization = 'Basic b3BzOnNlY3JldA==';
  const [leader, follower] = [await startMaster({ authorization }), await startMaster({ authorization })];
  follower.leader = leader;
  const { index } = follow([follower.url], { credential: fixedAuthorization(authorization) });
  await status(index, 'fresh');
  expect(follower.requests).toEqual([
    { line: 'POST /api/v1', authorization },
    { line: 'GET /master/redirect', authorization: undefined },
  ]);
  expect(leader.requests[0]).toEqual({ line: 'POST /api/v1', authorization });
});

test('a wrong credential is reported as what it is', async () => {
  const master = await startMaster({ authorization: 'Basic b3BzOnNlY3JldA==' });
  const { index } = follow([master.url]);
  await expect
    .poll(() => index.status())
    .toMatchObject({ state: 'never-reached', reason: expect.stringContaining('401') });
});

test('a credential that is refused is asked for anew, and the master once more', async () => {
  const master = await startMaster({ authorization: 'token=second' });
  const refused: string[] = [];
  const credential = {
    header: async () => (refused.length === 0 ? 'token=first' : 'token=second'),
    refused: async (header: string) => refused.push(header) > 0,
  };
  const { index } = follow([master.url], { credential });
  expect(await status(index, 'fresh')).toMatchObject({ by: 'subscribe' });
  expect(refused).toEqual(['token=first']);
  expect(master.requests.map(({ authorization }) => authorization).slice(0, 2)).toEqual([
    'token=first',
    'token=second',
  ]);
});

test('a login that fails is told as the reason why the master is lost', async () => {
  const master = await startMaster({ authorization: 'token=x' });
  const credential = {
    header: () => Promise.reject(new Error('no login at DC/OS: found 401')),
    refused: async () => false,
  };
  const { index } = follow([master.url], { credential });
  await expect.poll(() => index.status()).toMatchObject({ reason: expect.stringContaining('no login at DC/OS') });
  expect(master.requests).toEqual([]);
});

describe('over TLS a master', () => {
  const read = (name: string) => readFileSync(new URL(`../proxy/certificates/${name}`, import.meta.url), 'utf8');
  const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
  const dispatcher = new Agent({ connect: { ca: read('authority.pem') } });
  afterAll(() => dispatcher.destroy());

  test('whose certificate is of the given CA is followed', async () => {
    const master = await startMaster({ tls: pair('agent') });
    const { index } = follow([master.url], { dispatcher });
    expect(await status(index, 'fresh')).toMatchObject({ leader: master.url });
  });

  test.each(['impostor', 'elsewhere'])('with the certificate of an %s is asked nothing', async (certificate) => {
    const master = await startMaster({ tls: pair(certificate) });
    const { index } = follow([master.url], { dispatcher, credential: fixedAuthorization('token=secret') });
    await expect.poll(() => index.status()).toMatchObject({ state: 'never-reached', reason: expect.any(String) });
    expect(master.requests).toEqual([]);
  });
});

test('closing is prompt, while subscribed and between attempts, and nothing is asked after it', async () => {
  const master = await startMaster();
  const subscribed = follow([master.url]);
  await status(subscribed.index, 'fresh');
  const waiting = follow(['http://127.0.0.1:9'], { backoff: { least: 60_000, greatest: 60_000 } });
  await expect.poll(() => waiting.index.status()).toMatchObject({ reason: expect.any(String) });
  const began = performance.now();
  await Promise.all([subscribed.client.close(), waiting.client.close()]);
  expect(performance.now() - began).toBeLessThan(5_000);
  await expect.poll(() => master.subscribers).toBe(0);
  const asked = master.requests.length;
  await master.kill();
  await master.start();
  expect(master.requests.length).toBe(asked);
});

test('a URL that is no master’s is refused at the start', () => {
  const index = createClusterIndex();
  for (const masters of [[], ['10.0.0.1:5050'], ['zk://10.0.0.1:2181/mesos']]) {
    expect(() => startMasterClient({ masters, index, log: silent })).toThrow(/expected/);
  }
});
