import type { Scope } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Question, TestAgent } from './test-agent.ts';
import { WrittenJournal } from './written-journal.ts';

const written = new WrittenJournal();
const { cursors } = written;
const append = (message: string, fields: Record<string, string>): string => written.append(message, fields);
let agent: TestAgent;

const foo = 'dcos-foo.service';

beforeAll(async () => {
  append('Started', { UNIT: foo, _SYSTEMD_UNIT: 'init.scope' });
  append('f1', { _SYSTEMD_UNIT: foo, TAG: 'a:b' });
  append('f2', { _SYSTEMD_UNIT: foo, TAG: 'other' });
  append('b1', { _SYSTEMD_UNIT: 'dcos-bar.service', TAG: 'a:b' });
  append('f3', { _SYSTEMD_UNIT: foo, TAG: 'a:b' });
  append('l'.repeat(100_000), { _SYSTEMD_UNIT: 'long.service' });
  append('after', { _SYSTEMD_UNIT: 'long.service' });
  append('odd', { _SYSTEMD_UNIT: 'a+b & 50%.service', TAG: '50%;x' });
  written.flush();
  agent = await TestAgent.start({ directory: written.directory });
});
afterAll(async () => {
  await agent?.close();
  written.close();
});

const ask = (path: string, { scope, accept = 'application/json', headers }: Question & { accept?: string } = {}) =>
  agent.ask(path, { ...(scope === undefined ? {} : { scope }), headers: { accept, ...headers } });

async function messages(path: string, options: Parameters<typeof ask>[1] = {}): Promise<string[]> {
  const text = await (await ask(path, options)).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { fields: { MESSAGE: string } }).fields.MESSAGE);
}

interface Event {
  readonly id: string;
  readonly message: string;
  readonly size: number;
}

interface EventOptions {
  readonly headers?: Record<string, string>;
  /** Called when the first event is there. */
  readonly afterFirst?: () => void;
}

/** The events of a stream until so many have come; the connection is then closed. */
async function events(path: string, count: number, { headers = {}, afterFirst }: EventOptions = {}): Promise<Event[]> {
  const answer = await ask(path, { accept: 'text/event-stream', headers });
  expect(answer.status).toBe(200);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    if (text === '') afterFirst?.();
    text += decoder.decode(chunk, { stream: true });
    if ((text.match(/\n\n/g)?.length ?? 0) >= count) break;
  }
  return text
    .split(/(?<=\n\n)/)
    .slice(0, count)
    .map((event) => {
      const [, id = '', data = ''] = /^id: (.+)\ndata: (.+)\n\n$/.exec(event) ?? [];
      const { fields, cursor } = JSON.parse(data) as { fields: { MESSAGE: string }; cursor: string };
      expect(cursor).toBe(id);
      return { id, message: fields.MESSAGE, size: event.length };
    });
}

const component = `/v2/component/${foo}`;
const cursorAt = (index: number): string => encodeURIComponent(cursors[index] ?? '');

describe('the log of a component at the node agent', () => {
  it.each(['', '/system/v1/logs'])('is what it wrote and what systemd wrote of it, below %j', async (prefix) => {
    expect(await messages(`${prefix}${component}`)).toEqual(['Started', 'f1', 'f2', 'f3']);
    expect(await messages(`${prefix}/v2/component?limit=2`)).toEqual(['Started', 'f1']);
  });

  it('is text for whoever asks for nothing else, with dcos-log’s headers but those of v1', async () => {
    const answer = await ask(`${component}?skip=-1`, { accept: '*/*' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      'transfer-encoding': 'chunked',
    });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-journal'))).toEqual([]);
    expect(await answer.text()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: f3\n$/);
  });

  it('is narrowed by filters, whose values may hold colons', async () => {
    expect(await messages(`${component}?filter=tag:a:b`)).toEqual(['f1', 'f3']);
    expect((await ask(`${component}?filter=_SYSTEMD_UNIT:dcos-bar.service`)).status).toBe(204);
  });

  it('is bounded by the scope of the token', async () => {
    const scope: Scope = { v: 1, read: [[{ field: 'TAG', in: ['a:b'] }]], files: [], withhold: [{ field: 'TAG' }] };
    expect(await messages(component, { scope })).toEqual(['f1', 'f3']);
    expect(await messages('/v2/component', { scope })).toEqual(['f1', 'b1', 'f3']);
    expect(await (await ask(component, { scope })).text()).not.toContain('TAG');
    expect((await ask(`${component}?filter=TAG:a:b`, { scope })).status).toBe(204);
  });

  it('is 204 without an entry', async () => {
    const none = await ask('/v2/component/dcos-foo');
    expect([none.status, none.headers.get('content-type')]).toEqual([204, 'text/plain; charset=utf-8']);
  });

  it('starts where cursor and skip say', async () => {
    expect(await messages(`${component}?skip=-2`)).toEqual(['f2', 'f3']);
    expect(await messages(`${component}?skip=2&limit=1`)).toEqual(['f1']);
    expect(await messages(`${component}?cursor=END`)).toEqual(['f3']);
    expect(await messages(`${component}?cursor=END&skip=-3`)).toEqual(['f1', 'f2', 'f3']);
    expect(await messages(`${component}?cursor=BEG&limit=1`)).toEqual(['Started']);
    expect(await messages(`${component}?cursor=${cursorAt(1)}`)).toEqual(['f2', 'f3']);
    expect(await messages(`${component}?cursor=${cursorAt(2)}&skip=-1`)).toEqual(['f1', 'f2', 'f3']);
    const headers = { 'last-event-id': cursors[1] ?? '' };
    expect(await messages(`${component}?cursor=END&skip=-10`, { headers })).toEqual(['f2', 'f3']);
  });

  it('understands what the CLI sends unescaped', async () => {
    expect(await messages('/v2/component?filter=TAG:50%;x')).toEqual(['odd']);
    expect(await messages('/v2/component/a+b%20&%2050%25.service')).toEqual(['odd']);
  });

  it.each([
    ['filter=x', 'incorrect filter parameter format, must be ?filer=key:value. Got x\n'],
    ['cursor=abc', 'unable to open journald: Incorrect cursor string\n'],
    ['skip=x', 'unable to parse skip parameter: strconv.Atoi: parsing "x": invalid syntax\n'],
    ['limit=-1', 'unable to parse limit parameter: strconv.ParseUint: parsing "-1": invalid syntax\n'],
  ])('is 400 in dcos-log’s words with %s', async (query, words) => {
    for (const accept of ['text/plain', 'text/event-stream']) {
      const answer = await ask(`${component}?${query}`, { accept });
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options')]).toEqual(
        [400, 'text/plain; charset=utf-8', 'nosniff'],
      );
      expect(await answer.text()).toBe(words);
    }
  });

  it.each(['/v2/component/', '/v2/component/a%2Fb', `${component}/`, `${component}/download`, '/v2/nothing'])(
    'is not at %s',
    async (path) => {
      const answer = await ask(path, { accept: '*/*' });
      expect([answer.status, await answer.text()]).toEqual([404, '404 page not found\n']);
    },
  );
});

describe('a line of a component’s log', () => {
  it('is short enough for the CLI, which reads on', async () => {
    const text = await (await ask('/v2/component/long.service')).text();
    const [long = '', after = ''] = text.split('\n');
    expect(Buffer.byteLength(long)).toBeLessThan(65_536);
    expect(JSON.parse(long)).toMatchObject({
      fields: { MESSAGE: expect.stringMatching(/^l{60000,}… \[\d+ bytes more\]$/), _SYSTEMD_UNIT: 'long.service' },
      cursor: cursors[5],
    });
    expect(JSON.parse(after)).toMatchObject({ fields: { MESSAGE: 'after' } });
  });

  it('is short enough as an event, too, and whole as text', async () => {
    const [long, after] = await events('/v2/component/long.service', 2);
    expect(long?.size).toBeLessThan(65_536);
    expect(long?.id).toBe(cursors[5]);
    expect(after?.message).toBe('after');
    const text = await (await ask('/v2/component/long.service', { accept: '*/*' })).text();
    expect(text).toContain(`: ${'l'.repeat(100_000)}\n`);
  });
});

describe('a component as server-sent events', () => {
  it('has ids, and follows', async () => {
    const seen = await events(`${component}?skip=-1`, 2, {
      afterFirst: () => {
        append('f4', { UNIT: foo });
        written.flush();
      },
    });
    expect(seen.map(({ id, message }) => [id, message])).toEqual([
      [cursors[4], 'f3'],
      [cursors.at(-1), 'f4'],
    ]);
  });

  it('stays open with a ping where nothing matches, and later delivers', async () => {
    const answer = await ask('/v2/component/later.service', { accept: 'text/event-stream' });
    expect([answer.status, answer.headers.get('x-accel-buffering')]).toEqual([200, 'no']);
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text === ': ping\n\n') {
        append('at last', { _SYSTEMD_UNIT: 'later.service' });
        written.flush();
      }
      if (text.includes('at last')) break;
    }
    expect(text).toMatch(/^: ping\n\nid: s=/);
  });

  it('goes on after Last-Event-ID without the entries of skip', async () => {
    const seen = await events(`${component}?skip=-10`, 2, { headers: { 'last-event-id': cursors[1] ?? '' } });
    expect(seen.map(({ message }) => message)).toEqual(['f2', 'f3']);
  });

  it('stays open after its limit', async () => {
    const answer = await ask(`${component}?limit=1`, { accept: 'text/event-stream' });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value ?? []).toString()).toMatch(/^id: .*\ndata: .*"Started".*\n\n$/);
    const more = reader.read();
    // What ends is ended in the same breath: a whole other request is time enough to see it.
    await messages(component);
    expect(await Promise.race([more.then(() => 'ended or went on'), 'open'])).toBe('open');
    await reader.cancel();
  });
});
