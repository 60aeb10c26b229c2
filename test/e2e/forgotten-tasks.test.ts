import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';

interface MergedEntry {
  readonly fields: { readonly MESSAGE: string };
  readonly cursor: string;
  readonly source: { readonly agent: string; readonly container?: string };
}

const entries = '/system/v1/logs/v3/entries';
const podId = 'team_pod.instance-00000001-0000-4000-8000-000000000000';
const appId = 'team_web.instance-00000002-0000-4000-8000-000000000000._app.1';

describe('tasks that Mesos has forgotten', () => {
  let cluster: DevCluster;
  let ofPod: SimulatedTask[];
  let app: SimulatedTask;
  /** A gateway that knew them, and one that was started since. */
  let warm: string;
  let cold: string;

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 2 });
    const [first, second] = cluster.nodes as [DevNode, DevNode];
    app = cluster.launch(second, appId);
    const { frameworkId } = app;
    ofPod = cluster.mesos.launchPod({ frameworkId, agentId: first.agentId }, podId, ['front', 'back']);
    const begun = Date.now() - 60_000;
    for (let n = 0; n < 6; n++) {
      for (const task of ofPod) first.journal.task(task, `${task.name} ${n}`, 'STDOUT', begun + n * 10);
      second.journal.task(app, `web ${n}`, 'STDERR', begun + n * 10 + 5);
      first.journal.service('sshd.service', 'sshd', 'a line of the node', 'syslog', begun + n * 10 + 7);
    }
    for (const task of [...ofPod, app]) cluster.mesos.report(task, 'TASK_FINISHED');
    warm = cluster.gateway.url;
    await vi.waitFor(async () => expect(await status(warm, `task=${podId}.back`)).toBe(200), { timeout: 30_000 });
    cluster.mesos.completedTasks = [];
    cold = (await cluster.addGateway()).url;
  }, 120_000);
  afterAll(() => cluster?.stop());

  const ask = async (gateway: string, query: string) => {
    const headers = { authorization: `token=${cluster.token}`, accept: 'application/x-ndjson' };
    const { statusCode, body } = await request(new URL(`${entries}?${query}`, gateway), { headers });
    return { status: statusCode, text: await body.text() };
  };
  const status = async (gateway: string, query: string) => (await ask(gateway, query)).status;
  async function read(gateway: string, query: string): Promise<MergedEntry[]> {
    const answer = await ask(gateway, `since=-1h&${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as MergedEntry]));
  }
  const messagesOf = (found: readonly MergedEntry[]) => found.map(({ fields }) => fields.MESSAGE);
  const lines = (name: string) => Array.from({ length: 6 }, (_, n) => `${name} ${n}`);
  const container = (at: number) => containerIdOf((ofPod[at] as SimulatedTask).container);

  it('are found by the container that the journal names, whole or in part', async () => {
    for (const text of [container(1), container(1).slice(-23)]) {
      const found = await read(cold, `task=${text}`);
      expect(messagesOf(found)).toEqual(lines('back'));
      expect(new Set(found.map(({ source }) => source.container))).toEqual(new Set([container(1)]));
    }
  });

  it('are all read of a pod, each line with its container, by the pod’s executor or path', async () => {
    for (const query of [`task=instance-${podId}`, 'service=/team/pod']) {
      const found = await read(cold, query);
      expect(messagesOf(found).toSorted()).toEqual([...lines('back'), ...lines('front')]);
      for (const { fields, source } of found) {
        expect(source.container).toBe(container(fields.MESSAGE.startsWith('front') ? 0 : 1));
      }
    }
  });

  it('are found by their task id under the command executor', async () => {
    expect(messagesOf(await read(cold, `task=${appId}`))).toEqual(lines('web'));
  });

  it('are gone on with by cursors of a gateway that knew them', async () => {
    const all = messagesOf(await read(warm, 'service=/team/pod'));
    const page = await read(warm, 'service=/team/pod&limit=5');
    const rest = await read(cold, `service=/team/pod&cursor=${page.at(-1)?.cursor}`);
    expect(all).toHaveLength(12);
    expect([...messagesOf(page), ...messagesOf(rest)]).toEqual(all);
  });

  it('are not found where no journal names them', async () => {
    expect(await status(cold, 'task=99999999-9999-4000-8000-999999999999')).toBe(404);
  });
});
