import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { containerIdOf, type SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { agentFindsNoTasks, closedAgent } from './in-place-of.ts';
import { chapter } from './points.ts';
import type { RawExchange } from './raw-exchange.ts';
import { eventMessages, eventsOf } from './reading.ts';
import { asEvents, type SetUp, type SetUpName } from './set-ups.ts';
import type { World } from './world.ts';

const fiveLines = 'one\ntwo\nthree\nfour\nfive\n';

/** The path of a sandbox as dcos-log redirects to it, below a node's logs. */
function runOf({ id, frameworkId, executorId, container }: SimulatedTask): string {
  const [root = '', child] = containerIdOf(container).split('.');
  const executor = executorId === '' ? id : executorId;
  const run = `/v2/task/frameworks/${frameworkId}/executors/${executor}/runs/${root}`;
  return child === undefined ? run : `${run}/tasks/${id}`;
}

const discover = (rest: string) => `/system/v1/logs/v2/task/${rest}`;
const redirected = ({ node }: World, rest: string) => `/system/v1/agent/${node.agentId}/logs${rest}`;

/** Asks for a task until the gateway has heard of it. */
async function discovered(setUp: SetUp, rest: string): Promise<RawExchange> {
  return await vi.waitUntil(
    async () => {
      const answer = await setUp.askAt(discover(rest));
      return answer.status !== 404 && answer;
    },
    { timeout: 5_000 },
  );
}

/** Event streams of a file that nothing is written to, opened before the first point. */
const idle = new Map<SetUpName, RawExchange>();

chapter(
  'API v2, tasks',
  {
    begin: async (setUp, world) => {
      writeFileSync(join(world.sandbox(world.task), 'stdout'), fiveLines);
      writeFileSync(join(world.sandbox(world.task), 'stderr'), '');
      const quiet = world.cluster.launch(world.node, `quiet.${setUp.name}`);
      writeFileSync(join(world.sandbox(quiet), 'stdout'), 'said once\n');
      await discoveredBy(setUp, quiet);
      idle.set(setUp.name, await setUp.open(`${runOf(quiet)}/stdout?cursor=END`, asEvents));
    },
  },
  (point) => {
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
        for (const rest of [
          'nothing',
          'nothing/file/stdout?cursor=END&skip=-10',
          'nothing/browse',
          'nothing/download',
        ]) {
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

    point(62, 'lines of a file are counted as dcos-log counts them, byte for byte', async (setUp, { task }) => {
      for (const [query, expected] of [
        ['', fiveLines],
        ['skip=2', 'three\nfour\nfive\n'],
        ['cursor=END&skip=-2', 'four\nfive\n'],
        ['skip=3&limit=1', 'four\n'],
        ['cursor=7&skip=1', 'four\nfive\n'],
        ['cursor=7&skip=-1&limit=1', 'two\n'],
        ['cursor=END&skip=-5', fiveLines],
        ['cursor=END&skip=-50', fiveLines],
        ['cursor=END', ''],
        ['cursor=BEG', fiveLines],
        ['cursor=5', 'wo\nthree\nfour\nfive\n'],
        ['cursor=1000', ''],
      ]) {
        const { status, text } = await setUp.ask(`${runOf(task)}/stdout?${query}`);
        expect([query, status, text]).toEqual([query, 200, expected]);
      }
      const headers = ['Last-Event-ID: 7'];
      const resumed = await setUp.ask(`${runOf(task)}/stdout?cursor=END&skip=-1`, { headers });
      expect(resumed.text).toBe('three\nfour\nfive\n');
      for (const query of ['cursor=abc', 'skip=x', 'limit=x', 'cursor=-5']) {
        expect([query, (await setUp.ask(`${runOf(task)}/stdout?${query}`)).status]).toEqual([query, 400]);
      }
    });

    point(63, 'a file that is not there is 404, and 204 when asked for from its end', async (setUp, { task }) => {
      const missing = await setUp.ask(`${runOf(task)}/nothing`);
      expect([missing.status, missing.text]).toEqual([404, 'File not found\n']);
      for (const query of ['cursor=END', 'cursor=END&skip=-10', 'skip=-10']) {
        const answer = await setUp.ask(`${runOf(task)}/nothing?${query}`);
        expect([query, answer.status, answer.text]).toEqual([query, 204, '']);
      }
    });

    point(64, 'a sandbox is browsed as a JSON array', async (setUp, { task }) => {
      const answer = await setUp.ask(`${runOf(task)}/files/browse`);
      expect(answer.status).toBe(200);
      const files = JSON.parse(answer.text) as Record<string, unknown>[];
      const stdout = files.find(({ path }) => String(path).endsWith('/stdout'));
      expect(stdout).toEqual({
        gid: expect.any(String),
        mode: expect.stringMatching(/^-rw/),
        mtime: expect.any(Number),
        nlink: 1,
        path: expect.stringMatching(/\/slaves\/.*\/runs\/.*\/stdout$/),
        size: fiveLines.length,
        uid: expect.any(String),
      });
      expect(Number.isInteger(stdout?.mtime)).toBe(true);
      const nowhere = `${runOf(task).replace(/[^/]+$/, '00000000-0000-0000-0000-000000000000')}/files/browse`;
      expect((await setUp.ask(nowhere)).status).toBe(404);
    });

    point(65, 'a download is the file’s bytes, as an attachment, and no error is called 200', async (setUp, world) => {
      const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 256));
      writeFileSync(join(world.sandbox(world.task), 'core.bin'), bytes);
      const answer = await setUp.ask(`${runOf(world.task)}/core.bin/download`);
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/octet-stream']);
      expect(answer.header('content-disposition')).toBe('attachment; filename=core.bin');
      expect(answer.body.equals(bytes)).toBe(true);
      expect((await setUp.ask(`${runOf(world.task)}/nothing/download`)).status).toBe(404);
      world.node.mesosAgent.status = 403;
      try {
        const refused = await setUp.ask(`${runOf(world.task)}/core.bin/download`);
        expect(refused.status).toBeGreaterThanOrEqual(400);
        expect(refused.header('content-disposition')).toBeUndefined();
      } finally {
        world.node.mesosAgent.status = undefined;
      }
    });

    point(
      66,
      'a file is followed as events that say where it is, and resumed at the next line',
      async (setUp, world) => {
        const task = world.cluster.launch(world.node, `followed.${setUp.name}`);
        const file = join(world.sandbox(task), 'stdout');
        writeFileSync(file, 'first\nsecond\n');
        await discoveredBy(setUp, task);
        const stream = await setUp.open(`${runOf(task)}/stdout`, asEvents);
        await stream.until(() => eventsOf(stream).length === 2);
        appendFileSync(file, 'third\nfour');
        await stream.until(() => eventsOf(stream).length === 3);
        appendFileSync(file, 'th\n');
        await stream.until(() => eventsOf(stream).length === 4);
        expect(eventMessages(stream)).toEqual(['first', 'second', 'third', 'fourth']);
        const [first, second] = eventsOf(stream);
        expect((JSON.parse(first?.data ?? '') as { fields: object }).fields).toEqual({
          AGENT_ID: world.node.agentId,
          CONTAINER_ID: task.container.value,
          EXECUTOR_ID: task.id,
          FILE: 'stdout',
          FRAMEWORK_ID: task.frameworkId,
          MESSAGE: 'first',
        });
        for (const name of ['cache-control', 'content-type'])
          expect(stream.header(name)).toMatch(/no-cache|event-stream/);
        stream.close();
        const headers = ['Accept: text/event-stream', `Last-Event-ID: ${second?.id}`];
        const resumed = await setUp.open(`${runOf(task)}/stdout?cursor=END&skip=-10`, { headers });
        await resumed.until(() => eventsOf(resumed).length >= 2);
        expect(eventMessages(resumed)).toEqual(['third', 'fourth']);
        resumed.close();
      },
    );

    point(67, 'an idle follow of a file says something at least every 15 seconds', async ({ name }) => {
      const stream = idle.get(name);
      if (stream === undefined) throw new Error(`no idle stream was opened for ${name}`);
      await stream.until(({ text }) => text.startsWith(': ping\n\n'), 'a ping');
      expect(stream.longestSilence).toBeLessThan(16.5);
      stream.close();
    });

    point(
      68,
      'blank lines, long lines and an unterminated end come whole, at once, as text that no browser runs',
      async (setUp, world) => {
        const long = 'long '.repeat(30_000);
        const content = `<html><script>alert(1)</script>\n\n\n${long}\nlast\n\nprompt> `;
        writeFileSync(join(world.sandbox(world.task), 'odd'), content);
        const ask = (query: string) => setUp.ask(`${runOf(world.task)}/odd${query}`);
        const whole = await ask('');
        expect(whole.text === `${content}\n` || whole.text === content).toBe(true);
        expect(whole.header('content-type')).toMatch(/^text\/plain(; charset=utf-8)?$/);
        expect(whole.header('x-content-type-options')).toBe('nosniff');
        const lines = content.split('\n');
        for (const skip of [1, 2, 3, 4, 6]) {
          const { text } = await ask(`?cursor=END&skip=-${skip}`);
          expect([skip, text.replace(/\n$/, '')]).toEqual([skip, lines.slice(-skip).join('\n')]);
        }
        const many = Array.from({ length: 12_000 }, (_, line) => `line ${line} of the file`);
        writeFileSync(join(world.sandbox(world.task), 'many'), `${many.join('\n')}\n`);
        const last = await setUp.ask(`${runOf(world.task)}/many?cursor=END&skip=-5000`);
        expect(last.text).toBe(`${many.slice(-5000).join('\n')}\n`);
      },
    );
  },
);

/** Resolves when the set-up can be asked for the files of a task that was launched just now. */
async function discoveredBy(setUp: SetUp, task: SimulatedTask): Promise<void> {
  if (setUp.name !== 'agent') await discovered(setUp, task.id);
}
