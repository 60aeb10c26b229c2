import { captureJson as read } from '@clusterlog/test/fixtures/mesos/captures';
import { expect, test } from 'vitest';
import type { MesosSnapshot, MesosTask } from '../../src/mesos/model.ts';
import { parseState } from '../../src/mesos/state.ts';
import { addressOfPid } from '../../src/mesos/task-parts.ts';
import { parseEvent, parseV1State } from '../../src/mesos/v1-events.ts';

const state = parseState(read('07-agent-unreachable/master-state.json'));
const v1 = parseV1State(read('07-agent-unreachable/v1-GET_STATE.json').get_state);

function sorted({ tasks }: MesosSnapshot): MesosTask[] {
  return [...tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function taskOf(snapshot: MesosSnapshot, id: string): MesosTask {
  const task = snapshot.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

test('/state and the v1 API of one moment give the same tasks, agents and frameworks', () => {
  expect(sorted(state)).toEqual(sorted(v1));
  expect(state.agents).toEqual(v1.agents);
  expect(new Set(state.frameworks.map(({ id }) => id))).toEqual(new Set(v1.frameworks.map(({ id }) => id)));
  expect(state.tasks).toHaveLength(21);
  expect(state.skipped + v1.skipped).toBe(0);
});

test('a command task has its own id as executor id', () => {
  expect(taskOf(state, 'ticker')).toEqual({
    id: 'ticker',
    name: 'ticker',
    agentId: '600288cf-6a8e-445b-b3c6-800ac5ffe043-S1',
    frameworkId: '600288cf-6a8e-445b-b3c6-800ac5ffe043-0001',
    frameworkName: 'mesos-execute instance',
    executorId: 'ticker',
    containerId: '7e32ba43-1e42-42f8-b665-21caa94c0774',
    state: 'TASK_RUNNING',
    labels: [],
    role: '*',
    completed: false,
    unreachable: false,
    startedAt: 1795254864.200098,
    updatedAt: 1795254864.213601,
  });
});

test('an unreachable pod task keeps the container of an earlier status, root first', () => {
  const task = taskOf(v1, 'my-pod.instance-7a7a7a7a-5555-11ee-9d5c-1e8f5f0e8a08.web');
  expect(task).toMatchObject({
    executorId: 'instance-my-pod.7a7a7a7a-5555-11ee-9d5c-1e8f5f0e8a08',
    containerId: 'd502b432-8fa1-419c-ac1a-faea2879475f.4482d75a-4e67-42d6-b444-393374cc9cc5',
    state: 'TASK_UNREACHABLE',
    unreachable: true,
    completed: false,
    labels: [{ key: 'container', value: 'web' }],
  });
});

test('a task killed by the end of its framework after it finished has finished, and keeps its container', () => {
  expect(taskOf(state, 'oneshot')).toMatchObject({ state: 'TASK_FINISHED', completed: true, executorId: 'oneshot' });
  expect(taskOf(state, 'oneshot').containerId).toMatch(/^[0-9a-f-]{36}$/);
});

test('a restarted master names the agents it waits for', () => {
  const restarted = parseV1State(read('13-master-failover/v1-GET_STATE.json').get_state);
  expect(restarted.agents).toEqual([]);
  expect(restarted.recoveredAgentIds).toEqual(['600288cf-6a8e-445b-b3c6-800ac5ffe043-S1']);
});

test('one task of a wrong shape costs that task only, whatever is wrong', () => {
  const odd = [
    null,
    7,
    [],
    {},
    { id: 5 },
    { id: '' },
    { id: 'x', statuses: {} },
    { id: 'y', labels: [{ value: 'v' }] },
  ];
  const document = read('07-agent-unreachable/master-state.json');
  document.frameworks[0].tasks.push(...odd);
  document.slaves.push(null, { id: 'S9', hostname: 'h', pid: 'not a pid' });
  const parsed = parseState(document);
  expect(sorted(parsed)).toEqual(sorted(state));
  expect(parsed.agents).toEqual(state.agents);
  expect(parsed.skipped).toBe(odd.length + 2);
});

test('one status of a wrong shape costs that status only', () => {
  const document = read('07-agent-unreachable/master-state.json');
  for (const framework of document.frameworks) {
    for (const task of framework.tasks) {
      task.statuses.push(null, 'odd', { container_status: { container_id: { value: 7 } } }, { timestamp: 'late' });
    }
  }
  expect(sorted(parseState(document))).toEqual(sorted(state));
});

test('a container nested without end is no container', () => {
  const container: { value: string; parent?: object } = { value: 'c' };
  container.parent = container;
  const status = { task_id: { value: 't' }, container_status: { container_id: container } };
  const event = parseEvent({
    type: 'TASK_UPDATED',
    task_updated: { framework_id: { value: 'f' }, state: 'TASK_RUNNING', status },
  });
  expect(event).toMatchObject({ type: 'TASK_UPDATED', status: { containerId: undefined } });
});

test('what is not a state is refused', () => {
  for (const value of [null, [], {}, 'state', { slaves: [], frameworks: {} }]) {
    expect(() => parseState(value)).toThrow(/expected the state of a Mesos master/);
  }
  for (const value of [null, [], {}, { get_tasks: {} }]) {
    expect(() => parseV1State(value)).toThrow(/expected a state with "get_tasks"/);
  }
});

test('events of unknown type or wrong shape are passed over', () => {
  const odd = [
    null,
    7,
    {},
    { type: 'NEW_IN_MESOS_2' },
    { type: 'TASK_ADDED' },
    { type: 'TASK_UPDATED', task_updated: {} },
  ];
  const payloads = [
    { type: 'AGENT_ADDED', agent_added: { agent: {} } },
    { type: 'AGENT_REMOVED' },
    { type: 'FRAMEWORK_REMOVED' },
  ];
  for (const event of [...odd, ...payloads]) expect(parseEvent(event)).toBeUndefined();
});

test.each([
  ['slave(1)@10.0.0.5:5051', { host: '10.0.0.5', port: 5051 }],
  ['slave(1)@agent.example:5051', { host: 'agent.example', port: 5051 }],
  ['slave(1)@[2001:db8::5]:5051', { host: '2001:db8::5', port: 5051 }],
  ['slave(1)@10.0.0.5', undefined],
  ['slave(1)@10.0.0.5:0', undefined],
  ['slave(1)@10.0.0.5:99999', undefined],
  ['slave(1)@evil/path:80', undefined],
  ['', undefined],
])('the address in the pid %s', (pid, address) => {
  expect(addressOfPid(pid)).toEqual(address);
});
