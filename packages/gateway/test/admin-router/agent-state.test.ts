import { describe, expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import {
  agentS1,
  closedPort,
  get,
  getAs,
  indexOf,
  startAgent,
  startGateway,
  type TestGatewayOptions,
  task,
  testRouter,
} from '../gateway.ts';
import { onlyTasks } from './policies.ts';

const secretPath = keyDirectory()('secret', secret);

const stateTask = (id: string, executorId = '') => ({
  id,
  name: id,
  framework_id: 'F1',
  executor_id: executorId,
  slave_id: 'S1',
  state: 'TASK_RUNNING',
  resources: { cpus: 1 },
  role: '*',
  labels: [{ key: 'k', value: 'v' }],
  command: { value: 'secret-command' },
  container: { docker: { parameters: [{ key: 'env', value: 'SECRET=1' }] } },
  statuses: [
    { state: 'TASK_RUNNING', timestamp: 1, message: 'x', container_status: { container_id: { value: `C-${id}` } } },
  ],
});

const executor = (id: string, tasks: object[]) => ({
  id,
  name: `Command Executor (Task: ${id}) (Command: sh -c 'secret-command ...')`,
  source: id,
  container: `C-${id}`,
  directory: `/var/lib/mesos/slaves/S1/frameworks/F1/executors/${id}/runs/C-${id}`,
  resources: {},
  command: { environment: { variables: [{ name: 'SECRET', value: '1' }] } },
  tasks,
  queued_tasks: [],
  completed_tasks: [],
});

const state = {
  id: 'S1',
  pid: 'slave(1)@127.0.0.1:5051',
  hostname: 'node1',
  version: '1.12.0',
  flags: { credential: 'SECRET' },
  log_dir: '/secret',
  frameworks: [
    {
      id: 'F1',
      name: 'marathon',
      user: 'root',
      principal: 'secret-principal',
      executors: [executor('web', [stateTask('web')]), executor('other', [stateTask('other')]), executor('empty', [])],
      completed_executors: [executor('pod', [stateTask('pod.main', 'pod'), stateTask('pod.side', 'pod')])],
    },
    { id: 'F2', name: 'hidden-framework', executors: [executor('x', [stateTask('x')])], completed_executors: [] },
  ],
  completed_frameworks: [
    { id: 'F3', name: 'gone', executors: [], completed_executors: [executor('y', [stateTask('y')])] },
  ],
};

async function cluster(options: TestGatewayOptions = {}, body: string = JSON.stringify(state)) {
  const asked: string[] = [];
  const { port: mesosPort } = await startAgent((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(body);
  });
  const agents = [{ ...agentS1, port: mesosPort, pid: `slave(1)@127.0.0.1:${mesosPort}` }];
  const tasks = ['web', 'other'].map((id) => task(id, { containerId: `C-${id}` }));
  tasks.push(
    ...['main', 'side'].map((name) => task(`pod.${name}`, { executorId: 'pod', containerId: `C-pod.${name}` })),
  );
  const { port } = await startGateway(secretPath, { index: indexOf({ tasks, agents }), ...options });
  return { port, asked };
}

const path = '/agent/S1/slave(1)/state';

describe('the state of an agent', () => {
  test.each([path, '/slave/S1/slave(1)/state', '/agent/S1/slave%281%29/state.json'])(
    'tells the UI where the sandboxes of a task lie: %s',
    async (asked) => {
      const { port, asked: requests } = await cluster();
      const { status, headers, body } = await getAs('alice', port, asked);
      expect([status, headers['content-type']]).toEqual([200, 'application/json']);
      expect(requests).toEqual(['GET /slave(1)/state']);
      expect(JSON.parse(body)).toMatchObject({
        id: 'S1',
        hostname: 'node1',
        frameworks: [
          {
            id: 'F1',
            executors: [
              {
                id: 'web',
                container: 'C-web',
                directory: '/var/lib/mesos/slaves/S1/frameworks/F1/executors/web/runs/C-web',
                tasks: [{ id: 'web' }],
              },
              { id: 'other' },
            ],
            completed_executors: [{ id: 'pod', tasks: [{ id: 'pod.main' }, { id: 'pod.side' }] }],
          },
          { id: 'F2' },
        ],
        completed_frameworks: [{ id: 'F3' }],
      });
    },
  );

  test('has no commands, environments, flags or principals in it', async () => {
    const { port } = await cluster();
    expect((await getAs('alice', port, path)).body).not.toMatch(/secret/i);
  });

  test('has nothing in it but executors of tasks that the caller may read, with those tasks', async () => {
    const { port } = await cluster({ policy: onlyTasks(({ id }) => id === 'web' || id === 'pod.main') });
    const { body } = await getAs('bob', port, path);
    expect(JSON.parse(body)).toMatchObject({
      frameworks: [{ executors: [{ id: 'web' }], completed_executors: [{ id: 'pod', tasks: [{ id: 'pod.main' }] }] }],
      completed_frameworks: [],
    });
    for (const hidden of ['other', 'pod.side', 'hidden-framework', 'gone']) expect(body).not.toContain(hidden);
  });

  test('is refused, and Mesos not asked, where the caller may read nothing at all', async () => {
    const { port, asked } = await cluster({ policy: onlyTasks(() => false) });
    const { status, body } = await getAs('bob', port, path);
    expect([status, body]).toEqual([403, 'You may not read agent S1.\n']);
    expect(asked).toEqual([]);
  });

  test('is asked for by the first part of the agent’s pid only', async () => {
    const { port, asked } = await cluster();
    for (const pid of ['slave(2)', 'master', 'files', 'metrics', 'slave(1)@127.0.0.1', '..;']) {
      expect((await getAs('alice', port, `/agent/S1/${encodeURIComponent(pid)}/state`)).status).toBe(404);
    }
    expect((await getAs('alice', port, '/agent/S1/state')).status).toBe(404);
    expect((await getAs('alice', port, '/agent/S1/slave(1)/flags')).status).toBe(404);
    expect(asked).toEqual([]);
  });

  test.each(['', '{', '[]', '{"frameworks":3}'])(
    'is 502 when the Mesos agent answers something else (case %#)',
    async (body) => {
      const { port } = await cluster({}, body);
      expect((await getAs('alice', port, path)).status).toBe(502);
    },
  );

  test('is as Mesos says it where lists or texts are odd', async () => {
    const odd = {
      frameworks: [
        null,
        3,
        { id: 4 },
        { id: 'F1', executors: [null, { id: {} }, { id: 'web', tasks: [7, { id: 'web' }] }] },
      ],
    };
    const { port } = await cluster({}, JSON.stringify(odd));
    expect(JSON.parse((await getAs('alice', port, path)).body)).toEqual({
      frameworks: [
        {
          id: 'F1',
          executors: [{ id: 'web', tasks: [{ id: 'web', statuses: [] }], queued_tasks: [], completed_tasks: [] }],
          completed_executors: [],
        },
      ],
      completed_frameworks: [],
    });
  });

  test('is 502 when the Mesos agent is down, 404 for an unknown agent, 401 without a token', async () => {
    const agents = [{ ...agentS1, port: await closedPort() }];
    const { port } = await startGateway(secretPath, { index: indexOf({ agents }) });
    expect((await getAs('alice', port, path)).status).toBe(502);
    expect((await getAs('alice', port, '/agent/S9/slave(1)/state')).status).toBe(404);
    expect((await get(port, path)).status).toBe(401);
    const unreached = await startGateway(secretPath, { index: createClusterIndex() });
    expect((await getAs('alice', unreached.port, path)).status).toBe(503);
  });

  test('is not there when switched off', async () => {
    const { port } = await cluster({ router: testRouter({ without: new Set(['agent-state']) }) });
    expect((await getAs('alice', port, path)).status).toBe(404);
  });
});
