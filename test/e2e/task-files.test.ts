import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';

/** A task's output asked for by its id, as `dcos task log` does: at the gateway, and on where that redirects to. */
describe('the files of a task, by its id at the gateway', () => {
  let cluster: DevCluster;
  let command: SimulatedTask;
  let podTask: SimulatedTask;
  let logging: SimulatedTask;
  const node = (): DevNode => cluster.nodes[1] as DevNode;

  function sandboxOf(task: SimulatedTask): string {
    const { id, frameworkId, executorId, container } = task;
    const nested = container.parent === undefined ? {} : { task: id };
    return node().mesosAgent.sandbox({
      framework: frameworkId,
      executor: executorId || id,
      container: containerIdOf(container),
      ...nested,
    });
  }

  /** As a client that follows redirects on the same host and keeps its token. */
  async function follow(path: string): Promise<{ status: number; text: string; steps: string[] }> {
    const steps: string[] = [];
    for (let at = path; ; ) {
      const url = new URL(at, cluster.gateway.url);
      const { statusCode, headers, body } = await request(url, {
        headers: { authorization: `token=${cluster.token}` },
      });
      const text = await body.text();
      if (statusCode !== 303) return { status: statusCode, text, steps };
      at = String(headers.location);
      steps.push(at);
    }
  }

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 2 });
    command = cluster.launch(node(), 'app.1');
    const { frameworkId } = command;
    [podTask] = cluster.mesos.launchPod({ frameworkId, agentId: node().agentId }, 'pod.1', ['web']) as [SimulatedTask];
    logging = cluster.launch(node(), 'logging.1');
    writeFileSync(join(sandboxOf(command), 'stdout'), Array.from({ length: 30 }, (_, at) => `line ${at}\n`).join(''));
    writeFileSync(join(sandboxOf(podTask), 'stderr'), 'from the pod\n');
    for (const line of ['j1', 'j2', 'j3']) node().journal.task(logging, line, 'STDOUT', Date.now());
    const known = async () => (await follow('/system/v1/logs/v2/task/logging.1')).steps.length;
    await vi.waitUntil(async () => (await known()) === 1, { timeout: 10_000 });
  });
  afterAll(() => cluster?.stop());

  it('are the last lines of its file', async () => {
    const { status, text, steps } = await follow('/system/v1/logs/v2/task/app.1/file/stdout?cursor=END&skip=-2');
    expect([status, text]).toEqual([200, 'line 28\nline 29\n']);
    expect(steps).toEqual([
      `/system/v1/agent/${node().agentId}/logs/v2/task/frameworks/${command.frameworkId}/executors/app.1/runs/${command.container.value}/stdout?cursor=END&skip=-2`,
    ]);
  });

  it('are those of a pod’s own container', async () => {
    const { status, text, steps } = await follow(`/system/v1/logs/v2/task/${podTask.id}/file/stderr`);
    expect([status, text]).toEqual([200, 'from the pod\n']);
    expect(steps[0]).toContain(`/runs/${podTask.container.parent?.value}/tasks/${podTask.id}/stderr`);
  });

  it('are listed and downloaded', async () => {
    const { text } = await follow('/system/v1/logs/v2/task/app.1/browse');
    expect(JSON.parse(text)).toMatchObject([{ size: 230, path: expect.stringMatching(/\/stdout$/) }]);
    expect((await follow('/system/v1/logs/v2/task/app.1/download')).text).toHaveLength(230);
  });

  it('are in the journal where the task writes there', async () => {
    await expect
      .poll(() => follow('/system/v1/logs/v2/task/logging.1/file/stdout?cursor=END&skip=-2'), { timeout: 10_000 })
      .toMatchObject({ status: 200, text: 'j2\nj3\n' });
  });

  it('are 204 while there is nothing, as the CLI wants it', async () => {
    const { status } = await follow('/system/v1/logs/v2/task/logging.1/file/stderr?cursor=END&skip=-10');
    expect(status).toBe(204);
  });
});
