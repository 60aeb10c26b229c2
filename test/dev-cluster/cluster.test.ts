import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DevCluster } from './cluster.ts';
import type { DevNode } from './dev-node.ts';

const TIMEOUT_MS = 60_000;

let cluster: DevCluster;
beforeAll(async () => {
  cluster = await DevCluster.start({ nodes: 2 });
}, TIMEOUT_MS);
afterAll(async () => {
  await cluster.stop();
  expect(existsSync(cluster.directory)).toBe(false);
}, TIMEOUT_MS);

function node(number: number): DevNode {
  const found = cluster.nodes[number];
  if (found === undefined) throw new Error(`there is no node ${number}`);
  return found;
}

function taskLog(id: string): Promise<{ status: number; text: string }> {
  return cluster.get(`/system/v1/logs/v1/range/task/${id}`);
}

test('a task launched on a node is read through the gateway by its id', async () => {
  const task = cluster.launch(node(1), 'app.1');
  node(1).journal.task(task, 'hello from node 2');
  await expect.poll(async () => (await taskLog('app.1')).text).toMatch(/: hello from node 2\n$/);
});

test('a task of the stream form is read by its id', async () => {
  const task = cluster.launch(node(0), 'mailer.1');
  node(0).journal.taskStream(task, 'only an identifier');
  await expect.poll(async () => (await taskLog('mailer.1')).text).toMatch(/: only an identifier\n$/);
});

test('node agent and gateway, killed and started again, answer where they did', { timeout: TIMEOUT_MS }, async () => {
  const task = cluster.launch(node(0), 'app.2');
  node(0).journal.task(task, 'before');
  await node(0).agent.kill();
  await expect.poll(async () => (await taskLog('app.2')).status).toBe(502);
  await node(0).agent.start();
  await cluster.gateway.kill();
  await cluster.gateway.start();
  expect(await taskLog('app.2')).toMatchObject({ status: 200, text: expect.stringMatching(/: before\n$/) });
});

test('with the master gone, what was known is still read', { timeout: TIMEOUT_MS }, async () => {
  const task = cluster.launch(node(0), 'app.3');
  node(0).journal.task(task, 'before the master went');
  await expect.poll(async () => (await taskLog('app.3')).status).toBe(200);
  await cluster.master.kill();
  node(0).journal.task(task, 'after it went');
  expect((await taskLog('app.3')).text).toMatch(/: after it went\n$/);
  await cluster.master.start();
  await cluster.gateway.ready();
});
