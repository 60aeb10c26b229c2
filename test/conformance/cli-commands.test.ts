import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SimulatedTask } from '../dev-cluster/simulated-mesos.ts';
import { chapter } from './chapter.ts';
import { DcosCli } from './clients/dcos-cli.ts';
import { agentKnowsNone } from './in-place-of.ts';
import { eventMessages, eventsOf, textMessages } from './reading.ts';
import { asEvents, asJson, asText, type SetUp } from './set-ups.ts';
import type { World } from './world.ts';

/** A task of this set-up's own, which the gateway has heard of. */
async function launched(setUp: SetUp, { cluster, node }: World, name: string): Promise<SimulatedTask> {
  const task = cluster.launch(node, `${name}-of-${setUp.name}.1`);
  await expect
    .poll(async () => (await setUp.askAt('/mesos/master/state')).text, { timeout: 5_000 })
    .toContain(`"${task.id}"`);
  return task;
}

const writeComponent = async ({ node }: World): Promise<void> => {
  for (let line = 1; line <= 20; line++) {
    node.journal.service('dcos-foo.service', 'foo', `foo ${line}`, line % 2 === 0 ? 'syslog' : 'stdout');
    node.journal.service('dcos-marathon.service', 'marathon', `marathon ${line}`);
  }
};

let written: Promise<void> | undefined;

chapter(
  'the CLI’s commands',
  {
    journal: 'written',
    begin: async (_setUp, world) => {
      written ??= writeComponent(world);
      await written;
    },
  },
  (point) => {
    point(
      69,
      '`dcos node log` shows a node’s and a leader’s last lines, one component’s, filtered ones, and follows',
      async (setUp, world) => {
        const { node } = world;
        const cli = new DcosCli(setUp);
        for (const of of ['--leader', { mesosId: node.agentId }] as const) {
          expect(await cli.nodeLog({ of, lines: 2 })).toHaveLength(2);
          expect(await cli.nodeLog({ of })).toHaveLength(10);
          const component = 'dcos-foo';
          expect(await cli.nodeLog({ of, component, lines: 2 })).toEqual(['foo 19', 'foo 20']);
          const filters = ['_TRANSPORT:stdout', '_SYSTEMD_UNIT:dcos-foo.service'];
          expect(await cli.nodeLog({ of, component, lines: 2, filters })).toEqual(['foo 17', 'foo 19']);
          await expect(cli.nodeLog({ of, component: 'dcos-none' })).rejects.toThrow('no logs found');

          const name = of === '--leader' ? 'leader' : 'agent';
          const unit = `followed-${name}-${setUp.name}`;
          node.journal.service(`${unit}.service`, 'followed', 'before');
          const events = await cli.followNodeLog({ of, component: unit });
          await events.until(({ messages }) => messages.includes('before'));
          node.journal.service(`${unit}.service`, 'followed', 'after');
          await events.until(({ messages }) => messages.includes('after'));
          expect(events.messages).toEqual(['before', 'after']);
          events.close();
        }
        await expect(cli.nodeLog({ of: { mesosId: 'unknown-S0' } })).rejects.toThrow("agent 'unknown-S0' not found");
        const stranger = new DcosCli(setUp, []);
        await expect(stranger.nodeLog({ of: '--leader' })).rejects.toThrow('please run `dcos auth login`');
      },
      { agent: agentKnowsNone },
    );

    point(
      70,
      '`dcos task log` shows a file’s last lines, of running and completed tasks, and follows; the journal’s where there is no file',
      async (setUp, world) => {
        const cli = new DcosCli(setUp);
        const task = await launched(setUp, world, 'app');
        const stdout = join(world.sandbox(task), 'stdout');
        writeFileSync(stdout, Array.from({ length: 20 }, (_, line) => `out ${line + 1}\n`).join(''));
        writeFileSync(join(world.sandbox(task), 'stderr'), 'err 1\nerr 2\n');
        expect(await cli.taskLog(task.id, { lines: 2 })).toBe('out 19\nout 20\n');
        expect((await cli.taskLog(task.id)).split('\n')).toHaveLength(11);
        expect(await cli.taskLog(`app-of-${setUp.name}`, { file: 'stderr', lines: 1 })).toBe('err 2\n');
        await expect(cli.taskLog(task.id, { file: 'nothing' })).rejects.toThrow('no logs found');

        const events = await cli.followTaskLog(task.id, { lines: 1 });
        await events.until(({ messages }) => messages.length === 1);
        appendFileSync(stdout, 'out 21\n');
        await events.until(({ messages }) => messages.length === 2);
        expect(events.messages).toEqual(['out 20', 'out 21']);
        events.close();

        world.cluster.mesos.report(task, 'TASK_FINISHED');
        await expect
          .poll(() => cli.taskLog(task.id, { completed: true, lines: 1 }).catch(String), { timeout: 5_000 })
          .toBe('out 21\n');

        const journaled = await launched(setUp, world, 'journaled');
        for (const line of [1, 2, 3]) await world.say(`journal ${line}`, {}, journaled);
        await world.say('other', { STREAM: 'STDERR' }, journaled);
        expect(await cli.taskLog(journaled.id, { lines: 2 })).toBe('journal 2\njournal 3\n');
        expect(await cli.taskLog(journaled.id, { file: 'stderr' })).toBe('other\n');
        const follow = await cli.followTaskLog(journaled.id, { lines: 1 });
        await follow.until(({ messages }) => messages.length === 1);
        await world.say('journal 4', {}, journaled);
        await follow.until(({ messages }) => messages.length === 2);
        expect(follow.messages).toEqual(['journal 3', 'journal 4']);
        follow.close();
      },
      { agent: agentKnowsNone },
    );

    point(
      71,
      '`dcos service log marathon` shows Marathon’s log; what it asks Marathon itself is Marathon’s to answer',
      async (setUp) => {
        const log = await setUp.askAt(
          '/system/v1/leader/mesos/logs/v2/component/dcos-marathon.service?skip=-10',
          asJson,
        );
        expect(log.status).toBe(200);
        expect(log.text.trimEnd().split('\n')).toHaveLength(10);
        for (const path of ['/service/marathon/v2/leader', '/service/marathon/v2/apps', '/net/v1/nodes']) {
          expect([path, (await setUp.askAt(path, asJson)).status]).toEqual([path, 404]);
        }
      },
      { agent: agentKnowsNone },
    );

    point(
      12,
      'the log of the leading Mesos master’s node, with a token',
      async (setUp) => {
        const path = '/system/v1/leader/mesos/logs/v1/range/?limit=1';
        const answer = await setUp.askAt(path);
        expect([answer.status, textMessages(answer).length]).toEqual([200, 1]);
        expect((await setUp.askAt(path, { credentials: [] })).status).toBe(401);

        // The Python CLI, API v1.
        const of = '/system/v1/leader/mesos/logs/v1';
        const range = await setUp.askAt(`${of}/range/?skip_prev=3&filter=_SYSTEMD_UNIT:dcos-marathon.service`, asText);
        expect(textMessages(range)).toEqual(['marathon 18', 'marathon 19', 'marathon 20']);
        const stream = await setUp.openAt(`${of}/stream/?skip_prev=2&filter=_SYSTEMD_UNIT:dcos-foo.service`, asEvents);
        await stream.until(() => eventsOf(stream).length === 2);
        expect(eventMessages(stream)).toEqual(['foo 19', 'foo 20']);
        stream.close();
      },
      { agent: agentKnowsNone },
    );
  },
);
