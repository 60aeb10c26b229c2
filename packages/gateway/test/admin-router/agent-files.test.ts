import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedAuthorization, Metrics } from '@clusterlog/shared/server';
import { MesosAgent } from '@clusterlog/test/dev-cluster/mesos-agent';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MesosAgents } from '../../src/admin-router/mesos-agents.ts';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import type { MesosTask } from '../../src/mesos/model.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import {
  agentS1,
  get,
  getAs,
  indexOf,
  startAgent,
  startGateway,
  type TestGatewayOptions,
  task,
  testRouter,
} from '../gateway.ts';
import { recordingLog } from '../recording-log.ts';
import { onlyTasks, withholding } from './policies.ts';

const secretPath = keyDirectory()('secret', secret);

/** web of its own, other of another service, and a pod of two containers. */
const tasks: MesosTask[] = [
  task('web', { executorId: 'web', containerId: 'C-web' }),
  task('other', { executorId: 'other', containerId: 'C-other' }),
  task('pod.main', { executorId: 'pod', containerId: 'C-pod.X' }),
  task('pod.side', { executorId: 'pod', containerId: 'C-pod.Y' }),
];

/** A Mesos agent with the sandboxes of these tasks, and a gateway before it. */
async function cluster(options: TestGatewayOptions = {}, authorization?: string) {
  const workDirectory = mkdtempSync(join(tmpdir(), 'clusterlog-sandboxes-'));
  onTestFinished(() => rmSync(workDirectory, { recursive: true }));
  const mesos = new MesosAgent({ id: 'S1', workDirectory, ...(authorization === undefined ? {} : { authorization }) });
  await mesos.start();
  onTestFinished(() => mesos.stop());
  const sandboxes = Object.fromEntries(
    [...tasks, task('forgotten', { containerId: 'C-forgotten' })].map(
      ({ id, frameworkId, executorId, containerId = '' }) => {
        const directory = mesos.sandbox({
          framework: frameworkId,
          executor: executorId,
          container: containerId,
          task: id,
        });
        writeFileSync(join(directory, 'stdout'), `out of ${id}\n`);
        return [id, directory];
      },
    ),
  ) as Record<'web' | 'other' | 'pod.main' | 'pod.side' | 'forgotten', string>;
  const log = join(workDirectory, 'agent.log');
  writeFileSync(log, 'secret\n');
  mesos.files.attach(log, '/slave/log');
  const agents = [{ ...agentS1, port: mesos.port, pid: `slave(1)@127.0.0.1:${mesos.port}` }];
  const { port } = await startGateway(secretPath, { index: indexOf({ tasks, agents }), ...options });
  const read = (uid: string, path: string, more = '&offset=0') =>
    getAs(uid, port, `/agent/S1/files/read?path=${encodeURIComponent(path)}${more}`);
  return { mesos, port, sandboxes, read };
}

const bobReadsWeb = { policy: onlyTasks(({ id }) => id === 'web') };

describe('the files of an agent', () => {
  test.each(['/agent/S1/files', '/slave/S1/files'])(
    'are read, listed and downloaded under %s, as Mesos answers',
    async (prefix) => {
      const { port, sandboxes } = await cluster();
      const path = encodeURIComponent(sandboxes.web);
      expect(await getAs('bob', port, `${prefix}/read?path=${path}/stdout&offset=4&length=2`)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"data":"of","offset":4}',
      });
      expect(await getAs('bob', port, `${prefix}/read.json?path=${path}/stdout&offset=-1`)).toMatchObject({
        body: '{"data":"","offset":11}',
      });
      const listed = await getAs('bob', port, `${prefix}/browse?path=${path}`);
      expect(JSON.parse(listed.body)).toMatchObject([{ path: `${sandboxes.web}/stdout`, size: 11 }]);
      expect(await getAs('bob', port, `${prefix}/download?path=${path}/stdout`)).toMatchObject({
        status: 200,
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment; filename=stdout',
          'x-content-type-options': 'nosniff',
          'content-length': '11',
        },
        body: 'out of web\n',
      });
    },
  );

  test('are never a page that a browser would run', async () => {
    const { port, sandboxes } = await cluster();
    writeFileSync(join(sandboxes.web, 'x.html'), '<script>1</script>');
    const { headers } = await getAs('bob', port, `/agent/S1/files/download?path=${sandboxes.web}/x.html`);
    expect(headers['content-type']).toBe('application/octet-stream');
  });

  test('are answered with Mesos’ own 404 and 400', async () => {
    const { read, sandboxes } = await cluster();
    expect(await read('bob', `${sandboxes.web}/nope`)).toMatchObject({ status: 404, body: '' });
    expect(await read('bob', sandboxes.web)).toMatchObject({ status: 400, body: 'Cannot read a directory.\n' });
  });

  test('take names that need escaping', async () => {
    const { read, sandboxes } = await cluster();
    const name = 'a b+c%2F&d=e#f?日本語\\"';
    writeFileSync(join(sandboxes.web, name), 'odd');
    expect(await read('bob', join(sandboxes.web, name))).toMatchObject({
      status: 200,
      body: '{"data":"odd","offset":0}',
    });
  });

  test('are for those who may read the task, by every path that leads there', async () => {
    const { read, sandboxes } = await cluster(bobReadsWeb);
    for (const path of [sandboxes.web, '/frameworks/F1/executors/web/runs/latest']) {
      expect((await read('bob', `${path}/stdout`)).status).toBe(200);
    }
    for (const path of [sandboxes.other, '/frameworks/F1/executors/other/runs/latest', sandboxes['pod.main']]) {
      expect((await read('bob', `${path}/stdout`)).status).toBe(403);
      expect((await read('alice', `${path}/stdout`)).status).not.toBe(403);
    }
  });

  test('of a pod’s container are for those who may read its task; the pod’s own for those who may read all of it', async () => {
    const { read, port, sandboxes } = await cluster({ policy: onlyTasks(({ id }) => id === 'pod.main') });
    const root = sandboxes['pod.main'].replace(/\/containers\/.*/, '');
    for (const path of [`${root}/containers/X/stdout`, `${root}/tasks/pod.main/stdout`]) {
      expect((await read('bob', path)).status).toBe(200);
    }
    const latest = '/frameworks/F1/executors/pod/runs/latest';
    for (const path of [
      `${root}/containers/Y/stdout`,
      `${root}/tasks/pod.side/stdout`,
      `${root}/containers/Z/stdout`,
      `${root}/stdout`,
      `${latest}/containers/X/stdout`,
      `${latest}/tasks/pod.main/stdout`,
    ]) {
      expect([path, (await read('bob', path)).status]).toEqual([path, 403]);
    }
    expect((await getAs('bob', port, `/agent/S1/files/browse?path=${root}`)).status).toBe(403);
    expect((await getAs('alice', port, `/agent/S1/files/browse?path=${root}`)).status).toBe(200);
    expect((await read('alice', `${latest}/tasks/pod.main/stdout`)).body).toContain('out of pod.main');
  });

  test('of a task that Mesos has forgotten are for those who may read the whole node', async () => {
    const { read, sandboxes } = await cluster({ policy: onlyTasks(() => true) });
    expect((await read('bob', `${sandboxes.forgotten}/stdout`)).status).toBe(403);
    expect((await read('alice', `${sandboxes.forgotten}/stdout`)).status).toBe(200);
  });

  test('are for nobody from whom messages are withheld: a file comes whole', async () => {
    const { read, port, sandboxes } = await cluster({ policy: withholding({ field: 'MESSAGE', pattern: 'password' }) });
    for (const path of [sandboxes.web, sandboxes.forgotten])
      expect((await read('bob', `${path}/stdout`)).status).toBe(403);
    expect((await getAs('bob', port, `/agent/S1/files/browse?path=${sandboxes.web}`)).status).toBe(403);
  });

  test('are there for who may not see fields that stand in no file', async () => {
    const { read, sandboxes } = await cluster({ policy: withholding({ field: '_CMDLINE' }) });
    expect((await read('bob', `${sandboxes.web}/stdout`)).status).toBe(200);
  });

  test('are those of the agent that answers, whoever was asked for: a virtual path names none', async () => {
    const { mesos, port, sandboxes } = await cluster();
    const old = { ...agentS1, port: mesos.port };
    const others = [task('mine', { executorId: 'shared', containerId: 'C-1' })];
    const index = indexOf({ tasks: others, agents: [old] });
    index.applyEvent({ type: 'AGENT_ADDED', agent: { ...old, id: 'S2' } });
    const added = task('theirs', { executorId: 'shared', containerId: 'C-2', agentId: 'S2' });
    index.applyEvent({ type: 'TASK_ADDED', task: added });
    const gateway = await startGateway(secretPath, { index, policy: onlyTasks(({ id }) => id === 'mine') });
    const latest = '/frameworks/F1/executors/shared/runs/latest/stdout';
    expect((await getAs('bob', gateway.port, `/agent/S1/files/read?path=${latest}`)).status).toBe(403);
    expect((await getAs('bob', gateway.port, `/agent/S2/files/read?path=${latest}`)).status).toBe(403);
    expect(port).not.toBe(gateway.port);
    const onDisk = sandboxes.web.replace('/slaves/S1/', '/slaves/S2/').replace('executors/web', 'executors/shared');
    expect((await getAs('bob', gateway.port, `/agent/S1/files/read?path=${onDisk}/stdout`)).status).toBe(403);
    expect((await getAs('alice', gateway.port, `/agent/S1/files/read?path=${latest}`)).status).toBe(404);
  });

  test.each([
    ['/slave/log'],
    ['/etc/hostname'],
    ['/'],
    ['/var/lib/mesos/slaves/S2/frameworks/F1/executors/web/runs/C-web/stdout'],
    ['/frameworks/F1/executors/web/runs/latest/../../../../F1/executors/other/runs/latest/stdout'],
    ['/frameworks/F1/executors/web/runs/latest/..%2F..'],
  ])('that are in no sandbox of this agent are 403, and Mesos is not asked: %s', async (path) => {
    const { mesos, port } = await cluster();
    expect((await getAs('alice', port, `/agent/S1/files/read?path=${path}&offset=0`)).status).toBe(403);
    expect(mesos.requests).toEqual([]);
  });

  test('are asked for in words of our own: nothing else of the caller’s reaches Mesos', async () => {
    const { mesos, port, sandboxes } = await cluster();
    await getAs(
      'bob',
      port,
      `/agent/S1/files/read?jsonp=alert&path=${sandboxes.web}//./stdout&offset=1&length=3&x=%0d%0a`,
    );
    expect(mesos.requests).toEqual([
      `GET /files/read?path=${encodeURIComponent(sandboxes.web)}%2Fstdout&offset=1&length=3`,
    ]);
  });

  test.each([
    '/agent/S1/files/read',
    '/agent/S1/files/read?path=',
    '/agent/S1/files/read?path=/a&path=/b',
    '/agent/S1/files/read?path=/a&offset=-2',
    '/agent/S1/files/read?path=/a&offset=1e9',
    '/agent/S1/files/browse',
  ])('are 400 for %s', async (path) => {
    const { port } = await startGateway(secretPath);
    expect((await getAs('alice', port, path)).status).toBe(400);
  });

  test('are 401 without a token, before anything else is said', async () => {
    const { port } = await startGateway(secretPath, { index: createClusterIndex() });
    expect((await get(port, '/agent/S1/files/read?path=/etc')).status).toBe(401);
    expect(await getAs('bob', port, '/agent/S1/files/read?path=/etc')).toMatchObject({
      status: 503,
      body: '503 Service Unavailable: cache state is invalid\n',
    });
  });

  test('are 404 in Admin Router’s words on an agent that nobody knows', async () => {
    const { port } = await startGateway(secretPath);
    expect(await getAs('bob', port, '/agent/S9/files/debug')).toMatchObject({
      status: 404,
      body: '404 Not Found: agent `S9` unknown.\n',
    });
  });

  test('are asked for with the credential that Mesos agents want, and 502 when they refuse it', async () => {
    const credential = fixedAuthorization('Basic cHJpbmNpcGFsOnNlY3JldA==');
    const mesosAgents = new MesosAgents({ scheme: 'http', dispatcher: new Agent(), credential });
    const { read, sandboxes } = await cluster(
      { router: testRouter({ mesosAgents }) },
      'Basic cHJpbmNpcGFsOnNlY3JldA==',
    );
    expect((await read('bob', `${sandboxes.web}/stdout`)).status).toBe(200);
    const refusing = await cluster({}, 'Basic b3RoZXI=');
    expect((await refusing.read('bob', `${refusing.sandboxes.web}/stdout`)).status).toBe(502);
  });

  test('are 502 when the Mesos agent is down or redirects, and its address is not told', async () => {
    const { mesos, read, sandboxes } = await cluster();
    await mesos.stop();
    const { status, body } = await read('bob', `${sandboxes.web}/stdout`);
    expect(status).toBe(502);
    expect(body).not.toContain(String(mesos.port));
    const elsewhere = await startAgent((_request, response) => response.writeHead(307, { location: '//evil/' }).end());
    const agents = [{ ...agentS1, port: elsewhere.port }];
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks, agents }) });
    const redirected = await getAs('bob', port, `/agent/S1/files/read?path=${sandboxes.web}/stdout`);
    expect([redirected.status, redirected.headers.location]).toEqual([502, undefined]);
  });

  test('are 502 when the Mesos agent fails, and what it says is not told', async () => {
    const failing = await startAgent((_request, response) => response.writeHead(500).end('at /var/lib/mesos'));
    const agents = [{ ...agentS1, port: failing.port }];
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks, agents }) });
    const path = '/frameworks/F1/executors/web/runs/latest/stdout';
    const { status, body } = await getAs('bob', port, `/agent/S1/files/read?path=${path}`);
    expect([status, body]).toEqual([502, 'The Mesos agent S1 does not answer.\n']);
  });

  test('are asked for no longer than the caller waits, and nobody is blamed then', async () => {
    const { server, port: mesosPort } = await startAgent(() => undefined);
    const agents = [{ ...agentS1, port: mesosPort }];
    const log = recordingLog();
    const { port } = await startGateway(secretPath, {
      index: indexOf({ tasks, agents }),
      server: { log: log.logger, accessLog: true, metrics: new Metrics() },
    });
    const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
    const path = '/frameworks/F1/executors/web/runs/latest/stdout';
    const headers = { authorization: `token=${await sign({})}` };
    const caller = request({ port, path: `/agent/S1/files/download?path=${path}`, headers });
    caller.on('error', () => undefined).end();
    const [, answer] = await asked;
    const told = once(answer, 'close');
    caller.destroy();
    await told;
    await log.line(({ msg }) => msg === 'request');
    expect(log.lines.filter(({ level }) => level >= 40)).toEqual([]);
  });

  test('are not there when switched off', async () => {
    const { port, sandboxes } = await cluster({ router: testRouter({ without: new Set(['agent-files']) }) });
    expect((await getAs('alice', port, `/agent/S1/files/browse?path=${sandboxes.web}`)).status).toBe(404);
    expect((await getAs('alice', port, '/agent/S1/files/debug')).status).toBe(404);
  });

  test('are only read: other methods are 404', async () => {
    const { port, mesos } = await cluster();
    const headers = { authorization: `token=${await sign({})}` };
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
      expect((await get(port, '/agent/S1/files/debug', { method, headers })).status).toBe(404);
    }
    expect(mesos.requests).toEqual([]);
  });

  test('are followed as the UI does it: the size first, then piece by piece', async () => {
    const { read, sandboxes } = await cluster();
    const path = `${sandboxes.web}/stdout`;
    const size = JSON.parse((await read('bob', path, '&offset=-1')).body).offset;
    appendFileSync(path, 'more\n');
    expect((await read('bob', path, `&offset=${size}&length=50000`)).body).toBe(`{"data":"more\\n","offset":${size}}`);
  });
});

describe('files/debug', () => {
  test('tells of the sandboxes that the caller may read, and of nothing else', async () => {
    const { port, sandboxes } = await cluster(bobReadsWeb);
    const told = async (uid: string) => JSON.parse((await getAs(uid, port, '/agent/S1/files/debug')).body);
    expect(await told('bob')).toEqual({
      '/frameworks/F1/executors/web/runs/latest': sandboxes.web,
      [sandboxes.web]: sandboxes.web,
    });
    const toldAlice = await told('alice');
    expect(Object.values(toldAlice)).toContain(sandboxes.forgotten);
    expect(toldAlice).not.toHaveProperty('/slave/log');
  });

  test('is refused, and Mesos not asked, where the caller may read nothing at all', async () => {
    const { port, mesos } = await cluster({ policy: onlyTasks(() => false) });
    expect((await getAs('bob', port, '/agent/S1/files/debug')).status).toBe(403);
    expect(mesos.requests).toEqual([]);
  });

  test('leads `dcos task ls` to the files of a task', async () => {
    const { port, sandboxes } = await cluster(bobReadsWeb);
    const debug: Record<string, string> = JSON.parse((await getAs('bob', port, '/agent/S1/files/debug')).body);
    const suffix = '/frameworks/F1/executors/web/runs/C-web';
    const [directory] = Object.entries(debug).flatMap(([name, path]) => (name.endsWith(suffix) ? [path] : []));
    const listed = await getAs('bob', port, `/agent/S1/files/browse?path=${directory}/.`);
    expect(JSON.parse(listed.body).map(({ path }: { path: string }) => path)).toEqual([`${sandboxes.web}/stdout`]);
  });
});
