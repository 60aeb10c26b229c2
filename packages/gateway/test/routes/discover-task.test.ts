import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/policy/policy.ts';
import { taskScope } from '../../src/policy/task-scope.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { get, getAs, indexOf, startGateway, task, testRouter } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);

const command = task('app.1', { frameworkId: 'F-0001', containerId: 'c1' });
const podTask = task('pod.1.web', { frameworkId: 'F-0001', executorId: 'instance-pod.1', containerId: 'root.child' });
/** Its executor is its framework's own: it runs in the executor's container, or in none of its own. */
const ofCustomExecutor = task('node-0', { frameworkId: 'F-0002', executorId: 'node-0_executor', containerId: 'c2' });
const finished = task('batch.9', { frameworkId: 'F-0001', containerId: 'c9', completed: true, state: 'TASK_FINISHED' });
const odd = task('a b%&?#"<é', { frameworkId: 'F-0001', containerId: 'c-odd' });
const tasks = [command, podTask, ofCustomExecutor, finished, odd];

const runs = '/system/v1/agent/S1/logs/v2/task/frameworks';

describe('a task asked for by its id', () => {
  test.each([
    ['app.1', `${runs}/F-0001/executors/app.1/runs/c1/stdout`],
    ['app.1/file/stderr', `${runs}/F-0001/executors/app.1/runs/c1/stderr`],
    ['app.1/file/my%20log.txt', `${runs}/F-0001/executors/app.1/runs/c1/my%20log.txt`],
    ['app.1/browse', `${runs}/F-0001/executors/app.1/runs/c1/files/browse`],
    ['app.1/download', `${runs}/F-0001/executors/app.1/runs/c1/stdout/download`],
    ['app.1/file/stderr/download', `${runs}/F-0001/executors/app.1/runs/c1/stderr/download`],
    [
      'app.1/file/stdout?cursor=END&skip=-10&x=%zz',
      `${runs}/F-0001/executors/app.1/runs/c1/stdout?cursor=END&skip=-10&x=%zz`,
    ],
    ['pod.1.web', `${runs}/F-0001/executors/instance-pod.1/runs/root/tasks/pod.1.web/stdout`],
    ['pod.1.web/browse', `${runs}/F-0001/executors/instance-pod.1/runs/root/tasks/pod.1.web/files/browse`],
    ['node-0', `${runs}/F-0002/executors/node-0_executor/runs/c2/stdout`],
    ['batch.9', `${runs}/F-0001/executors/batch.9/runs/c9/stdout`],
    [encodeURIComponent(odd.id), `${runs}/F-0001/executors/a%20b%25%26%3F%23%22%3C%C3%A9/runs/c-odd/stdout`],
    ['app.', `${runs}/F-0001/executors/app.1/runs/c1/stdout`],
  ])('as %s is where its sandbox is', async (path, location) => {
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks }) });
    const { status, headers, body } = await getAs('alice', port, `/system/v1/logs/v2/task/${path}`);
    expect([status, headers.location]).toEqual([303, location]);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).not.toContain('"<');
  });

  test('is itself although its id is part of another', async () => {
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks: [command, task('app.10')] }) });
    const { status, headers } = await getAs('alice', port, '/system/v1/logs/v2/task/app.1');
    expect([status, headers.location]).toEqual([303, `${runs}/F-0001/executors/app.1/runs/c1/stdout`]);
  });

  test('is the same wherever dcos-log could be asked: on its own node, another, or a leader’s', async () => {
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks }) });
    for (const prefix of ['agent/S1', 'leader/mesos', 'leader/marathon']) {
      const { status, headers } = await getAs('alice', port, `/system/v1/${prefix}/logs/v2/task/app.1/file/stderr?x=1`);
      expect([status, headers.location]).toEqual([303, `${runs}/F-0001/executors/app.1/runs/c1/stderr?x=1`]);
    }
    const unknown = await getAs('alice', port, '/system/v1/agent/S9/logs/v2/task/app.1');
    expect(unknown.status).toBe(404);
    const without = testRouter({ without: new Set(['leader-logs']) });
    const gateway = await startGateway(secretPath, { index: indexOf({ tasks }), router: without });
    expect((await getAs('alice', gateway.port, '/system/v1/leader/mesos/logs/v2/task/app.1')).status).toBe(404);
    expect((await getAs('alice', gateway.port, '/system/v1/agent/S1/logs/v2/task/app.1')).status).toBe(303);
  });

  test('is 404 in dcos-log’s words when nobody knows it, and 409 when several are meant', async () => {
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks: [task('app.1'), task('app.2')] }) });
    const unknown = await getAs('alice', port, '/system/v1/logs/v2/task/nobody');
    expect([unknown.status, unknown.body]).toEqual([404, 'unable to get canonical task ID: task not found\n']);
    expect(unknown.headers['content-type']).toBe('text/plain; charset=utf-8');
    const several = await getAs('alice', port, '/system/v1/logs/v2/task/app');
    expect(several.status).toBe(409);
    expect(several.body).toMatch(
      /^unable to get canonical task ID: found more then 1 task with name app: \[app\.\d, app\.\d\]\n$/,
    );
  });

  test('is 404 before it has a container', async () => {
    const { port } = await startGateway(secretPath, {
      index: indexOf({ tasks: [task('new', { containerId: undefined })] }),
    });
    expect(await getAs('alice', port, '/system/v1/logs/v2/task/new')).toMatchObject({ status: 404 });
  });

  test('is told to nobody without a token, and to nobody who may not read it', async () => {
    const { port } = await startGateway(secretPath, { index: indexOf({ tasks }), policy: onlyAlice });
    expect(await get(port, '/system/v1/logs/v2/task/app.1')).toMatchObject({ status: 401 });
    const { status, headers } = await getAs('bob', port, '/system/v1/logs/v2/task/app.1');
    expect([status, headers.location]).toEqual([403, undefined]);
    expect(await getAs('alice', port, '/system/v1/logs/v2/task/app.1')).toMatchObject({ status: 303 });
  });
});

const onlyAlice: Policy = {
  description: 'alice reads all tasks',
  version: 0,
  decide: ({ uid }, subject) =>
    uid === 'alice' && subject.kind === 'task'
      ? { allowed: true, reason: 'alice', scope: taskScope(subject.task, { stream: false, trusted: [] }) }
      : { allowed: false, reason: 'not alice' },
};
