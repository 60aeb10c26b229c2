import { afterEach, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';

describe('the gateway and its Mesos master', () => {
  let cluster: DevCluster | undefined;
  afterEach(() => cluster?.stop());

  it('goes on answering for tasks and nodes when the master is gone', async () => {
    cluster = await DevCluster.start({ nodes: 1 });
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('expected a node');
    const task = cluster.launch(node, 'app.1');
    const path = `/system/v1/logs/v1/range/task/${task.id}`;
    await expect.poll(async () => (await cluster?.get(path))?.status, { timeout: 10_000 }).toBe(204);
    await cluster.master.kill();
    await expect
      .poll(async () => (await cluster?.get('/health/ready'))?.text, { timeout: 20_000 })
      .toContain('"status":"degraded"');
    expect((await cluster.get(path)).status).toBe(204);
    expect((await cluster.get(`/system/v1/agent/${node.agentId}/logs/v1/range/`)).status).toBeLessThan(300);
  });

  it('answers 503 while no master has ever been reached, and 401 before that', async () => {
    cluster = await DevCluster.start({ nodes: 1 });
    await cluster.master.kill();
    await cluster.gateway.kill();
    const [node] = cluster.nodes;
    await cluster.gateway.start('/health/live');
    for (const path of ['/system/v1/logs/v1/range/task/app.1', `/system/v1/agent/${node?.agentId}/logs/v1/range/`]) {
      const { status, text } = await cluster.get(path);
      expect(status).toBe(503);
      expect(text).toBe('503 Service Unavailable: cache state is invalid\n');
      expect((await cluster.get(path, { authorization: '' })).status).toBe(401);
    }
    expect((await cluster.get('/health/ready')).status).toBe(503);
  });
});
