import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { taskFields } from '../e2e/journald-cluster.ts';
import { callerSecret, expired } from './caller-tokens.ts';
import { chapter } from './chapter.ts';
import { TaskLogView } from './clients/task-log-view.ts';
import { agentTakesNone } from './in-place-of.ts';
import { eventMessages, eventsOf } from './reading.ts';
import { asEvents, type SetUp } from './set-ups.ts';
import type { World } from './world.ts';

const cookie = ({ token }: SetUp) => [`Cookie: dcos-acs-auth-cookie=${token}`];

/** The path of a task's container. */
function containerOf(task: World['task']): string {
  const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = taskFields(task);
  return `/framework/${FRAMEWORK_ID}/executor/${EXECUTOR_ID}/container/${CONTAINER_ID}`;
}

/** A task of this set-up's own, with lines `line 1`… on STDOUT, and one on STDERR between each two. */
async function longTask({ name }: SetUp, world: World, lines: number): Promise<World['task']> {
  const task = world.cluster.launch(world.node, `long.${name}`);
  for (let line = 1; line <= lines; line++) {
    await world.say(`line ${line}`, {}, task);
    await world.say(`error ${line}`, { STREAM: 'STDERR' }, task);
  }
  await world.sync();
  return task;
}

chapter('the UI', {}, (point) => {
  point(78, 'the streams of a task are an array with STDOUT in it', async (setUp) => {
    const answer = await setUp.ask(`/v1/fields/STREAM?_timestamp=${Date.now()}`, {
      credentials: cookie(setUp),
      headers: [
        'Accept: application/json, text/javascript',
        'X-Requested-With: XMLHttpRequest',
        'Content-Type: application/json; charset=utf-8',
      ],
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toContain('STDOUT');
  });

  point(79, 'the tail is a stream with ids, by the cookie alone', async (setUp, world) => {
    const stream = await setUp.open(`/v1/stream${world.container}?limit=0&skip_prev=1&filter=STREAM:STDOUT`, {
      ...asEvents,
      credentials: cookie(setUp),
    });
    await stream.until(() => eventsOf(stream).length === 1);
    expect(stream.header('content-type')).toBe('text/event-stream');
    expect(eventMessages(stream)).toEqual(['m10']);
    expect(eventsOf(stream)[0]?.id).toBe(world.rawCursor('m10'));
    stream.close();
  });

  point(
    80,
    'pages go up by strictly older entries, newest first, and each ends; so does the one at the top',
    async (setUp, world) => {
      const task = await longTask(setUp, world, 450);
      const view = new TaskLogView(setUp, containerOf(task));
      try {
        await view.until(({ entries }) => entries.length === 1);
        expect([await view.pageUp(), view.topReached]).toEqual([400, false]);
        expect([await view.pageUp(), view.topReached]).toEqual([49, true]);
        expect(await view.pageUp()).toBe(0);
        expect(view.messages).toEqual(Array.from({ length: 450 }, (_, line) => `line ${line + 1}`));
        await world.say('new', {}, task);
        await view.until(({ entries }) => entries.length === 451);
        expect([view.messages.at(-1), view.errors]).toEqual(['new', 0]);
      } finally {
        view.close();
      }
    },
  );

  point(81, 'the link to download is an attachment, by the cookie alone', async (setUp, world) => {
    const path = `/v1/range${world.container}/download?postfix=stdout&filter=STREAM:STDOUT`;
    const headers = [
      'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'Sec-Fetch-Site: same-origin',
    ];
    const answer = await setUp.ask(path, { credentials: cookie(setUp), headers });
    const name = `task-${taskFields(world.task).CONTAINER_ID}-stdout.log.gz`;
    expect([answer.status, answer.header('content-disposition')]).toEqual([200, `attachment; filename=${name}`]);
    expect(
      gunzipSync(answer.body)
        .toString()
        .match(/ m\d+$/gm),
    ).toHaveLength(10);
  });

  point(
    82,
    'a cookie that has expired is 401',
    async (setUp, world) => {
      const token = await expired({ uid: 'demo' }, callerSecret(world));
      const credentials = [`Cookie: dcos-acs-auth-cookie=${token}`];
      expect((await setUp.ask('/v1/range/?limit=1', { credentials })).status).toBe(401);
      expect((await setUp.ask('/v1/stream/', { ...asEvents, credentials })).status).toBe(401);
    },
    { agent: agentTakesNone },
  );
});
