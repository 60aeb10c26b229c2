import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Point } from '../chapter.ts';
import type { RawExchange } from '../raw-exchange.ts';
import { eventMessages, eventsOf } from '../reading.ts';
import { asEvents, type SetUp } from '../set-ups.ts';
import { discoveredBy, fiveLines, runOf } from '../task-paths.ts';

/** Answers that were asked for before the first point. */
export interface BegunReading {
  /** A follow of a file that nothing is written to. */
  readonly idle: RawExchange;
  /** A download of {@link fiveLines} that takes longer than dcos-log waited. */
  readonly slowDownload: RawExchange;
}

/**
 * Lines, bytes and names of what is in a sandbox.
 *
 * @param begun what takes long, opened before the first point
 */
export function filePoints(point: Point, begun: (setUp: SetUp) => BegunReading): void {
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
    const { slowDownload } = begun(setUp);
    await slowDownload.until(({ end }) => end !== undefined);
    expect([slowDownload.text, slowDownload.end]).toEqual([fiveLines, 'whole']);
    expect(slowDownload.longestSilence).toBeGreaterThan(5);
  });

  point(66, 'a file is followed as events that say where it is, and resumed at the next line', async (setUp, world) => {
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
    for (const name of ['cache-control', 'content-type']) expect(stream.header(name)).toMatch(/no-cache|event-stream/);
    stream.close();
    const headers = ['Accept: text/event-stream', `Last-Event-ID: ${second?.id}`];
    const resumed = await setUp.open(`${runOf(task)}/stdout?cursor=END&skip=-10`, { headers });
    await resumed.until(() => eventsOf(resumed).length >= 2);
    expect(eventMessages(resumed)).toEqual(['third', 'fourth']);
    resumed.close();
  });

  point(67, 'an idle follow of a file says something at least every 15 seconds', async (setUp) => {
    const { idle: stream } = begun(setUp);
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
}
