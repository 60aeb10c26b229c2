import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RawExchange } from '../conformance/raw-exchange.ts';
import { DevCluster } from '../dev-cluster/cluster.ts';
import type { DevNode } from '../dev-cluster/dev-node.ts';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';

interface State {
  readonly frameworks: readonly {
    readonly tasks: readonly {
      readonly id: string;
      readonly framework_id: string;
      readonly executor_id: string;
      readonly slave_id: string;
      readonly statuses: readonly [
        { readonly container_status: { readonly container_id: { readonly value: string } } },
      ];
    }[];
  }[];
}

/** What DC/OS' clients send on their way to the files of a task, byte for byte, and what they make of the answers. */
describe('the sandbox of a task, at the gateway', () => {
  let cluster: DevCluster;
  let task: SimulatedTask;
  let sandbox: string;
  const node = (): DevNode => cluster.nodes[1] as DevNode;

  /** The bytes of one request, as they stand. */
  async function send(line: string, credentials: string, more: readonly string[] = []) {
    const origin = cluster.gateway.url;
    const lines = [`${line} HTTP/1.1`, `Host: ${new URL(origin).host}`, credentials, ...more];
    return await RawExchange.ask({ origin, lines });
  }

  const cli = (line: string) =>
    send(line, `Authorization: token=${cluster.token}`, ['User-Agent: dcos-cli/1.2.0 linux', 'Accept-Encoding: gzip']);
  const ui = (line: string) =>
    send(line, `Cookie: dcos-acs-auth-cookie=${cluster.token}; other=1`, [
      'Accept: application/json, text/javascript',
      'X-Requested-With: XMLHttpRequest',
      'Sec-Fetch-Site: same-origin',
      'Content-Type: application/json; charset=utf-8',
    ]);

  beforeAll(async () => {
    cluster = await DevCluster.start({ nodes: 2 });
    task = cluster.launch(node(), 'app.1');
    const container = containerIdOf(task.container);
    sandbox = node().mesosAgent.sandbox({ framework: task.frameworkId, executor: task.id, container });
    writeFileSync(join(sandbox, 'stdout'), 'line 1\nline 2\n');
    writeFileSync(join(sandbox, 'stderr'), '');
    const executor = {
      id: task.id,
      name: `Command Executor (Task: ${task.id}) (Command: sh -c 'echo ...')`,
      container,
      directory: sandbox,
      tasks: [{ id: task.id, name: task.id, framework_id: task.frameworkId, executor_id: '' }],
    };
    node().mesosAgent.frameworks = [{ id: task.frameworkId, name: 'marathon', executors: [executor] }];
    const known = async () => (await cli('GET /mesos/master/state')).text.includes('app.1');
    await vi.waitUntil(known, { timeout: 10_000 });
  });
  afterAll(() => cluster?.stop());

  it('is listed and read by `dcos task ls` and `dcos task download`', async () => {
    const state = JSON.parse((await cli('GET /mesos/master/state')).text) as State;
    const [found] = state.frameworks.flatMap(({ tasks }) => tasks).filter(({ id }) => id.includes('app'));
    if (found === undefined) throw new Error('the task is not in the state');
    const run = found.statuses[0].container_status.container_id.value;
    const suffix = `/frameworks/${found.framework_id}/executors/${found.executor_id || found.id}/runs/${run}`;
    const debug = await cli(`GET /agent/${found.slave_id}/files/debug`);
    const paths = Object.entries(JSON.parse(debug.text) as Record<string, string>);
    const [directory] = paths.flatMap(([name, path]) => (name.endsWith(suffix) ? [path] : []));
    const listed = await cli(`GET /agent/${found.slave_id}/files/browse?path=${encodeURIComponent(`${directory}/.`)}`);
    const files = JSON.parse(listed.text) as { path: string; size: number; mode: string }[];
    expect(files.map(({ path, size }) => [path.replace(/.*\//, ''), size])).toEqual([
      ['stderr', 0],
      ['stdout', 14],
    ]);
    const file = await cli(
      `GET /agent/${found.slave_id}/files/download?path=${encodeURIComponent(`${sandbox}/stdout`)}`,
    );
    expect([file.status, file.end, file.text]).toEqual([200, 'whole', 'line 1\nline 2\n']);
  });

  it('is found and shown by the UI’s file viewer, with its cookie', async () => {
    const pid = `slave(1)@127.0.0.1:${node().mesosAgent.port}`;
    const state = await ui(`GET /agent/${node().agentId}/${pid.split('@')[0]}/state?_timestamp=1`);
    expect(state.text).not.toContain('echo');
    const directory = JSON.parse(state.text).frameworks[0].executors[0].directory as string;
    expect(directory).toBe(sandbox);
    const path = encodeURIComponent(`${directory}/stdout`);
    const files = `/agent/${node().agentId}/files`;
    expect(
      JSON.parse((await ui(`GET ${files}/browse?path=${encodeURIComponent(directory)}&_timestamp=2`)).text),
    ).toHaveLength(2);
    expect(JSON.parse((await ui(`GET ${files}/read?path=${path}&offset=-1`)).text)).toEqual({ data: '', offset: 14 });
    expect(JSON.parse((await ui(`GET ${files}/read?path=${path}&offset=7&length=50000`)).text)).toEqual({
      data: 'line 2\n',
      offset: 7,
    });
    const saved = await ui(`GET ${files}/download?path=${path}`);
    expect([saved.header('content-disposition'), saved.text]).toEqual([
      'attachment; filename=stdout',
      'line 1\nline 2\n',
    ]);
  });

  it('is found where the agents and the leader are asked for first', async () => {
    const leader = await cli('GET /mesos_dns/v1/hosts/leader.mesos');
    expect(JSON.parse(leader.text)).toEqual([{ host: 'leader.mesos.', ip: '127.0.0.1' }]);
    const config = await send('GET /dcos-metadata/ui-config.json', 'Accept: application/json');
    expect(JSON.parse(config.text)).toMatchObject({
      uiConfiguration: { plugins: { mesos: { 'logging-strategy': 'journald' } } },
    });
    const summary = await ui('GET /mesos/master/state-summary?_timestamp=3');
    expect(JSON.parse(summary.text).slaves.map(({ id }: { id: string }) => id)).toEqual(
      cluster.nodes.map(({ agentId }) => agentId),
    );
  });

  it('is shown to nobody without a token', async () => {
    for (const path of [
      `/agent/${node().agentId}/files/debug`,
      '/mesos/master/state',
      `/agent/${node().agentId}/slave(1)/state`,
    ]) {
      expect((await send(`GET ${path}`, 'Accept: */*')).status).toBe(401);
    }
  });
});
