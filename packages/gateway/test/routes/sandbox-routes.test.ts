import type { IncomingMessage } from 'node:http';
import { wholeNode } from '@clusterlog/shared';
import { describe, expect, test } from 'vitest';
import type { MesosTask } from '../../src/mesos/model.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { taskScope } from '../../src/policy/task-scope.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { get, getAs, indexOf, readGatewayToken, startAgent, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);

const web = task('pod.web', { executorId: 'pod', containerId: 'root.web' });
const side = task('pod.side', { executorId: 'pod', containerId: 'root.side' });
const earlier = task('pod.web', { executorId: 'pod', containerId: 'before.web', completed: true });
const app = task('app.1', { containerId: 'c1' });
const tasks = [earlier, web, side, app];

const base = '/system/v1/agent/S1/logs/v2/task/frameworks/F1/executors';

async function world(policy?: Policy, forwardCaller = false) {
  const requests: IncomingMessage[] = [];
  const { port: agentPort } = await startAgent((request, response) => {
    requests.push(request);
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('line\n');
  });
  const { port } = await startGateway(secretPath, {
    agentPort,
    index: indexOf({ tasks }),
    forwardCaller,
    ...(policy === undefined ? {} : { policy }),
  });
  const claims = async () => (await readGatewayToken(requests.at(-1)?.headers ?? {}, 'S1')).payload;
  return { port, requests, claims };
}

/** Who may read these tasks, and nodes or not. */
function reading(readable: readonly MesosTask[], node: boolean): Policy {
  return {
    description: 'for a test',
    version: 0,
    decide: (_caller, subject) => {
      if (subject.kind === 'node')
        return node ? { allowed: true, reason: '', scope: wholeNode } : { allowed: false, reason: '' };
      return readable.includes(subject.task)
        ? { allowed: true, reason: '', scope: taskScope(subject.task, { stream: false, trusted: [] }) }
        : { allowed: false, reason: '' };
    },
  };
}

describe('a sandbox asked for through the gateway', () => {
  test.each([
    ['app.1/runs/c1/stdout?cursor=END&skip=-10', 'app.1', 'c1'],
    ['app.1/runs/c1/a%20b%3F/download', 'app.1', 'c1'],
    ['app.1/runs/c1/files/browse', 'app.1', 'c1'],
    ['pod/runs/root/tasks/pod.web/stdout', 'pod', 'root.web'],
    ['pod/runs/root/tasks/pod.web/stderr/download', 'pod', 'root.web'],
    ['pod/runs/root/tasks/pod.web/files/browse', 'pod', 'root.web'],
    ['pod/runs/before/tasks/pod.web/stdout', 'pod', 'before.web'],
    ['pod/runs/root/files/browse', 'pod', 'root'],
  ])('as %s is asked of its node, with that container alone', async (path, executor, container) => {
    const { port, requests, claims } = await world();
    expect(await getAs('alice', port, `${base}/${path}`)).toMatchObject({ status: 200, body: 'line\n' });
    expect(requests[0]?.url).toBe(`${base}/${path}`.replace('/agent/S1', ''));
    const { scope, mesosAuthorization } = await claims();
    expect(scope).toMatchObject({ files: [{ framework: 'F1', executor, container }] });
    expect(mesosAuthorization).toBeUndefined();
  });

  test('of a task takes its task, not its node, to be read', async () => {
    const { port, claims } = await world(reading([web], false));
    expect(await getAs('alice', port, `${base}/pod/runs/root/tasks/pod.web/stdout`)).toMatchObject({ status: 200 });
    expect((await claims()).scope).toEqual(taskScope(web, { stream: false, trusted: [] }));
    expect(await getAs('alice', port, `${base}/pod/runs/root/tasks/pod.side/stdout`)).toMatchObject({ status: 403 });
    expect(await getAs('alice', port, `${base}/app.1/runs/c1/stdout`)).toMatchObject({ status: 403 });
  });

  test('of a whole pod takes all its tasks', async () => {
    const one = await world(reading([web], true));
    expect(await getAs('alice', one.port, `${base}/pod/runs/root/files/browse`)).toMatchObject({ status: 403 });
    const both = await world(reading([web, side], false));
    expect(await getAs('alice', both.port, `${base}/pod/runs/root/files/browse`)).toMatchObject({ status: 200 });
  });

  test('of a container that Mesos has forgotten takes the whole node', async () => {
    const task = await world(reading(tasks, false));
    expect(await getAs('alice', task.port, `${base}/old/runs/c0/stdout`)).toMatchObject({ status: 403 });
    expect(await getAs('alice', task.port, `${base}/pod/runs/root/tasks/pod.gone/stdout`)).toMatchObject({
      status: 403,
    });
    const node = await world(reading([], true));
    expect(await getAs('alice', node.port, `${base}/old/runs/c0/stdout`)).toMatchObject({ status: 200 });
    expect((await node.claims()).scope).toEqual({
      ...wholeNode,
      files: [{ framework: 'F1', executor: 'old', container: 'c0' }],
    });
  });

  test('of a container that Mesos has forgotten is for nobody who reads but a part of the node', async () => {
    const part: Policy = {
      ...reading([web], true),
      decide: (caller, subject) =>
        reading([web], true).decide(caller, subject.kind === 'task' ? subject : { kind: 'task', task: web }),
    };
    const { port, requests } = await world(part);
    for (const path of ['old/runs/c0/stdout', 'pod/runs/root/tasks/pod.gone/stdout', 'other/runs/root/stdout']) {
      expect((await getAs('alice', port, `${base}/${path}`)).status).toBe(403);
    }
    expect(requests).toEqual([]);
  });

  test('is refused in the words of its path: whose it is, is not told', async () => {
    const { port } = await world(reading([web], false));
    for (const path of ['pod/runs/root/stdout', 'pod/runs/root.side/stdout', 'old/runs/c0/stdout']) {
      const { body } = await getAs('alice', port, `${base}/${path}`);
      expect(body).toBe(`You may not read the sandbox of executor ${path.split('/')[0]}.\n`);
    }
  });

  test.each(['..%2f..%2fstdout', '%2e%2e', '..', 'a%2Fb'])('is no way to another file: %s', async (file) => {
    const { port, requests } = await world();
    for (const path of [`app.1/runs/c1/${file}`, `app.1/runs/${file}/stdout`, `${file}/runs/c1/stdout`]) {
      expect((await getAs('alice', port, `${base}/${path}`)).status).toBe(400);
    }
    expect(requests).toEqual([]);
  });
});

describe('a caller’s own token', () => {
  const path = `${base}/app.1/runs/c1/stdout`;

  test('goes to the Mesos agent, signed into the gateway’s, when the gateway is told to forward it', async () => {
    const { port, requests, claims } = await world(undefined, true);
    const token = await sign({ uid: 'alice' });
    for (const headers of [
      { authorization: `token=${token}` },
      { authorization: `Bearer ${token}` },
      { cookie: `dcos-acs-auth-cookie=${token}` },
    ]) {
      expect(await get(port, path, { headers })).toMatchObject({ status: 200 });
      expect((await claims()).mesosAuthorization).toBe(`token=${token}`);
      expect(JSON.stringify({ ...requests.at(-1)?.headers, authorization: '' })).not.toContain(token);
    }
  });

  test('stays at the gateway where no Mesos agent is asked', async () => {
    const { port, claims } = await world(undefined, true);
    await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/');
    expect((await claims()).mesosAuthorization).toBeUndefined();
  });
});

describe('the download of a task’s log', () => {
  test.each([
    ['root-range.log.gz', 'task-root.web.log.gz'],
    ['root-range-stdout.log.gz', 'task-root.web-stdout.log.gz'],
  ])('is named after its container, as dcos-log does: %s', async (given, name) => {
    const { port: agentPort } = await startAgent((_request, response) => {
      response.writeHead(200, { 'content-disposition': `attachment; filename=${given}` }).end();
    });
    const { port } = await startGateway(secretPath, { agentPort, index: indexOf({ tasks: [web] }) });
    const byTask = await getAs('alice', port, '/system/v1/logs/v1/range/task/pod.web/download');
    expect(byTask.headers['content-disposition']).toBe(`attachment; filename=${name}`);
    const byAgent = await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/download');
    expect(byAgent.headers['content-disposition']).toBe(`attachment; filename=${given}`);
  });
});
