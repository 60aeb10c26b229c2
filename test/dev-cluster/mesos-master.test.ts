import { once } from 'node:events';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MesosMaster } from './mesos-master.ts';

let master: MesosMaster;

beforeEach(async () => {
  master = new MesosMaster({ heartbeatSeconds: 0.05 });
  await master.start();
});
afterEach(() => master.kill());

async function ask(path: string, options: Parameters<typeof request>[1] = {}) {
  const { statusCode, headers, body } = await request(`${master.url}${path}`, options);
  const text = await body.text();
  return { status: statusCode, location: headers.location, text, json: () => JSON.parse(text) };
}

function call(type: string) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return ask('/api/v1', { method: 'POST', headers, body: JSON.stringify({ type }) });
}

function populate() {
  const framework = master.mesos.addFramework('marathon');
  const agent = master.mesos.addAgent({ hostname: 'node-1', host: '10.0.0.1', port: 5051 });
  const app = master.mesos.launch({ id: 'app', frameworkId: framework.id, agentId: agent.id, labels: { team: 'red' } });
  const [web] = master.mesos.launchPod({ frameworkId: framework.id, agentId: agent.id }, 'pod', ['web', 'sidecar']);
  if (web === undefined) throw new Error('no pod');
  return { framework, agent, app, web };
}

test('the state has the shape Mesos gives it: command tasks without executor, nested containers under their root', async () => {
  const { framework, agent, app, web } = populate();
  master.mesos.report(app, 'TASK_FINISHED');
  const state = (await ask('/master/state')).json();
  expect(state.slaves).toEqual([
    expect.objectContaining({ id: agent.id, pid: 'slave(1)@10.0.0.1:5051', active: true }),
  ]);
  const [listed] = state.frameworks;
  expect(listed).toMatchObject({ id: framework.id, name: 'marathon' });
  expect(listed.completed_tasks).toEqual([
    expect.objectContaining({
      id: 'app',
      executor_id: '',
      slave_id: agent.id,
      labels: [{ key: 'team', value: 'red' }],
    }),
  ]);
  expect(listed.tasks.map(({ id }: { id: string }) => id)).toEqual(['pod.web', 'pod.sidecar']);
  expect(listed.tasks[0].statuses.at(-1).container_status.container_id).toEqual({
    value: web.container.value,
    parent: { value: web.container.parent?.value },
  });
});

test('every path of the state answers with and without the master prefix', async () => {
  populate();
  for (const path of ['/state', '/state-summary', '/slaves', '/version', '/health']) {
    const [plain, prefixed] = [await ask(path), await ask(`/master${path}`)];
    expect([path, plain.status, prefixed.status]).toEqual([path, 200, 200]);
    expect(prefixed.text).toBe(plain.text);
  }
  expect((await ask('/nope')).status).toBe(404);
});

test('the v1 API answers calls, and says what is wrong with others', async () => {
  const { agent } = populate();
  expect((await call('GET_STATE')).json().get_state.get_tasks.tasks).toHaveLength(3);
  expect((await call('GET_AGENTS')).json().get_agents.agents[0].agent_info.id).toEqual({ value: agent.id });
  expect((await call('GET_MASTER')).json().get_master.master_info.port).toBe(master.port);
  expect((await call('GET_HEALTH')).json()).toEqual({ type: 'GET_HEALTH', get_health: { healthy: true } });
  expect((await ask('/api/v1')).status).toBe(405);
  expect((await ask('/api/v1', { method: 'POST', body: '{}' })).status).toBe(415);
  const headers = { 'content-type': 'application/json' };
  expect((await ask('/api/v1', { method: 'POST', headers, body: '{}' })).status).toBe(400);
});

test('a master that does not lead redirects as Mesos does, and says so when nobody leads', async () => {
  const leader = new MesosMaster();
  await leader.start();
  master.leader = leader;
  const to = `//127.0.0.1:${leader.port}`;
  expect(await ask('/state')).toMatchObject({ status: 307, location: `${to}/master/state` });
  expect(await ask('/master/redirect')).toMatchObject({ status: 307, location: to });
  expect(await call('SUBSCRIBE')).toMatchObject({ status: 307, location: `${to}/master/api/v1` });
  expect((await ask('/health')).status).toBe(200);
  master.leader = undefined;
  expect(await ask('/state')).toMatchObject({ status: 503, text: 'No leader elected' });
  await leader.kill();
});

test('a recovering master answers its state with empty lists and the v1 API with 503', async () => {
  populate();
  master.recovering = true;
  expect((await ask('/state')).json()).toMatchObject({ slaves: [], frameworks: [] });
  expect(await call('SUBSCRIBE')).toMatchObject({ status: 503, text: 'Master has not finished recovery' });
});

test('an agent that returns tells its tasks before itself', async () => {
  const { agent } = populate();
  const events: string[] = [];
  master.mesos.on('event', (event) => events.push((event as { type: string }).type));
  master.mesos.agentUnreachable(agent.id);
  expect((await ask('/state')).json().frameworks[0].unreachable_tasks).toHaveLength(3);
  master.mesos.agentReturned(agent.id);
  expect(events).toEqual([...Array(3).fill('TASK_UPDATED'), ...Array(3).fill('TASK_ADDED'), 'AGENT_ADDED']);
});

test('subscribers get the state first, then heartbeats', async () => {
  populate();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ type: 'SUBSCRIBE' });
  const response = await request(`${master.url}/api/v1`, { method: 'POST', headers, body });
  let text = '';
  response.body.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  while ((text.match(/HEARTBEAT/g) ?? []).length < 3) await once(response.body, 'data');
  expect(text).toMatch(/^\d+\n\{"type":"SUBSCRIBED","subscribed":\{"get_state":/);
  response.body.on('error', () => {}).destroy();
});
