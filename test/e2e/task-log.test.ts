import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { journalctlJson } from '../fixtures/journalctl.ts';
import { cannotRun, whyNoJournald } from '../fixtures/requirements.ts';
import { JournaldCluster, taskFields } from './journald-cluster.ts';

describe.skipIf(cannotRun(whyNoJournald()))('the log of a task, by its id at the gateway', () => {
  let world: JournaldCluster;
  const tasks: SimulatedTask[] = [];
  beforeAll(async () => {
    world = await JournaldCluster.start(2);
    const [first, second] = world.cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('expected two nodes');
    for (const [node, id] of [
      [first, 'app.1'],
      [first, 'app.10'],
      [second, 'app.2'],
    ] as const) {
      tasks.push(world.cluster.launch(node, id));
    }
    for (let line = 0; line < 60; line++) {
      const task = tasks[line % 3];
      if (task === undefined) throw new Error('unreachable');
      await world
        .journald(line % 3 === 2 ? 1 : 0)
        .sendNative({ ...taskFields(task), MESSAGE: `line ${line} of ${task.id}` });
      if (line % 10 === 0) await world.journald(0).sendNative({ MESSAGE: `system line ${line}` });
    }
    for (const journald of world.journalds) await journald.sync();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it.each([0, 1, 2])('equals, entry by entry, what journalctl finds on its node (task %i)', async (index) => {
    const task = tasks[index] as SimulatedTask;
    const matches = Object.entries(taskFields(task)).filter(([name]) =>
      /^(FRAMEWORK|EXECUTOR|CONTAINER)_ID$/.test(name),
    );
    const directory = world.journald(index === 2 ? 1 : 0).directory;
    const expected = await journalctlJson('--directory', directory, ...matches.map((match) => match.join('=')));
    await expect
      .poll(
        async () => {
          const { status, text } = await world.cluster.get(`/system/v1/logs/v1/range/task/${task.id}`, {
            accept: 'application/json',
          });
          return status === 200
            ? text
                .trimEnd()
                .split('\n')
                .map((line) => JSON.parse(line) as Record<string, unknown>)
                .map(comparable)
            : [];
        },
        { timeout: 10_000 },
      )
      .toEqual(expected.map(fromJournalctl));
    expect(expected).toHaveLength(20);
  });

  it('cannot be widened by a filter to another task’s', async () => {
    const [first, second] = tasks;
    const filters = Object.entries(taskFields(second as SimulatedTask)).map(
      ([name, value]) => `filter=${name}:${encodeURIComponent(value)}`,
    );
    const answer = await world.cluster.get(`/system/v1/logs/v1/range/task/${first?.id}?${filters.join('&')}`);
    expect(answer).toEqual({ status: 204, text: '' });
  });

  it('is 404 with a clear body when no task has such an id', async () => {
    const { status, text } = await world.cluster.get('/system/v1/logs/v1/range/task/nobody');
    expect(status).toBe(404);
    expect(text).toContain('nobody');
    const problem = await world.cluster.get('/system/v1/logs/v1/range/task/nobody', { accept: 'application/json' });
    expect(JSON.parse(problem.text)).toMatchObject({ status: 404, code: 'unknown-task' });
  });

  it('is 409 with the candidates when several ids contain what was asked', async () => {
    const { status, text } = await world.cluster.get('/system/v1/logs/v1/range/task/app.', {
      accept: 'application/json',
    });
    expect(status).toBe(409);
    for (const { id } of tasks) expect(text).toContain(id);
  });
});

function comparable(entry: Record<string, unknown>) {
  return {
    fields: entry.fields,
    cursor: entry.cursor,
    realtime: String(entry.realtime_timestamp),
    monotonic: String(entry.monotonic_timestamp),
  };
}

function fromJournalctl(entry: Record<string, unknown>) {
  const { __CURSOR, __REALTIME_TIMESTAMP, __MONOTONIC_TIMESTAMP, ...fields } = entry;
  return { fields, cursor: __CURSOR, realtime: __REALTIME_TIMESTAMP, monotonic: __MONOTONIC_TIMESTAMP };
}
