import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { taskFields } from '../../e2e/journald-cluster.ts';
import type { Point } from '../chapter.ts';
import { eventMessages, eventsOf, jsonEntries, textMessages } from '../reading.ts';
import { asEvents, asJson } from '../set-ups.ts';
import { allLines } from '../world.ts';

/** What ranges, downloads and fields answer, and what they refuse. */
export function rangePoints(point: Point): void {
  point(20, 'a range is text/plain exactly, and each entry begins with its time', async (setUp) => {
    const answer = await setUp.ask('/v1/range/?limit=10');
    expect([answer.status, answer.header('content-type')]).toEqual([200, 'text/plain']);
    expect(textMessages(answer)).toHaveLength(10);
  });

  point(21, 'JSON is an object a line with four keys, times as numbers', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}`, asJson);
    expect(answer.header('content-type')).toBe('application/json');
    const entries = jsonEntries(answer);
    expect(entries.map(({ fields }) => fields.MESSAGE)).toEqual(allLines);
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual(['fields', 'cursor', 'monotonic_timestamp', 'realtime_timestamp']);
      expect(Object.keys(entry.fields)).toEqual(Object.keys(entry.fields).sort());
      expect(Number.isSafeInteger(entry.monotonic_timestamp)).toBe(true);
      expect(Math.abs(entry.realtime_timestamp / 1e6 - Date.now() / 1000)).toBeLessThan(600);
    }
  });

  point(22, 'a range as events has no ids, is not cached, and ends', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}?limit=2`, asEvents);
    expect([answer.header('content-type'), answer.header('cache-control')]).toEqual(['text/event-stream', 'no-cache']);
    expect(answer.text).toMatch(/^data: \{.*\}\n\ndata: \{.*\}\n\n$/);
    expect([answer.end, eventsOf(answer).map(({ id }) => id)]).toEqual(['whole', [undefined, undefined]]);
  });

  point(33, 'a malformed cursor is 400', async (setUp) => {
    for (const cursor of ['abc', 's=1;i=2', 'END', '%2541', 's%3D1%3Bi%3D2%3Bb%3D3%3Bm%3D4%3Bt%3D5%3Bx%3Dz']) {
      const answer = await setUp.ask(`/v1/range/?cursor=${cursor}`);
      expect([cursor, answer.status]).toEqual([cursor, 400]);
      expect(answer.text).toContain('Incorrect cursor string');
    }
  });

  point(34, 'a filter takes the field in any case, and one field twice means either', async (setUp, world) => {
    const path = `/v1/range${world.container}`;
    expect(textMessages(await setUp.ask(`${path}?filter=STREAM:STDERR`))).toEqual(['e1', 'e2', 'e3']);
    expect(textMessages(await setUp.ask(`${path}?filter=stream:STDERR`))).toEqual(['e1', 'e2', 'e3']);
    expect(textMessages(await setUp.ask(`${path}?filter=STREAM:STDERR&filter=STREAM:STDOUT`))).toEqual(allLines);
    expect((await setUp.ask(`${path}?filter=STREAM:STDERR&filter=MESSAGE:m1`)).status).toBe(204);
  });

  point(35, 'a filter is split at its first colon, and without one it is 400', async (setUp, world) => {
    const answer = await setUp.ask(`/v1/range${world.container}?filter=TAG:with:colon`);
    expect(textMessages(answer)).toEqual(['m7']);
    for (const filter of ['nocolon', '']) {
      const refused = await setUp.ask(`/v1/range/?filter=${filter}`);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain(`Incorrect filter parameter format, must be ?filer=key:value. Got ${filter}`);
    }
  });

  point(36, 'a parameter that is no number or truth value is 400 as text', async (setUp) => {
    for (const [query, words] of [
      ['limit=-1', 'Error parsing paramter `limit`: strconv.ParseUint: parsing "-1": invalid syntax'],
      ['limit=abc', 'Error parsing paramter `limit`: strconv.ParseUint: parsing "abc": invalid syntax'],
      ['skip_prev=x', 'Error parsing parameter skip_prev: strconv.ParseUint: parsing "x": invalid syntax'],
      ['read_reverse=yes', 'strconv.ParseBool: parsing "yes": invalid syntax'],
    ]) {
      const answer = await setUp.ask(`/v1/range/?${query}`);
      expect([answer.status, answer.header('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
      expect(answer.header('x-content-type-options')).toBe('nosniff');
      expect(answer.text).toMatch(
        /^Message: .* \[request URI: .*; remote address: .*; Accept: ; Proto: HTTP\/1\.1\]\n$/,
      );
      expect(answer.text).toContain(`Message: ${words} [`);
    }
  });

  point(38, 'no match is 204 as text and JSON, and one ping as events', async (setUp) => {
    for (const options of [{}, asJson]) {
      const answer = await setUp.ask('/v1/range/?filter=MESSAGE:none', options);
      expect([answer.status, answer.text, answer.header('transfer-encoding')]).toEqual([204, '', undefined]);
    }
    const events = await setUp.ask('/v1/range/?filter=MESSAGE:none', asEvents);
    expect([events.status, events.text, events.end]).toEqual([200, ': ping\n\n', 'whole']);
  });

  point(39, 'fields offers five fields, their values as a JSON array', async (setUp) => {
    const answer = await setUp.ask('/v1/fields/STREAM');
    expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json']);
    expect((JSON.parse(answer.text) as string[]).sort()).toEqual(['STDERR', 'STDOUT']);
    expect(answer.text.endsWith(']')).toBe(true);
    for (const field of ['FRAMEWORK_ID', 'AGENT_ID', 'EXECUTOR_ID', 'CONTAINER_ID']) {
      expect([field, (await setUp.ask(`/v1/fields/${field}`)).status]).toEqual([field, 200]);
    }
    for (const field of ['MESSAGE', 'stream', '_PID']) {
      const refused = await setUp.ask(`/v1/fields/${field}`);
      expect([refused.status, refused.text]).toEqual([
        400,
        expect.stringContaining(`${field} is not an allowed field`),
      ]);
    }
  });

  point(40, 'a container’s path shows that container’s entries, whatever the filters', async (setUp, world) => {
    const path = `/v1/range${world.container}`;
    const other = taskFields(world.otherTask).CONTAINER_ID;
    expect(textMessages(await setUp.ask(path))).toEqual(allLines);
    expect((await setUp.ask(`${path}?filter=CONTAINER_ID:${other}`)).status).toBe(204);
    const nowhere = `${path.slice(0, path.lastIndexOf('/'))}/nowhere?filter=CONTAINER_ID:${other}`;
    expect((await setUp.ask(nowhere)).status).toBe(204);
    for (const name of ['bad-name', 'a%20b', '', '1A']) {
      expect([name, (await setUp.ask(`${path}?filter=${name}:x`)).status]).toEqual([name, 400]);
    }
  });

  point(41, 'a download is a gzip file with a name', async (setUp, world) => {
    const container = taskFields(world.task).CONTAINER_ID;
    for (const [path, name] of [
      [`/v1/range${world.container}/download?postfix=stdout&filter=STREAM:STDOUT`, `task-${container}-stdout.log.gz`],
      [`/v1/range${world.container}/download`, `task-${container}.log.gz`],
      ['/v1/range/download?limit=3', 'root-range.log.gz'],
    ] as const) {
      const answer = await setUp.ask(path);
      expect([answer.status, answer.header('content-disposition')]).toEqual([200, `attachment; filename=${name}`]);
      expect([answer.header('content-type'), answer.header('content-encoding')]).toEqual(['text/plain', undefined]);
      const range = path.includes('/framework/') ? path.replace('/download', '') : path.replace('/download', '/');
      expect(gunzipSync(answer.body).toString()).toBe((await setUp.ask(range)).text);
    }
  });

  point(45, 'other methods than GET are 404 or 405 and never get data', async (setUp) => {
    for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      for (const path of ['/v1/range/?limit=1', '/v1/stream/', '/v1/fields/STREAM']) {
        const exchange = await setUp.open(path, { method, headers: ['Content-Length: 0'] });
        expect([method, path, [404, 405].includes(exchange.status)]).toEqual([method, path, true]);
        if (method !== 'HEAD') await exchange.until(({ end }) => end !== undefined);
        expect(exchange.text).not.toMatch(/m1|STDOUT|\d{4}-\d\d-\d\d/);
        exchange.close();
      }
    }
  });

  point(46, 'JSON stays one valid line with strings only, whatever a message holds', async (setUp, world) => {
    const task = world.cluster.launch(world.node, `odd.${setUp.name}`);
    const messages: (string | Buffer)[] = [
      'two\nlines',
      Buffer.from([0x62, 0xff, 0xfe, 0x00, 0x62]),
      'x'.repeat(100_000),
    ];
    for (const message of messages) await world.say(message, {}, task);
    await world.sync();
    const { FRAMEWORK_ID, EXECUTOR_ID, CONTAINER_ID } = taskFields(task);
    const path = `/v1/range/framework/${FRAMEWORK_ID}/executor/${EXECUTOR_ID}/container/${CONTAINER_ID}`;
    const entries = jsonEntries(await setUp.ask(path, asJson));
    expect(entries.map(({ fields }) => fields.MESSAGE)).toEqual([
      'two\nlines',
      'b\ufffd\ufffd\0b',
      'x'.repeat(100_000),
    ]);
    for (const { fields } of entries) {
      expect(new Set(Object.values(fields).map((value) => typeof value))).toEqual(new Set(['string']));
    }
    expect(eventMessages(await setUp.ask(path, asEvents))).toEqual(entries.map(({ fields }) => fields.MESSAGE));
  });
}
