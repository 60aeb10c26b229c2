import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Point } from '../chapter.ts';
import { agentFindsNoTasks, closedAgent } from '../in-place-of.ts';
import { discover, discovered, fiveLines, redirected, runOf } from '../task-paths.ts';

/** From a task's id to where its files are, and who may ask. */
export function discoverPoints(point: Point): void {
  point(
    19,
    'Bearer does for tasks’ files, too',
    async (setUp, world) => {
      const credentials = [`Authorization: Bearer ${setUp.token}`];
      expect((await setUp.askAt(discover('app.1'), { credentials })).status).toBe(303);
      const answer = await setUp.ask(`${runOf(world.task)}/stdout`, { credentials });
      expect([answer.status, answer.text]).toEqual([200, fiveLines]);
    },
    {
      agent: async (setUp, world) => {
        const credentials = [`Authorization: Bearer ${setUp.token}`];
        const answer = await closedAgent(setUp, world).ask(`${runOf(world.task)}/stdout`, { credentials });
        expect(answer.status).toBe(401);
      },
    },
  );

  point(
    56,
    'a task’s file is redirected to its agent, path-absolute, the query kept',
    async (setUp, world) => {
      const run = redirected(world, runOf(world.task));
      for (const [rest, location] of [
        ['app.1/file/stdout?cursor=END&skip=-10', `${run}/stdout?cursor=END&skip=-10`],
        ['app.1/file/stderr', `${run}/stderr`],
        ['app.1', `${run}/stdout`],
        ['app.1/browse', `${run}/files/browse`],
        ['app.1/download', `${run}/stdout/download`],
        ['app.1/file/core.1/download?a=%20b', `${run}/core.1/download?a=%20b`],
      ] as const) {
        const answer = await setUp.askAt(discover(rest));
        expect([rest, answer.status, answer.header('location')]).toEqual([rest, 303, location]);
      }
      for (const rest of ['app.1/', 'app.1/file/a%2Fb', 'app.1/file/']) {
        expect([rest, (await setUp.askAt(discover(rest))).status >= 400]).toEqual([rest, true]);
      }
    },
    { agent: agentFindsNoTasks },
  );

  point(
    57,
    'a task of a pod is redirected to its own sandbox in the pod’s',
    async (setUp, world) => {
      const { mesos } = world.cluster;
      const pod = mesos.launchPod(
        { frameworkId: world.task.frameworkId, agentId: world.node.agentId },
        `pod-of-${setUp.name}`,
        ['web', 'sidecar'],
      );
      for (const task of pod) {
        const answer = await discovered(setUp, `${task.id}/file/stderr`);
        const root = task.container.parent?.value;
        expect(answer.header('location')).toBe(
          redirected(
            world,
            `/v2/task/frameworks/${task.frameworkId}/executors/${task.executorId}/runs/${root}/tasks/${task.id}/stderr`,
          ),
        );
        writeFileSync(join(world.sandbox(task), 'stderr'), `of ${task.id}\n`);
        expect((await setUp.askAt(answer.header('location') ?? '')).text).toBe(`of ${task.id}\n`);
      }
    },
    { agent: agentFindsNoTasks },
  );

  point(
    58,
    'a task that has ended is found, also one of a framework that has',
    async (setUp, world) => {
      const { mesos } = world.cluster;
      const framework = mesos.addFramework(`ends-${setUp.name}`);
      for (const [id, frameworkId] of [
        [`done-in-${setUp.name}`, world.task.frameworkId],
        [`gone-with-${setUp.name}`, framework.id],
      ] as const) {
        const task = mesos.launch({ id, frameworkId, agentId: world.node.agentId });
        writeFileSync(join(world.sandbox(task), 'stdout'), 'the last\n');
        mesos.report(task, 'TASK_FINISHED');
        if (frameworkId === framework.id) mesos.removeFramework(framework.id);
        const answer = await discovered(setUp, `${id}?cursor=END&skip=-1`);
        expect([answer.status, answer.header('location')]).toEqual([
          303,
          redirected(world, `${runOf(task)}/stdout?cursor=END&skip=-1`),
        ]);
        expect((await setUp.askAt(answer.header('location') ?? '')).text).toBe('the last\n');
      }
    },
    { agent: agentFindsNoTasks },
  );

  point(
    59,
    'an unknown task is 404 in dcos-log’s words',
    async (setUp) => {
      for (const rest of ['nothing', 'nothing/file/stdout?cursor=END&skip=-10', 'nothing/browse', 'nothing/download']) {
        const { status, text } = await setUp.askAt(discover(rest));
        expect([status, text]).toEqual([404, 'unable to get canonical task ID: task not found\n']);
      }
    },
    { agent: agentFindsNoTasks },
  );

  point(
    60,
    'an exact id wins over those it is a part of, and a part of several lists them',
    async (setUp, world) => {
      const ids = ['', '0', '1'].map((end) => `part-of-${setUp.name}.1${end}`);
      const tasks = ids.map((id) => world.cluster.launch(world.node, id));
      for (const [index, id] of ids.entries()) {
        const task = tasks[index];
        if (task === undefined) throw new Error('unreachable');
        const answer = await discovered(setUp, id);
        expect(answer.header('location')).toBe(redirected(world, `${runOf(task)}/stdout`));
      }
      const several = await setUp.askAt(discover(`part-of-${setUp.name}`));
      expect(several.status).toBe(409);
      for (const id of ids) expect(several.text).toContain(id);
      expect((await setUp.askAt(discover(`of-${setUp.name}.11`))).header('location')).toContain(ids[2]);
    },
    { agent: agentFindsNoTasks },
  );

  point(61, 'tasks’ files want a token', async (setUp, world) => {
    const asked = setUp.name === 'agent' ? closedAgent(setUp, world) : setUp;
    for (const rest of ['/stdout', '/files/browse', '/stdout/download']) {
      const { status, text } = await asked.ask(`${runOf(world.task)}${rest}`, { credentials: [] });
      expect([rest, status]).toEqual([rest, 401]);
      expect(text).not.toContain('three');
    }
    if (setUp.name !== 'agent') {
      expect((await setUp.askAt(discover('app.1'), { credentials: [] })).status).toBe(401);
    }
  });
}
