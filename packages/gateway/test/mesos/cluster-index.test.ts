import { capture } from '@clusterlog/test/fixtures/mesos/captures';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClusterIndex, createClusterIndex } from '../../src/mesos/cluster-index.ts';
import type { MesosAgent, MesosSnapshot, MesosTask } from '../../src/mesos/model.ts';
import { RecordIODecoder } from '../../src/mesos/record-io.ts';
import { parseEvent, type TaskStatus } from '../../src/mesos/v1-events.ts';
import { task } from '../gateway.ts';

const all = () => true;

const finished = { state: 'TASK_FINISHED', completed: true };

function agent(id: string, host = '10.0.0.1'): MesosAgent {
  return { id, hostname: host, pid: `slave(1)@${host}:5051`, host, port: 5051, active: true };
}

function snapshot(facts: Partial<MesosSnapshot> = {}): MesosSnapshot {
  const frameworks = [{ id: 'F1', name: 'marathon' }];
  return { tasks: [], agents: [], recoveredAgentIds: [], frameworks, skipped: 0, ...facts };
}

function status(taskId: string, state: string, facts: Partial<TaskStatus> = {}): TaskStatus {
  const frameworkId = 'F1';
  return {
    taskId,
    frameworkId,
    agentId: 'S1',
    executorId: undefined,
    containerId: undefined,
    state,
    timestamp: 2,
    ...facts,
  };
}

let now: number;
let index: ClusterIndex;

beforeEach(() => {
  now = 1_000_000;
  index = createClusterIndex({ rememberedTasks: 3, rememberedAgents: 2, now: () => now });
});

function apply(facts: Partial<MesosSnapshot>): void {
  index.applySnapshot(snapshot(facts), 'http://master:5050', 'subscribe');
}

function found(text: string, visible = all as (task: MesosTask) => boolean): MesosTask | string {
  const resolution = index.resolveTask(text, visible);
  return resolution.kind === 'found' ? resolution.task : resolution.kind;
}

describe('resolving a task', () => {
  test('an exact id wins over being a part of another', () => {
    apply({ tasks: [task('web.1'), task('web.10'), task('web.100')] });
    expect(found('web.1')).toMatchObject({ id: 'web.1' });
    expect(found('web.100')).toMatchObject({ id: 'web.100' });
  });

  test('a part of one id finds it, and so does its whole name', () => {
    apply({ tasks: [task('web.1', { name: 'frontend.web' }), task('db.1', { name: 'db' })] });
    expect(found('eb.')).toMatchObject({ id: 'web.1' });
    expect(found('frontend.web')).toMatchObject({ id: 'web.1' });
    expect(found('frontend')).toBe('unknown');
  });

  test('a part of several ids is ambiguous, running candidates first, then the newest', () => {
    apply({
      tasks: [
        task('web.1', { ...finished, updatedAt: 5 }),
        task('web.2', { ...finished, updatedAt: 9 }),
        task('web.3', { updatedAt: 1 }),
      ],
    });
    const resolution = index.resolveTask('web', all);
    expect(resolution).toMatchObject({ kind: 'ambiguous', total: 3 });
    expect(resolution.kind === 'ambiguous' && resolution.candidates.map(({ id }) => id)).toEqual([
      'web.3',
      'web.2',
      'web.1',
    ]);
  });

  test('at most 20 candidates are listed, all are counted', () => {
    apply({ tasks: Array.from({ length: 50 }, (_, i) => task(`web.${i}`)) });
    const resolution = index.resolveTask('web', all);
    expect(resolution).toMatchObject({ kind: 'ambiguous', total: 50 });
    expect(resolution.kind === 'ambiguous' && resolution.candidates).toHaveLength(20);
  });

  test('parts are searched only among what the caller may read', () => {
    apply({ tasks: [task('web.mine'), task('web.secret')] });
    expect(found('web', ({ id }) => id === 'web.mine')).toMatchObject({ id: 'web.mine' });
    expect(found('secret', ({ id }) => id === 'web.mine')).toBe('unknown');
  });

  test('an exact id the caller may not read is found, for the policy to refuse', () => {
    apply({ tasks: [task('web.secret')] });
    expect(found('web.secret', () => false)).toMatchObject({ id: 'web.secret' });
  });

  test('an exact id of several frameworks, none of which the caller may read, lists no candidates', () => {
    apply({ tasks: [task('app.1', { frameworkId: 'F1' }), task('app.1', { frameworkId: 'F2' })] });
    expect(index.resolveTask('app.1', () => false)).toMatchObject({ kind: 'found' });
  });

  test('of an id in two frameworks, the caller gets the one he may read', () => {
    apply({ tasks: [task('app.1', { frameworkId: 'F1' }), task('app.1', { frameworkId: 'F2' })] });
    expect(found('app.1', ({ frameworkId }) => frameworkId === 'F2')).toMatchObject({ frameworkId: 'F2' });
    expect(index.resolveTask('app.1', all)).toMatchObject({ kind: 'ambiguous', total: 2 });
  });

  test('of an id that ended in one framework and runs in another, the running one is meant', () => {
    apply({ tasks: [task('app.1', { ...finished, frameworkId: 'F2', updatedAt: 9 }), task('app.1')] });
    expect(found('app.1')).toMatchObject({ frameworkId: 'F1' });
  });

  test('an id that ran on another node before means its newest run', () => {
    apply({
      tasks: [
        task('job', { ...finished, agentId: 'S2', containerId: 'c2', updatedAt: 7 }),
        task('job', { ...finished, agentId: 'S1', containerId: 'c1', updatedAt: 5 }),
      ],
    });
    expect(found('job')).toMatchObject({ agentId: 'S2' });
    index.applyEvent({
      type: 'TASK_ADDED',
      task: task('job', { agentId: 'S3', containerId: undefined, updatedAt: 0 }),
    });
    expect(found('job')).toMatchObject({ agentId: 'S3' });
    expect(index.counts().tasks).toBe(3);
  });

  test('nothing is found by an empty text or in an empty index', () => {
    expect(found('web')).toBe('unknown');
    apply({ tasks: [task('web.1')] });
    expect(found('')).toBe('unknown');
  });
});

describe('following events', () => {
  test('a task has started when its TASK_STARTING says, whatever is told of it later', () => {
    const starting = status('a', 'TASK_STARTING', { timestamp: 7 });
    apply({});
    index.applyEvent({ type: 'TASK_ADDED', task: task('a', { state: 'TASK_STAGING', containerId: undefined }) });
    expect(found('a')).toMatchObject({ startedAt: undefined });
    index.applyEvent({ type: 'TASK_UPDATED', status: starting });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_RUNNING', { timestamp: 9 }) });
    expect(found('a')).toMatchObject({ startedAt: 7, updatedAt: 9 });
    apply({ tasks: [task('a', { updatedAt: 11 })] });
    expect(found('a')).toMatchObject({ startedAt: 7, updatedAt: 11 });
  });

  test('a task is routable from TASK_ADDED on, with its framework named, and gets its container with a status', () => {
    apply({});
    index.applyEvent({
      type: 'TASK_ADDED',
      task: task('a', { state: 'TASK_STAGING', containerId: undefined, frameworkName: undefined, updatedAt: 0 }),
    });
    expect(found('a')).toMatchObject({ containerId: undefined, frameworkName: 'marathon' });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_RUNNING', { containerId: 'root.child' }) });
    expect(found('a')).toMatchObject({ containerId: 'root.child', state: 'TASK_RUNNING', updatedAt: 2 });
  });

  test('a status without a container leaves the container', () => {
    apply({ tasks: [task('a')] });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_UNREACHABLE') });
    expect(found('a')).toMatchObject({ containerId: 'container-of-a', unreachable: true, completed: false });
    index.applyEvent({ type: 'TASK_ADDED', task: task('a') });
    expect(found('a')).toMatchObject({ unreachable: false, state: 'TASK_RUNNING' });
    expect(index.counts()).toMatchObject({ tasks: 1, rememberedTasks: 0 });
  });

  test('a status for a task of another framework or agent changes nothing', () => {
    apply({ tasks: [task('a')] });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_FAILED', { frameworkId: 'F2' }) });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_FAILED', { agentId: 'S2' }) });
    index.applyEvent({ type: 'TASK_UPDATED', status: status('unheard-of', 'TASK_FAILED') });
    expect([...index.tasks()]).toEqual([task('a')]);
  });

  test('a framework named late names its tasks', () => {
    apply({ frameworks: [] });
    index.applyEvent({ type: 'TASK_ADDED', task: task('a', { frameworkName: undefined }) });
    index.applyEvent({ type: 'FRAMEWORK_ADDED', framework: { id: 'F1', name: 'spark' } });
    expect(found('a')).toMatchObject({ frameworkName: 'spark' });
  });

  test('a captured stream leaves what its master would list', () => {
    const events = [...new RecordIODecoder().push(capture('07-agent-down/v1-SUBSCRIBE-agent-lost.recordio'))];
    const lost = 'my-pod.instance-7a7a7a7a-5555-11ee-9d5c-1e8f5f0e8a08.web';
    const states: string[] = [];
    for (const record of events) {
      const event = parseEvent(JSON.parse(record.toString()));
      if (event?.type === 'SUBSCRIBED') index.applySnapshot(event.snapshot, 'http://master:5050', 'subscribe');
      else if (event !== undefined) index.applyEvent(event);
      const run = index.resolveTask(lost, all);
      if (run.kind === 'found' && states.at(-1) !== run.task.state) states.push(run.task.state);
    }
    expect(states).toEqual(['TASK_RUNNING', 'TASK_UNREACHABLE', 'TASK_RUNNING']);
    expect(index.counts()).toMatchObject({ tasks: 21, rememberedTasks: 0, agents: 3 });
  });
});

describe('remembering', () => {
  test('what is dropped is no longer found by its name either', () => {
    apply({ tasks: ['a', 'b', 'c', 'd'].map((id) => task(id, { ...finished, name: id === 'a' ? 'first' : 'other' })) });
    expect(found('first')).toMatchObject({ id: 'a' });
    apply({});
    expect(found('first')).toBe('unknown');
    expect(index.resolveTask('other', all)).toMatchObject({ kind: 'ambiguous', total: 3 });
  });

  test('a task the master forgot is still found, the longest forgotten dropped first', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    apply({ tasks: ids.map((id) => task(id, finished)) });
    expect(index.counts()).toMatchObject({ tasks: 5, rememberedTasks: 0 });
    apply({ tasks: ['c', 'd', 'e'].map((id) => task(id, finished)) });
    apply({});
    expect(ids.map((id) => found(id)).map((run) => (typeof run === 'string' ? run : run.id))).toEqual([
      'unknown',
      'unknown',
      'c',
      'd',
      'e',
    ]);
    expect(index.counts()).toEqual({ tasks: 3, rememberedTasks: 3, agents: 0, goneAgents: 0 });
  });

  test('tasks that end while the stream lasts are bounded too', () => {
    apply({});
    for (let i = 0; i < 10; i++) {
      index.applyEvent({ type: 'TASK_ADDED', task: task(`t${i}`) });
      index.applyEvent({ type: 'TASK_UPDATED', status: status(`t${i}`, 'TASK_FINISHED') });
    }
    expect([...index.tasks()].map(({ id }) => id)).toEqual(['t7', 't8', 't9']);
  });

  test('running tasks of agents that a restarted master waits for outlast the bound for a while', () => {
    const tasks = Array.from({ length: 10 }, (_, i) => task(`t${i}`));
    apply({ tasks, agents: [agent('S1')] });
    apply({ recoveredAgentIds: ['S1'] });
    now += 14 * 60_000;
    apply({ recoveredAgentIds: ['S1'] });
    expect(index.counts()).toMatchObject({ tasks: 10, rememberedTasks: 10 });
    expect(index.agent('S1')).toEqual({ agent: agent('S1') });
    now += 2 * 60_000;
    apply({});
    expect(index.counts()).toMatchObject({ tasks: 3, rememberedTasks: 3 });
  });

  test('tasks that the master lists again are no longer counted as remembered', () => {
    apply({ tasks: [task('a')] });
    apply({});
    expect(index.counts().rememberedTasks).toBe(1);
    apply({ tasks: [task('a')] });
    expect(index.counts()).toMatchObject({ tasks: 1, rememberedTasks: 0 });
  });
});

describe('agents', () => {
  test('an agent that left is known with the time, and with the one now at its address', () => {
    apply({ agents: [agent('S1')] });
    now = 5_000_000;
    index.applyEvent({ type: 'AGENT_REMOVED', agentId: 'S1' });
    expect(index.agent('S1')).toEqual({ agent: agent('S1'), goneSince: 5_000_000 });
    index.applyEvent({ type: 'AGENT_ADDED', agent: agent('S7') });
    expect(index.agent('S1')).toEqual({ agent: agent('S1'), goneSince: 5_000_000, successor: agent('S7') });
    expect([...index.agents()]).toEqual([agent('S7')]);
  });

  test('successors are followed to the one registered now', () => {
    apply({ agents: [agent('S1')] });
    apply({ agents: [agent('S2')] });
    apply({ agents: [agent('S3')] });
    expect(index.agent('S1')?.successor).toEqual(agent('S3'));
    expect(index.agent('S2')?.successor).toEqual(agent('S3'));
  });

  test('a new id at an address ends the old registration, even when Mesos did not say so', () => {
    apply({ agents: [agent('S1')] });
    index.applyEvent({ type: 'AGENT_ADDED', agent: agent('S2') });
    expect(index.agent('S1')).toMatchObject({ goneSince: now, successor: agent('S2') });
  });

  test('an agent that comes back is registered again', () => {
    apply({ agents: [agent('S1')] });
    apply({});
    expect(index.agent('S1')?.goneSince).toBe(now);
    index.applyEvent({ type: 'AGENT_ADDED', agent: agent('S1', '10.0.0.9') });
    expect(index.agent('S1')).toEqual({ agent: agent('S1', '10.0.0.9') });
  });

  test('an agent missing from a list asked for before it registered has not left', () => {
    apply({ agents: [agent('S1', '10.0.0.1')] });
    const askedAt = ++now;
    index.applyEvent({ type: 'AGENT_ADDED', agent: agent('S2', '10.0.0.2') });
    index.applyAgents({ agents: [], recoveredAgentIds: [] }, askedAt);
    expect(index.agent('S1')?.goneSince).toBe(now);
    expect(index.agent('S2')?.goneSince).toBeUndefined();
  });

  test('agents long gone are forgotten', () => {
    for (const id of ['S1', 'S2', 'S3', 'S4']) apply({ agents: [agent(id, `10.0.0.${id.slice(1)}`)] });
    expect(index.agent('S1')).toBeUndefined();
    expect(index.agent('S2')).toBeDefined();
    expect(index.counts()).toMatchObject({ agents: 1, goneAgents: 2 });
  });
});

describe('readiness', () => {
  test('goes from never reached to fresh to stale with its age', () => {
    const states: string[] = [];
    index.on('status', ({ state }) => states.push(state));
    index.markStale('connection refused');
    expect(index.status()).toEqual({ state: 'never-reached', reason: 'connection refused' });
    apply({ tasks: [task('a')] });
    expect(index.status()).toEqual({ state: 'fresh', leader: 'http://master:5050', by: 'subscribe' });
    now += 4_000;
    index.applyEvent({ type: 'HEARTBEAT' });
    now += 6_000;
    index.markStale('the stream broke');
    index.markStale('connection refused');
    expect(index.status()).toEqual({
      state: 'stale',
      leader: 'http://master:5050',
      since: 1_004_000,
      ageMs: 6_000,
      reason: 'connection refused',
    });
    expect(found('a')).toMatchObject({ id: 'a' });
    expect(states).toEqual(['fresh', 'stale']);
  });
});

describe('the tasks of an agent', () => {
  test('are those that run or ran there, until they are forgotten', () => {
    const ended = Array.from({ length: 5 }, (_, at) => task(`t${at}`, { ...finished, agentId: 'S2' }));
    index.applySnapshot(snapshot({ tasks: [task('a'), ...ended] }), 'm', 'poll');
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_FINISHED') });
    expect(index.tasksOfAgent('S1')).toMatchObject([{ id: 'a', state: 'TASK_FINISHED' }]);
    expect(index.tasksOfAgent('S2')).toHaveLength(5);
    index.applySnapshot(snapshot(), 'm', 'poll');
    expect(index.tasksOfAgent('S1').length + index.tasksOfAgent('S2').length).toBe(3);
    expect(index.tasksOfAgent('S3')).toEqual([]);
  });
});

describe('the tasks of an executor', () => {
  const idsOf = (framework: string, executor: string) =>
    index
      .tasksOfExecutor(framework, executor)
      .map(({ id, state }) => `${id} ${state}`)
      .sort();
  const inPod = (id: string, facts: Partial<MesosTask> = {}) =>
    task(id, { executorId: 'pod', containerId: `root.${id}`, ...facts });

  test('are those of its framework, as they are now', () => {
    const elsewhere = inPod('c', { frameworkId: 'F2' });
    index.applySnapshot(snapshot({ tasks: [inPod('a'), inPod('b'), elsewhere, task('d')] }), 'm', 'poll');
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_FINISHED') });
    expect(idsOf('F1', 'pod')).toEqual(['a TASK_FINISHED', 'b TASK_RUNNING']);
    expect(idsOf('F2', 'pod')).toEqual(['c TASK_RUNNING']);
    expect(idsOf('F1', 'nobody')).toEqual([]);
  });

  test('follow a task whose executor is told later', () => {
    index.applySnapshot(snapshot({ tasks: [task('a', { containerId: undefined })] }), 'm', 'poll');
    index.applyEvent({ type: 'TASK_UPDATED', status: status('a', 'TASK_RUNNING', { executorId: 'pod' }) });
    expect(idsOf('F1', 'a')).toEqual([]);
    expect(idsOf('F1', 'pod')).toEqual(['a TASK_RUNNING']);
  });

  test('are forgotten with the tasks', () => {
    const ended = Array.from({ length: 5 }, (_, at) => inPod(`t${at}`, finished));
    index.applySnapshot(snapshot({ tasks: ended }), 'm', 'poll');
    index.applySnapshot(snapshot(), 'm', 'poll');
    expect(index.tasksOfExecutor('F1', 'pod')).toHaveLength(3);
  });
});
