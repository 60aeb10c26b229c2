import { capture, captureJson } from '@clusterlog/test/fixtures/mesos/captures';
import { describe, expect, test } from 'vitest';
import { type ClusterIndex, createClusterIndex } from '../../src/mesos/cluster-index.ts';
import type { MesosTask } from '../../src/mesos/model.ts';
import { RecordIODecoder } from '../../src/mesos/record-io.ts';
import { parseState } from '../../src/mesos/state.ts';
import { type MesosEvent, parseEvent, parseV1State } from '../../src/mesos/v1-events.ts';
import { sandboxPath } from '../../src/routes/task-sandbox.ts';
import {
  type CapturedAgentState,
  type CapturedState,
  containersIn,
  type Placement,
  placementsIn,
  sandboxPlacements,
} from './captured-placements.ts';

const stateOf = (folder: string) => captureJson(`${folder}/master-state.json`) as CapturedState;
const agentStateOf = (name: string) => captureJson(name) as CapturedAgentState;

/** One master's life, in order of time. */
const oneMaster = [
  '02-starting',
  '03-running-before-finish',
  '04-after-finish',
  '07-agent-down',
  '07-agent-unreachable',
  '07-agent-back',
  '10-agent-unregistered',
  '11-drain',
  '11-drained',
] as const;
const allStates = [...oneMaster, '13-master-failover', '13-master-agent-back', '18-busy'] as const;

const terminal = /^TASK_(FINISHED|FAILED|KILLED|LOST|ERROR|DROPPED|GONE|GONE_BY_OPERATOR)$/;

/** What the index says of the task that a placement is about, in the placement's terms. */
function resolved(index: ClusterIndex, { task, framework }: Placement): Placement | string {
  const resolution = index.resolveTask(task, ({ frameworkId }) => frameworkId === framework);
  return resolution.kind === 'found' ? placementOf(resolution.task) : resolution.kind;
}

function placementOf({ id, agentId, frameworkId, executorId, containerId, state }: MesosTask): Placement {
  return { task: id, agent: agentId, framework: frameworkId, executor: executorId, container: containerId, state };
}

/** An index that was told a master's state. */
function indexOf(folder: string): ClusterIndex {
  const index = createClusterIndex();
  poll(index, folder);
  return index;
}

function poll(index: ClusterIndex, folder: string): void {
  index.applySnapshot(parseState(stateOf(folder)), 'http://127.0.0.1:5050', 'poll');
}

function* eventsOf(name: string): Generator<MesosEvent> {
  for (const record of new RecordIODecoder().push(capture(name))) {
    const event = parseEvent(JSON.parse(record.toString()));
    if (event !== undefined) yield event;
  }
}

function apply(index: ClusterIndex, event: MesosEvent): void {
  if (event.type === 'SUBSCRIBED') index.applySnapshot(event.snapshot, 'http://127.0.0.1:5050', 'subscribe');
  else index.applyEvent(event);
}

describe.each(allStates)('the state %s', (folder) => {
  const placements = placementsIn(stateOf(folder));

  test('puts each task on its agent, in its framework, executor and container', () => {
    const index = indexOf(folder);
    for (const placement of placements) expect(resolved(index, placement)).toEqual(placement);
    expect(index.counts().tasks).toBe(placements.length);
  });

  test('tells tasks that have ended, and those that cannot be reached, from the rest', () => {
    const index = indexOf(folder);
    for (const { id, completed, unreachable, state } of index.tasks()) {
      expect([id, completed, unreachable]).toEqual([id, terminal.test(state), state === 'TASK_UNREACHABLE']);
    }
  });
});

describe('the agents’ own words', () => {
  test.each([
    ['03-running-before-finish', ['agent1-state.json', 'agent2-state.json']],
    ['04-after-finish', ['agent1-state.json', 'agent2-state.json']],
    ['07-agent-back', ['agent2-state.json']],
    ['18-busy', ['agent1-state.json', 'agent2-state.json']],
  ])('of where sandboxes lie agree with the master’s state %s', (folder, agents) => {
    const index = indexOf(folder);
    let compared = 0;
    for (const name of agents) {
      for (const [id, sandbox] of sandboxPlacements(agentStateOf(`${folder}/${name}`))) {
        const resolution = index.resolveTask(id, () => true);
        if (resolution.kind !== 'found') throw new Error(`${id} is ${resolution.kind}`);
        const { agentId, frameworkId, executorId, containerId } = resolution.task;
        expect({ agent: agentId, framework: frameworkId, executor: executorId }).toEqual({
          agent: sandbox.agent,
          framework: sandbox.framework,
          executor: sandbox.executor,
        });
        // A task that was killed before its container ran has none.
        if (containerId !== undefined) {
          expect(containerId.split('.')[0]).toBe(sandbox.rootContainer);
          const { framework, executor, rootContainer } = sandbox;
          const ofTask = containerId.includes('.') ? `/tasks/${id}` : '';
          const segments = sandboxPath(resolution.task)?.split('/').map(decodeURIComponent).join('/');
          expect(segments).toBe(
            `/v2/task/frameworks/${framework}/executors/${executor}/runs/${rootContainer}${ofTask}`,
          );
        }
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(4);
  });

  test.each(['04-after-finish', '18-busy'])('of which containers run agree with the master’s state %s', (folder) => {
    const running = new Set(
      ['agent1', 'agent2'].flatMap((agent) => [
        ...containersIn(captureJson(`${folder}/${agent}-v1-GET_CONTAINERS.json`)),
      ]),
    );
    const index = indexOf(folder);
    const tasks = [...index.tasks()].filter(({ state }) => state === 'TASK_RUNNING');
    for (const { id, containerId } of tasks) expect([id, running.has(containerId ?? '')]).toEqual([id, true]);
    expect(tasks.filter(({ containerId }) => containerId?.includes('.')).length).toBeGreaterThan(1);
  });
});

test('task ids with all that Mesos lets in are found, and only by the whole of them or a part', () => {
  const index = indexOf('18-busy');
  const odd = [...index.tasks()].map(({ id }) => id).filter((id) => /[^A-Za-z0-9._-]/.test(id));
  expect(odd).toHaveLength(4);
  for (const id of odd) {
    expect(index.resolveTask(id, () => true)).toMatchObject({ kind: 'found', task: { id } });
    expect(index.resolveTask(encodeURIComponent(id), () => true).kind).toBe('unknown');
  }
  expect(index.resolveTask('日本', () => true)).toMatchObject({ kind: 'found', task: { id: 'ünï—日本' } });
});

describe('the v1 API', () => {
  test.each([
    '04-after-finish',
    '07-agent-unreachable',
    '10-agent-unregistered',
    '13-master-failover',
    '13-master-agent-back',
  ])('says of %s what /state says', (folder) => {
    const index = createClusterIndex();
    const snapshot = parseV1State(captureJson(`${folder}/v1-GET_STATE.json`).get_state);
    index.applySnapshot(snapshot, 'http://127.0.0.1:5050', 'subscribe');
    const placements = placementsIn(stateOf(folder));
    for (const placement of placements) expect(resolved(index, placement)).toEqual(placement);
    expect(index.counts().tasks).toBe(placements.length);
  });
});

describe('a task that has ended', () => {
  test('is where it was while it ran, as long as the master lists it and after that', () => {
    const index = createClusterIndex();
    const seen = new Map<string, Placement>();
    const ended = new Set<string>();
    for (const folder of oneMaster) {
      poll(index, folder);
      for (const placement of placementsIn(stateOf(folder))) {
        const before = seen.get(placement.task);
        if (before !== undefined) {
          expect(placement).toMatchObject({
            agent: before.agent,
            framework: before.framework,
            executor: before.executor,
          });
        }
        seen.set(placement.task, placement);
        if (terminal.test(placement.state)) ended.add(placement.task);
      }
      for (const placement of seen.values()) expect(resolved(index, placement)).toEqual(placement);
    }
    expect(ended.size).toBeGreaterThan(20);
  });

  test('ran before: the same task is found at both times, in the same container', () => {
    const id = 'batch_report.instance-0f1c2b3a-bbbb-11ee-9d5c-1e8f5f0e8a02._app.1';
    const index = indexOf('03-running-before-finish');
    const before = index.resolveTask(id, () => true);
    poll(index, '04-after-finish');
    const after = index.resolveTask(id, () => true);
    expect(before).toMatchObject({ kind: 'found', task: { state: 'TASK_RUNNING', completed: false } });
    expect(after).toMatchObject({ kind: 'found', task: { state: 'TASK_FINISHED', completed: true } });
    if (before.kind !== 'found' || after.kind !== 'found') throw new Error('unreachable');
    expect(after.task.containerId).toBe(before.task.containerId);
    expect(after.task.containerId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the event stream', () => {
  test.each([
    ['05-subscribe/v1-SUBSCRIBE.recordio', ['05-subscribe/during-killing-master-state.json']],
    [
      '07-agent-down/v1-SUBSCRIBE-agent-lost.recordio',
      ['07-agent-down/master-state.json', '07-agent-unreachable/master-state.json', '07-agent-back/master-state.json'],
    ],
    ['10-agent-unregistered/v1-SUBSCRIBE.recordio', ['10-agent-unregistered/master-state.json']],
    ['18-busy/v1-SUBSCRIBE.recordio', ['18-busy/master-state.json']],
  ])('%s passes through the states that were asked for meanwhile', (stream, states) => {
    const index = createClusterIndex();
    const left = states.map((name) => placementsIn(captureJson(name) as CapturedState));
    for (const event of eventsOf(stream)) {
      apply(index, event);
      while (left[0] !== undefined && agrees(index, left[0])) left.shift();
    }
    expect(left).toEqual([]);
  });

  test('of 100 tasks in five pods ends with each in a container of its own, below its pod’s', () => {
    const index = createClusterIndex();
    for (const event of eventsOf('18-busy/v1-SUBSCRIBE.recordio')) apply(index, event);
    const pods = [...index.tasks()].filter(({ executorId, id }) => executorId !== id);
    expect(pods.length).toBeGreaterThanOrEqual(100);
    const containers = pods.map(({ containerId }) => containerId);
    expect(new Set(containers).size).toBe(pods.length);
    const roots = new Map<string, Set<string>>();
    for (const { executorId, containerId = '' } of pods) {
      const [root = '', child] = containerId.split('.');
      expect(child).toMatch(/^[0-9a-f-]{36}$/);
      roots.set(executorId, (roots.get(executorId) ?? new Set()).add(root));
    }
    for (const [executor, ids] of roots) expect([executor, ids.size]).toEqual([executor, 1]);
  });
});

/** Whether each task that was listed is where it should be, and no other is taken to run. */
function agrees(index: ClusterIndex, placements: readonly Placement[]): boolean {
  const listed = new Set(placements.map(({ task }) => task));
  return (
    placements.every((placement) => same(resolved(index, placement), placement)) &&
    [...index.tasks()].every(({ id, completed }) => completed || listed.has(id))
  );
}

function same(found: Placement | string, expected: Placement): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}

describe('an agent', () => {
  test('that is killed and comes back keeps its id and its tasks', () => {
    const index = indexOf('07-agent-down');
    const lost = placementsIn(stateOf('07-agent-unreachable')).filter(({ state }) => state === 'TASK_UNREACHABLE');
    expect(lost).toHaveLength(5);
    const [agentId = ''] = new Set(lost.map(({ agent }) => agent));
    poll(index, '07-agent-unreachable');
    expect(index.agent(agentId)).toMatchObject({ agent: { host: '127.0.0.2' }, goneSince: expect.any(Number) });
    for (const placement of lost) expect(resolved(index, placement)).toEqual(placement);
    poll(index, '07-agent-back');
    expect(index.agent(agentId)).not.toHaveProperty('goneSince');
    for (const { task, container } of lost) {
      const resolution = index.resolveTask(task, () => true);
      expect(resolution).toMatchObject({ task: { state: 'TASK_RUNNING', containerId: container, agentId } });
    }
  });

  test('that unregisters is gone, and its tasks stay where they were', () => {
    const index = createClusterIndex();
    let removed = '';
    for (const event of eventsOf('10-agent-unregistered/v1-SUBSCRIBE.recordio')) {
      if (event.type === 'AGENT_REMOVED') removed = event.agentId;
      apply(index, event);
    }
    expect(index.agent(removed)).toMatchObject({ agent: { host: '127.0.0.3' }, goneSince: expect.any(Number) });
    const itsTasks = placementsIn(stateOf('10-agent-unregistered')).filter(({ agent }) => agent === removed);
    expect(itsTasks.length).toBeGreaterThan(0);
    for (const placement of itsTasks) expect(resolved(index, placement)).toEqual(placement);
  });
});

describe('a failover', () => {
  test('of a single master costs nothing of what was known: not the ended tasks, nor those of agents it waits for', () => {
    const index = createClusterIndex();
    for (const event of eventsOf('13-master-failover/v1-SUBSCRIBE-cut.recordio')) apply(index, event);
    const before = [...index.tasks()].map(placementOf);
    expect(before.length).toBeGreaterThan(25);
    index.markStale('the stream was cut');
    for (const folder of ['13-master-failover', '13-master-agent-back']) {
      poll(index, folder);
      const now = new Map(placementsIn(stateOf(folder)).map((placement) => [placement.task, placement]));
      for (const placement of before) {
        expect(resolved(index, placement)).toEqual(now.get(placement.task) ?? placement);
      }
    }
  });

  test('among three masters leaves each task where it was, whatever the new leader has heard of yet', () => {
    const index = createClusterIndex();
    const known = new Map<string, Placement>();
    for (const name of [
      'leader-master-state.json',
      '02-failover/07-127.0.0.2-master-state.json',
      '02-failover/13-127.0.0.2-master-state.json',
      '02-failover/14-127.0.0.2-master-state.json',
    ]) {
      const state = captureJson(`15-three-masters/${name}`) as CapturedState;
      index.applySnapshot(parseState(state), 'http://127.0.0.2:5050', 'poll');
      for (const placement of placementsIn(state)) known.set(placement.task, placement);
      for (const placement of known.values()) expect(resolved(index, placement)).toEqual(placement);
    }
    expect(known.size).toBe(6);
    for (const [id, sandbox] of sandboxPlacements(agentStateOf('16-dcos-json-endpoints/agent-state.json.json'))) {
      const placement = known.get(id);
      expect([id, placement?.executor, placement?.container?.split('.')[0]]).toEqual([
        id,
        sandbox.executor,
        sandbox.rootContainer,
      ]);
    }
  });
});
