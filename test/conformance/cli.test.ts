import { expect } from 'vitest';
import { taskFields } from '../e2e/journald-cluster.ts';
import { chapter } from './chapter.ts';
import { CliEvents } from './clients/cli-events.ts';
import { scannedEntries, scannerLimit } from './clients/line-scanner.ts';
import { TaskLogView } from './clients/task-log-view.ts';
import { closedAgent } from './in-place-of.ts';
import { eventsOf } from './reading.ts';
import { asEvents, asJson, type SetUp } from './set-ups.ts';
import type { World } from './world.ts';

/** A unit of this set-up's own, and the path of its log. */
const unitOf = ({ name }: SetUp) => `dcos-${name}.service`;
const componentOf = (setUp: SetUp, query = '') => `${setUp.logs}/v2/component/${unitOf(setUp)}${query}`;

async function log(world: World, setUp: SetUp, message: string): Promise<void> {
  await world.write({ MESSAGE: message, UNIT: unitOf(setUp) });
}

/** What the CLI sends with a request that does not follow. */
const cliHeaders = ['User-Agent: dcos-cli/1.2.0 linux', 'Accept: application/json', 'Accept-Encoding: gzip'];

/** The node's agent as `setUp` reads it. */
const agentOf = (setUp: SetUp, world: World) => (setUp.name === 'agent' ? world.openAgent : world.node.agent);

chapter('the CLI', {}, (point) => {
  point(72, 'no entry is 204 without a body, and no valid token 401', async (setUp, world) => {
    const { status, text } = await setUp.askAt(componentOf(setUp, '?skip=-10&filter=MESSAGE:none'), {
      headers: cliHeaders,
    });
    expect([status, text]).toEqual([204, '']);
    const asked = setUp.name === 'agent' ? closedAgent(setUp, world) : setUp;
    expect((await asked.askAt(componentOf(setUp), { headers: cliHeaders, credentials: [] })).status).toBe(401);
  });

  point(73, 'no line and no event is longer than the CLI can read', async (setUp, world) => {
    await log(world, setUp, 'before');
    for (const length of [65_000, 65_536, 100_000]) await log(world, setUp, 'long'.repeat(length / 4));
    await log(world, setUp, '\u0001'.repeat(20_000));
    await log(world, setUp, 'after');
    await world.sync();
    const answer = await setUp.askAt(componentOf(setUp, '?skip=0'), { headers: cliHeaders });
    const entries = scannedEntries(answer);
    expect(entries.map(({ fields }) => fields.MESSAGE?.slice(0, 6))).toEqual([
      'before',
      ...Array<string>(3).fill('longlo'),
      '\u0001'.repeat(6),
      'after',
    ]);
    const events = new CliEvents(setUp, componentOf(setUp, '?skip=0'));
    await events.until(({ messages }) => messages.at(-1) === 'after');
    expect(events.entries.map(({ cursor }) => cursor)).toEqual(entries.map(({ cursor }) => cursor));
    events.close();
    const lengths = answer.text.split('\n').map((line) => Buffer.byteLength(line));
    expect(Math.max(...lengths)).toBeLessThan(scannerLimit);
    expect(Math.max(...lengths)).toBeGreaterThan(60_000);
  });

  point(74, 'no id or data is ever empty, and an event has one line of data', async (setUp, world) => {
    const unit = unitOf(setUp);
    for (const message of ['', ' ', '\n', 'a\nb\r\nc\rd', 'data: x\n\nid: y']) {
      await world.write({ MESSAGE: message, UNIT: unit, TAG: '74' });
    }
    await world.write({ UNIT: unit, TAG: '74' });
    await world.sync();
    for (const path of ['/v1/stream/?filter=TAG:74&skip_prev=100', `/v2/component/${unit}?skip=-100&filter=TAG:74`]) {
      const stream = await setUp.open(path, asEvents);
      const written = 6;
      await stream.until(() => eventsOf(stream).length >= written);
      for (const { id, data } of eventsOf(stream)) expect([id === '', data === '']).toEqual([false, false]);
      stream.close();
    }
  });

  point(
    75,
    'a stream that must end is cut, and whoever resumes it misses and repeats nothing',
    async (setUp, world) => {
      const task = world.cluster.launch(world.node, `cut.${setUp.name}`);
      const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = taskFields(task);
      await world.say('1', {}, task);
      await log(world, setUp, '1');
      await world.sync();
      const container = `/framework/${FRAMEWORK_ID}/executor/${EXECUTOR_ID}/container/${CONTAINER_ID}`;
      let back = Promise.resolve();
      const view = new TaskLogView(setUp, container, () => back);
      const cli = new CliEvents(setUp, componentOf(setUp, '?skip=-1'));
      try {
        await view.until(({ messages }) => messages.at(-1) === '1');
        await cli.until(({ messages }) => messages.at(-1) === '1');
        const services = [agentOf(setUp, world), ...(setUp.name === 'agent' ? [] : [world.cluster.gateway])];
        for (const [index, service] of services.entries()) {
          const message = `${index + 2}`;
          const { promise, resolve } = Promise.withResolvers<void>();
          back = promise;
          await service.kill('SIGTERM');
          await world.say(message, {}, task);
          await log(world, setUp, message);
          await service.start();
          resolve();
          await view.until(({ messages }) => messages.at(-1) === message);
          await cli.until(({ messages }) => messages.at(-1) === message);
        }
        const all = ['1', '2', '3'].slice(0, services.length + 1);
        expect([view.messages, cli.messages, cli.stuck]).toEqual([all, all, undefined]);
        expect(cli.connections).toBeGreaterThan(services.length);
      } finally {
        view.close();
        cli.close();
      }
    },
  );

  point(76, 'a follow is 200 and stays open where nothing matches', async (setUp) => {
    for (const path of [
      '/v1/stream/?filter=MESSAGE:none',
      '/v2/component/none.service',
      '/v2/component?filter=A:none',
    ]) {
      const stream = await setUp.open(path, asEvents);
      expect([path, stream.status]).toEqual([path, 200]);
      await stream.until(({ text }) => text === ': ping\n\n');
      expect(stream.end).toBeUndefined();
      stream.close();
    }
  });

  point(77, 'no event stream is compressed, whatever the client takes', async (setUp, { container }) => {
    const headers = [...(asEvents.headers ?? []), 'Accept-Encoding: gzip, br'];
    for (const path of [
      `/v1/stream${container}?skip_prev=1`,
      '/v2/component?skip=-1',
      `/v1/range${container}?limit=1`,
    ]) {
      const stream = await setUp.open(path, { headers });
      await stream.until(() => eventsOf(stream).length === 1);
      expect(stream.header('content-encoding')).toBeUndefined();
      stream.close();
    }
    const range = await setUp.ask('/v2/component?skip=-1', {
      headers: [...(asJson.headers ?? []), 'Accept-Encoding: gzip'],
    });
    expect([range.header('content-encoding'), scannedEntries(range).length]).toEqual([undefined, 1]);
  });
});
