import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { agentS1, closedPort, getAs, indexOf, readGatewayToken, startAgent, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);

/** An agent that remembers what it was asked. */
async function recordingAgent() {
  const requests: IncomingMessage[] = [];
  const agent = await startAgent((request, response) => {
    requests.push(request);
    response.end('line\n');
  });
  return { ...agent, requests };
}

describe('the routes by agent id', () => {
  test.each([
    '/v1/range/',
    '/v1/range/download?postfix=stdout',
    '/v1/stream/?skip_prev=10',
    '/v1/fields/STREAM?_timestamp=1',
    '/v1/range/framework/F/executor/E/container/p.c?filter=STREAM:STDOUT&filter=A:b%20c&cursor=s%3D1%3Bi',
    '/v1/range/framework/F/executor/E/container/p.c/download',
    '/v1/stream/framework/F/executor/E/container/p.c?limit=0&skip_prev=1',
    '/v1/range/framework/F/executor/a%20b%3Fc%23/container/C?x=%zz&;=%2F..',
    '/v1/range/framework/..F/executor/E../container/..C..?filter=A:..%2F',
    '/v2/component?skip=-10',
    '/v2/component/dcos-foo.service?skip=-2&filter=TAGX:1&filter=_PID:1',
    '/v2/component/a%40b.service?filter=A:50%&filter=B:c+d&filter=C:e;f&cursor=END',
  ])('ask that agent for %s, query byte for byte', async (path) => {
    const { port: agentPort, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, { agentPort });
    const { status, body } = await getAs('alice', port, `/system/v1/agent/S1/logs${path}`);
    expect([status, body]).toEqual([200, 'line\n']);
    expect(requests[0]?.url).toBe(`/system/v1/logs${path}`);
    const { payload } = await readGatewayToken(requests[0]?.headers ?? {}, 'S1');
    expect(payload).toMatchObject({
      uid: 'alice',
      route: `GET ${path.replace(/\?.*/, '')}`,
      scope: { v: 1, read: 'node', files: [], withhold: [] },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(60);
  });

  test('reach an agent at the address it was given by hand', async () => {
    const { origin, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, {
      agentPort: await closedPort(),
      addressing: { overrides: new Map([['S1', origin]]) },
    });
    expect(await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/')).toMatchObject({ status: 200 });
    expect(requests).toHaveLength(1);
  });

  test('answer 404 in Admin Router’s words for an agent that nobody knows', async () => {
    const { port } = await startGateway(secretPath);
    const { status, headers, body } = await getAs('alice', port, '/system/v1/agent/unknown-S0/logs/v1/range/');
    expect([status, headers['content-type'], body]).toEqual([
      404,
      'application/octet-stream',
      '404 Not Found: agent `unknown-S0` unknown.\n',
    ]);
  });

  test('answer 503 in Admin Router’s words while Mesos was never reached', async () => {
    const { port } = await startGateway(secretPath, { index: createClusterIndex() });
    for (const path of ['/system/v1/agent/S1/logs/v1/range/', '/system/v1/logs/v1/range/task/t']) {
      expect(await getAs('alice', port, path)).toMatchObject({
        status: 503,
        body: '503 Service Unavailable: cache state is invalid\n',
      });
    }
  });

  test('go on working when Mesos went away later', async () => {
    const { port: agentPort } = await recordingAgent();
    const index = indexOf();
    const { port } = await startGateway(secretPath, { agentPort, index });
    index.markStale('connection refused');
    expect(await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/')).toMatchObject({ status: 200 });
  });

  test('ask the agent that has taken the address of one that left, and say so when there is none', async () => {
    const { port: agentPort, requests } = await recordingAgent();
    const index = indexOf();
    const { port } = await startGateway(secretPath, { agentPort, index });
    const take = (agents: (typeof agentS1)[]) =>
      index.applySnapshot(
        { tasks: [], agents, recoveredAgentIds: [], frameworks: [], skipped: 0 },
        'http://127.0.0.1:5050',
        'poll',
      );
    take([{ ...agentS1, id: 'S2', host: '127.0.0.9', pid: 'slave(1)@127.0.0.9:5051' }]);
    const gone = await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/');
    expect(gone.status).toBe(503);
    expect(gone.body).toMatch(/^503 Service Unavailable: agent `S1` left the cluster at \d{4}-/);
    take([{ ...agentS1, id: 'S3' }]);
    expect(await getAs('alice', port, '/system/v1/agent/S1/logs/v1/range/')).toMatchObject({ status: 200 });
    await expect(readGatewayToken(requests[0]?.headers ?? {}, 'S3')).resolves.toBeDefined();
  });
});

describe('the routes of the gateway’s own node', () => {
  test('ask the local agent, which needs no Mesos', async () => {
    const { origin, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, {
      index: createClusterIndex(),
      localAgent: { id: 'master-1', origin },
    });
    expect(await getAs('alice', port, '/system/v1/logs/v1/range/?limit=1')).toMatchObject({ status: 200 });
    expect(requests[0]?.url).toBe('/system/v1/logs/v1/range/?limit=1');
    await expect(readGatewayToken(requests[0]?.headers ?? {}, 'master-1')).resolves.toBeDefined();
  });

  test('ask it for a component', async () => {
    const { origin, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, { localAgent: { id: 'master-1', origin } });
    for (const path of ['/system/v1/logs/v2/component?skip=-1', '/system/v1/logs/v2/component/dcos-foo.service']) {
      expect(await getAs('alice', port, path)).toMatchObject({ status: 200 });
      expect(requests.at(-1)?.url).toBe(path);
    }
  });

  test('answer 503 and name the flag without one', async () => {
    const { port } = await startGateway(secretPath);
    const { status, body } = await getAs('alice', port, '/system/v1/logs/v1/range/', { accept: 'application/json' });
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      code: 'no-local-agent',
      detail: expect.stringContaining('--local-agent'),
    });
  });

  test('redirect from the path without its slash, as nginx does', async () => {
    const { port } = await startGateway(secretPath);
    const { status, headers } = await getAs('alice', port, '/system/v1/logs?a=b');
    expect([status, headers.location]).toEqual([301, '/system/v1/logs/?a=b']);
  });
});

describe('the routes by task id', () => {
  const scopeOf = async (request: IncomingMessage | undefined) =>
    (await readGatewayToken(request?.headers ?? {}, 'S1')).payload.scope;

  test('ask the task’s agent for its range and stream, with nothing but the task in scope', async () => {
    const { port: agentPort, requests } = await recordingAgent();
    const app = task('app.1', { executorId: 'E', containerId: 'parent.child' });
    const { port } = await startGateway(secretPath, { agentPort, index: indexOf({ tasks: [app] }) });
    await getAs('alice', port, '/system/v1/logs/v1/range/task/app.1?limit=5');
    await getAs('alice', port, '/system/v1/logs/v1/range/task/app.1/download');
    await getAs('alice', port, '/system/v1/logs/v1/stream/task/app.1?skip_prev=1');
    expect(requests.map(({ url }) => url)).toEqual([
      '/system/v1/logs/v1/range/?limit=5',
      '/system/v1/logs/v1/range/download',
      '/system/v1/logs/v1/stream/?skip_prev=1',
    ]);
    for (const request of requests) {
      expect(await scopeOf(request)).toEqual({
        v: 1,
        read: [
          [
            { field: 'FRAMEWORK_ID', in: ['F1'] },
            { field: 'EXECUTOR_ID', in: ['E'] },
            { field: 'CONTAINER_ID', in: ['parent.child'] },
          ],
          [
            { field: 'CONTAINER_NAME', in: ['mesos-parent.child'] },
            { field: 'FRAMEWORK_ID', present: false },
          ],
        ],
        files: [{ framework: 'F1', executor: 'E', container: 'parent.child' }],
        withhold: [],
      });
    }
  });

  test.each([
    'a b',
    '%',
    '%2e',
    'a&b=c',
    'a?b',
    'a#b',
    '<>|"\'',
    'x:y;z@w',
    'a+b',
    '日本語',
    '..a',
    'a\\b',
    'x'.repeat(200),
  ])('take the id %j percent-encoded', async (id) => {
    const { port: agentPort, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, { agentPort, index: indexOf({ tasks: [task(id)] }) });
    const { status } = await getAs('alice', port, `/system/v1/logs/v1/range/task/${encodeURIComponent(id)}?x=1`);
    expect(status).toBe(200);
    expect(requests[0]?.url).toBe('/system/v1/logs/v1/range/?x=1');
    expect(JSON.stringify(await scopeOf(requests[0]))).toContain(JSON.stringify(`container-of-${id}`));
  });

  test('answer 404 for a task that nobody knows, naming it', async () => {
    const { port } = await startGateway(secretPath);
    expect(await getAs('alice', port, '/system/v1/logs/v1/range/task/ghost')).toMatchObject({
      status: 404,
      body: '404 Not Found: task `ghost` unknown.\n',
    });
  });

  test('find a task by a unique part of its id, and list the candidates where it is not unique', async () => {
    const { port: agentPort } = await recordingAgent();
    const index = indexOf({ tasks: [task('web.1'), task('web.2'), task('db.1')] });
    const { port } = await startGateway(secretPath, { agentPort, index });
    expect(await getAs('alice', port, '/system/v1/logs/v1/range/task/db')).toMatchObject({ status: 200 });
    const { status, body } = await getAs('alice', port, '/system/v1/logs/v1/range/task/web');
    expect(status).toBe(409);
    expect(body).toContain('web.1');
    expect(body).toContain('web.2');
  });

  test('name the frameworks when one id runs in several', async () => {
    const index = indexOf({ tasks: [task('a', { frameworkId: 'F1' }), task('a', { frameworkId: 'F2' })] });
    const { port } = await startGateway(secretPath, { index });
    const { status, body } = await getAs('alice', port, '/system/v1/logs/v1/range/task/a');
    expect(status).toBe(409);
    expect(body).toContain('a (framework F1)');
    expect(body).toContain('a (framework F2)');
  });

  test('answer 404 for a task that has no container yet', async () => {
    const { port } = await startGateway(secretPath, {
      index: indexOf({ tasks: [task('staging', { containerId: undefined })] }),
    });
    expect(await getAs('alice', port, '/system/v1/logs/v1/range/task/staging')).toMatchObject({
      status: 404,
      body: '404 Not Found: task `staging` has no container yet.\n',
    });
  });

  test('answer 403 for a task the policy keeps from the caller, and say nothing more of it', async () => {
    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    const policy: typeof everything = {
      ...everything,
      decide: (caller, subject) =>
        caller.uid === 'alice' ? everything.decide(caller, subject) : { allowed: false, reason: 'not alice' },
    };
    const index = indexOf({ tasks: [task('secret.1', { agentId: 'S-gone', containerId: undefined })] });
    const { port } = await startGateway(secretPath, { index, policy });
    expect(await getAs('bob', port, '/system/v1/logs/v1/range/task/secret.1')).toMatchObject({ status: 403 });
    expect(await getAs('bob', port, '/system/v1/logs/v1/range/task/secret')).toMatchObject({ status: 404 });
    expect(await getAs('bob', port, '/system/v1/agent/S1/logs/v1/range/')).toMatchObject({ status: 403 });
    expect(await getAs('alice', port, '/system/v1/logs/v1/range/task/secret')).toMatchObject({ status: 404 });
  });
});

describe('what is not a log route', () => {
  test.each([
    '/system/v1/logs/',
    '/system/v1/logs/v1/range',
    '/system/v1/logs/v2/task/t/',
    '/system/v1/logs/v2/task/t/file/',
    '/system/v1/logs/v2/task/t/stdout',
    '/system/v1/agent/S1/logs/v2/task/t/nope',
    '/system/v1/agent/S1/logs/v2/task/frameworks/F/executors/E/runs/C',
    '/system/v1/agent/S1/logs/v2/task/frameworks/F/executors/E/runs/C/tasks/t',
    '/system/v1/logs/v2/component/a.service/',
    '/system/v1/logs/v2/component/a.service/download',
    '/system/v1/agent/S1/logs/v2',
    '/system/v1/logs/foo/bar',
    '/system/v1/agent/S1/logs',
    '/system/v1/agent/S1/logsfoo',
    '/system/v1/agent/S1/logs/entries',
    '/system/v1/agent/S1/logs/metrics',
    '/system/v1/agent/S1/metrics/v0/node',
    '/system/v1/logs/v1/range/task/',
    '/system/v1/logs/v1/range/task/a/b',
    '/system/v1/logs/v1/fields/task/t',
    '/v1/range/',
    '/metrics',
  ])('is 404 at the gateway and never asked of an agent: %s', async (path) => {
    const { port: agentPort, origin, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, {
      agentPort,
      localAgent: { id: 'local', origin },
      index: indexOf({ tasks: [task('t')] }),
    });
    expect((await getAs('alice', port, path)).status).toBe(404);
    expect(requests).toHaveLength(0);
  });

  test.each([
    '/system/v1/agent/S1/logs/v1/range/../../../../x',
    '/system/v1/agent/S1/logs/v1/range/%2e%2e/stream/',
    '/system/v1/agent/S1/logs/v1/range/framework/F/executor/%2E%2e/container/C',
    '/system/v1/agent/S1/logs/v1/range/framework/F/executor/E%2Fx/container/C',
    '/system/v1/agent/S1/logs/v1/range/framework/./executor/E/container/C',
    '/system/v1/agent/S1/logs//v1/range/',
    '//system/v1/agent/S1/logs/v1/range/',
    '/system/v1/agent/S1/logs\\v1\\range/',
    '/system/v1/agent/S1%2f..%2fS2/logs/v1/range/',
    '/system/v1/logs/v1/range/task/a%2Fb',
    '/system/v1/agent/S1/logs/v1/range/#/x',
    'http://127.0.0.1:1/system/v1/agent/S1/logs/v1/range/',
    'http://S1/system/v1/agent/S1/logs/v1/range/',
    'system/v1/agent/S1/logs/v1/range/',
    '*',
  ])('and what could be read in two ways is 400: %s', async (path) => {
    const { port: agentPort, requests } = await recordingAgent();
    const { port } = await startGateway(secretPath, { agentPort });
    expect((await getAs('alice', port, path)).status).toBe(400);
    expect(requests).toHaveLength(0);
  });

  test('is any method but GET', async () => {
    const { port: agentPort, requests } = await recordingAgent();
    const { app } = await startGateway(secretPath, { agentPort });
    for (const method of ['POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'] as const) {
      const headers = { authorization: `token=${await sign({})}` };
      const { statusCode } = await app.inject({ method, url: '/system/v1/agent/S1/logs/v1/range/', headers });
      expect([method, statusCode]).toEqual([method, 404]);
    }
    expect(requests).toHaveLength(0);
  });
});
