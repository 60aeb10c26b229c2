import { state, stateSummary } from '@clusterlog/test/dev-cluster/mesos-state-shapes';
import { SimulatedMesos } from '@clusterlog/test/dev-cluster/simulated-mesos';
import { describe, expect, test } from 'vitest';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { parseState } from '../../src/mesos/state.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { get, getAs, indexOf, startGateway, type TestGatewayOptions, task, testRouter } from '../gateway.ts';
import { onlyTasks } from './policies.ts';

const secretPath = keyDirectory()('secret', secret);

interface StateTask {
  readonly id: string;
  readonly executor_id: string;
  readonly slave_id: string;
  readonly state: string;
  readonly statuses: readonly { readonly container_status?: { readonly container_id: unknown } }[];
}
interface State {
  readonly leader: string;
  readonly slaves: readonly { readonly id: string; readonly pid: string; readonly hostname: string }[];
  readonly frameworks: readonly ({ readonly id: string; readonly name: string } & Record<
    'tasks' | 'completed_tasks' | 'unreachable_tasks',
    readonly StateTask[]
  >)[];
}

const facts = {
  id: 'M',
  hostname: '127.0.0.1',
  port: 5050,
  startTime: 1,
  leader: { hostname: '127.0.0.1', port: 5050 },
};

/** A cluster with tasks of every kind, as a master tells of it, and a gateway that has read it. */
async function cluster(options: TestGatewayOptions = {}) {
  const mesos = new SimulatedMesos('M');
  const framework = mesos.addFramework('marathon');
  const of = { frameworkId: framework.id };
  const agents = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) =>
    mesos.addAgent({ hostname: `at-${host}`, host, port: 5051 }),
  );
  const [first, second] = agents.map(({ id }) => id) as [string, string];
  mesos.launch({ ...of, id: 'web.1', agentId: first, labels: { team: 'a' } });
  mesos.launch({ ...of, id: 'own.1', agentId: first, executorId: 'custom' });
  mesos.launch({ ...of, id: 'starting.1', agentId: first, staging: true });
  mesos.launchPod({ ...of, agentId: second }, 'pod', ['main', 'side']);
  mesos.report(mesos.launch({ ...of, id: 'done.1', agentId: second }), 'TASK_FINISHED');
  const index = createClusterIndex();
  const told = JSON.parse(JSON.stringify(state(mesos, facts))) as State;
  index.applySnapshot(parseState(told), 'http://127.0.0.1:5050', 'poll');
  const { port } = await startGateway(secretPath, { index, ...options });
  const ask = async (uid: string, path: string) => {
    const answer = await getAs(uid, port, path);
    return { ...answer, json: answer.status === 200 ? JSON.parse(answer.body) : undefined };
  };
  return { mesos, told, ask, port, first, second };
}

/** What clients look for in a task. */
const essence = ({ id, executor_id, slave_id, state: name, statuses }: StateTask) => ({
  id,
  executor_id,
  slave_id,
  state: name,
  container: statuses.findLast(({ container_status }) => container_status !== undefined)?.container_status
    ?.container_id,
});

const sorted = (tasks: readonly StateTask[]) => tasks.map(essence).sort((a, b) => (a.id < b.id ? -1 : 1));

describe('/mesos/master/state', () => {
  test.each(['/mesos/master/state', '/mesos/master/state.json', '/mesos/state'])(
    'tells what the master tells of tasks and agents: %s',
    async (path) => {
      const { told, ask } = await cluster();
      const { json, headers } = await ask('bob', path);
      expect(headers['content-type']).toBe('application/json');
      const answered: State = json;
      expect(answered.leader).toBe(told.leader);
      expect(answered.slaves).toMatchObject(told.slaves.map(({ id, pid, hostname }) => ({ id, pid, hostname })));
      const [framework] = answered.frameworks;
      const [toldFramework] = told.frameworks;
      expect(framework).toMatchObject({ id: toldFramework?.id, name: 'marathon' });
      for (const list of ['tasks', 'completed_tasks', 'unreachable_tasks'] as const) {
        expect(sorted(framework?.[list] ?? [])).toEqual(sorted(toldFramework?.[list] ?? []));
      }
    },
  );

  test('gives every task a status, for DC/OS’ CLI reads the first without looking', async () => {
    const { ask } = await cluster();
    const { frameworks }: State = (await ask('bob', '/mesos/master/state')).json;
    const starting = frameworks[0]?.tasks.find(({ id }) => id === 'starting.1');
    expect(starting?.statuses).toEqual([{ state: 'TASK_STAGING', timestamp: expect.any(Number) }]);
  });

  test('holds nothing but what a caller may read: tasks, their frameworks and agents', async () => {
    const { ask, first } = await cluster({ policy: onlyTasks(({ id }) => id === 'web.1') });
    const { json, body } = await ask('bob', '/mesos/master/state');
    expect(json.frameworks).toMatchObject([{ tasks: [{ id: 'web.1' }], completed_tasks: [], unreachable_tasks: [] }]);
    expect(json.slaves).toMatchObject([{ id: first }]);
    for (const hidden of ['own.1', 'pod', 'done.1', '10.0.0.2']) expect(body).not.toContain(hidden);
    expect((await ask('alice', '/mesos/master/state')).json.slaves).toHaveLength(3);
  });

  test('is whole for a cluster of 10,000 tasks, and lets others have their turn meanwhile', async () => {
    const tasks = Array.from({ length: 10_000 }, (_, n) =>
      task(`task.${n}`, { labels: [{ key: 'k', value: 'v'.repeat(50) }] }),
    );
    const { port, app } = await startGateway(secretPath, { index: indexOf({ tasks }) });
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    app.server.once('request', () => count());
    const { body } = await getAs('bob', port, '/mesos/master/state');
    counting = false;
    expect(JSON.parse(body).frameworks[0].tasks).toHaveLength(10_000);
    expect(turns).toBeGreaterThan(5);
  });

  test('is 401 without a token, then 503 while no master was ever reached', async () => {
    const { port } = await startGateway(secretPath, { index: createClusterIndex() });
    expect((await get(port, '/mesos/master/state')).status).toBe(401);
    expect((await getAs('bob', port, '/mesos/master/state')).status).toBe(503);
  });

  test('is not there when switched off', async () => {
    const { ask } = await cluster({ router: testRouter({ without: new Set(['mesos-state']) }) });
    expect((await ask('bob', '/mesos/master/state')).status).toBe(404);
    expect((await ask('bob', '/mesos/master/state-summary')).status).toBe(404);
  });

  test.each([
    '/mesos/',
    '/mesos/master/flags',
    '/mesos/metrics/snapshot',
    '/mesos/files/read?path=/master/log',
    '/mesos/master/tasks',
  ])('is all that there is below /mesos: %s is 404', async (path) => {
    const { ask } = await cluster();
    expect((await ask('alice', path)).status).toBe(404);
  });
});

describe('/mesos/master/state-summary', () => {
  test('counts the tasks that a caller may read, by agent and framework', async () => {
    const { mesos, ask, first } = await cluster({ policy: onlyTasks(({ id }) => id.endsWith('.1')) });
    const told = JSON.parse(JSON.stringify(stateSummary(mesos, facts)));
    const { slaves, frameworks } = (await ask('alice', '/mesos/master/state-summary')).json;
    for (const [answered, master] of [
      [slaves, told.slaves],
      [frameworks, told.frameworks],
    ]) {
      const known = (item: Record<string, unknown>) =>
        Object.fromEntries(
          Object.entries(item)
            .filter(([key]) => /^(id|name|pid|TASK_.*|.*_ids)$/.test(key))
            .map(([key, value]) => [key, Array.isArray(value) ? value.toSorted() : value]),
        );
      expect(answered.map(known)).toEqual(master.map(known));
    }
    const toldBob = (await ask('bob', '/mesos/master/state-summary')).json;
    expect(toldBob.frameworks).toMatchObject([{ TASK_RUNNING: 2, TASK_FINISHED: 1, TASK_STAGING: 1 }]);
    expect(toldBob.slaves[0]).toMatchObject({ id: first, TASK_RUNNING: 2, TASK_STAGING: 1 });
  });
});
