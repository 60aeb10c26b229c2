import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { journalctl, journalctlJson } from '../fixtures/journalctl.ts';
import { cannotRun, whyNoSystemdPrograms } from '../fixtures/requirements.ts';
import { DevCluster } from './cluster.ts';
import type { DevNode } from './dev-node.ts';
import { NodeJournal } from './node-journal.ts';
import { SimulatedMesos } from './simulated-mesos.ts';
import { Workload } from './workload.ts';

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

describe.skipIf(cannotRun(whyNoSystemdPrograms()))('for journalctl', () => {
  test('the journal of a node, tasks and daemons included, is a sound one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'clusterlog-workload-'));
    const mesos = new SimulatedMesos();
    const { id: agentId } = mesos.addAgent({ hostname: 'node-1', host: '192.0.2.1', port: 5051 });
    const journal = new NodeJournal({ directory, hostname: 'node-1', from: Workload.historyStart() });
    try {
      new Workload(mesos, [{ journal, agentId }]).begin();
      await journalctl('--verify', `--directory=${directory}`);
      const [task] = mesos.tasks;
      const match = `CONTAINER_ID=${task?.container.value}`;
      const lines = await journalctlJson(`--directory=${directory}`, match, 'STREAM=STDERR');
      expect(lines.length).toBeGreaterThan(10);
      expect(lines[0]).toMatchObject({ FRAMEWORK_ID: task?.frameworkId, EXECUTOR_ID: task?.id, AGENT_ID: agentId });
    } finally {
      journal.close();
      rmSync(directory, { recursive: true });
    }
  });
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
