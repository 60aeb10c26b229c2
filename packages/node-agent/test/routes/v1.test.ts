import { once } from 'node:events';
import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Scope } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalSource } from '../../src/journal/source.ts';
import { type Question, TestAgent } from './test-agent.ts';
import { bootId, start, WrittenJournal } from './written-journal.ts';

const written = new WrittenJournal();
const { cursors } = written;
const append = (message: string, fields: Record<string, string>): string => written.append(message, fields);
let agent: TestAgent;

/** The same journal, counting the walks that are open. */
let openWalks = 0;
function counted(source: JournalSource): JournalSource {
  return {
    kind: source.kind,
    walk(match) {
      const walk = source.walk(match);
      const close = walk.close.bind(walk);
      openWalks++;
      walk.close = () => {
        openWalks--;
        close();
      };
      return walk;
    },
    distinctValues: source.distinctValues.bind(source),
    valueCounts: source.valueCounts.bind(source),
    histogram: source.histogram.bind(source),
    status: source.status.bind(source),
    close: source.close.bind(source),
  };
}

const container = (id: string) => ({ FRAMEWORK_ID: 'f', EXECUTOR_ID: 'e', CONTAINER_ID: id });

beforeAll(async () => {
  for (let i = 1; i <= 4; i++) append(`m${i}`, { ...container('c1'), STREAM: 'STDOUT' });
  for (let i = 1; i <= 2; i++) append(`e${i}`, { ...container('c2'), STREAM: 'STDERR' });
  append('system', {});
  written.flush();
  agent = await TestAgent.start({ directory: written.directory, through: counted });
});
afterAll(async () => {
  await agent?.close();
  written.close();
});

const ask = (path: string, { scope, accept = '*/*', headers }: Question & { accept?: string } = {}) =>
  agent.ask(path, { ...(scope === undefined ? {} : { scope }), headers: { accept, ...headers } });

const messages = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^.*?\d\d: /, ''));

const oneContainer: Scope = {
  v: 1,
  read: [
    [
      { field: 'FRAMEWORK_ID', in: ['f'] },
      { field: 'EXECUTOR_ID', in: ['e'] },
      { field: 'CONTAINER_ID', in: ['c1'] },
    ],
  ],
  files: [],
  withhold: [],
};

describe('a range of the node agent', () => {
  it.each(['/v1/range/', '/system/v1/logs/v1/range/'])('is every entry as text, at %s', async (path) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    const text = await answer.text();
    expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: m1\n/);
    expect(messages(text)).toEqual(['m1', 'm2', 'm3', 'm4', 'e1', 'e2', 'system']);
  });

  it('is JSON lines when asked for, with dcos-log’s headers', async () => {
    const answer = await ask('/v1/range/?skip_prev=1', { accept: 'application/json' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-journal-skip-prev': '1',
      'x-journal-skip-next': '0',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      'transfer-encoding': 'chunked',
    });
    expect(await answer.json()).toEqual({
      fields: { MESSAGE: 'system', _BOOT_ID: bootId },
      cursor: cursors.at(-1),
      monotonic_timestamp: 6_001_000,
      realtime_timestamp: start + 6_000_000,
    });
  });

  it('is events without ids when asked for, and ends', async () => {
    const text = await (await ask('/v1/range/?limit=2', { accept: 'text/event-stream' })).text();
    expect(text).toMatch(/^data: \{"fields":.*\}\n\ndata: \{"fields":.*\}\n\n$/);
  });

  it('without an entry is 204, and a ping as events', async () => {
    const none = await ask('/v1/range/?filter=MESSAGE:none');
    expect([none.status, none.headers.get('content-type'), await none.text()]).toEqual([
      204,
      'text/plain; charset=utf-8',
      '',
    ]);
    const events = await ask('/v1/range/?filter=MESSAGE:none', { accept: 'text/event-stream' });
    expect([events.status, await events.text()]).toEqual([200, ': ping\n\n']);
  });

  it('of a container is that container’s, whatever the filters say', async () => {
    const path = '/v1/range/framework/f/executor/e/container/c1';
    expect(messages(await (await ask(path)).text())).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect((await ask(`${path}?filter=CONTAINER_ID:c2`)).status).toBe(204);
    expect((await ask(`${path}?filter=CONTAINER_ID:c2&filter=CONTAINER_ID:c1`)).status).toBe(200);
  });

  it('starts after a cursor, also a double-encoded one', async () => {
    const cursor = encodeURIComponent(cursors[3] ?? '');
    for (const encoded of [cursor, encodeURIComponent(cursor)]) {
      expect(messages(await (await ask(`/v1/range/?cursor=${encoded}&limit=2`)).text())).toEqual(['e1', 'e2']);
    }
  });

  it('takes the first of a repeated parameter', async () => {
    expect(messages(await (await ask('/v1/range/?limit=1&limit=5')).text())).toEqual(['m1']);
  });

  it.each([
    ['limit=abc', 'Error parsing paramter `limit`: strconv.ParseUint: parsing "abc": invalid syntax'],
    ['filter=nocolon', 'Incorrect filter parameter format, must be ?filer=key:value. Got nocolon'],
    ['filter=bad-name:x', 'Incorrect filter parameter'],
    ['cursor=abc', 'Error opening journal reader: Incorrect cursor string'],
    ['read_reverse=yes', 'strconv.ParseBool: parsing "yes": invalid syntax'],
  ])('with %s is 400 in dcos-log’s words', async (query, words) => {
    const answer = await ask(`/v1/range/?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`Message: ${words}`);
  });
});

describe('a download', () => {
  it.each([
    ['/v1/range/download', 'root-range.log.gz'],
    ['/v1/range/framework/f/executor/e/container/c1/download?postfix=stdout', 'task-c1-stdout.log.gz'],
    ['/v1/range/download?postfix=a%22%0d%0ab', 'root-range-a___b.log.gz'],
  ])('of %s is a gzip file named %s', async (path, name) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename=${name}`);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(answer.headers.get('content-encoding')).toBeNull();
    const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
    expect(text).toBe(await (await ask(path.replace('/download', path.includes('/framework/') ? '' : '/'))).text());
  });

  it('without an entry is 204, and with a wrong parameter 400 in plain text', async () => {
    expect((await ask('/v1/range/download?filter=MESSAGE:none')).status).toBe(204);
    const wrong = await ask('/v1/range/download?limit=x');
    expect([wrong.status, wrong.headers.get('content-disposition')]).toEqual([400, null]);
    expect(await wrong.text()).toContain('Message: Error parsing paramter');
  });
});

describe('the scope of the token', () => {
  it('bounds a range of the whole node', async () => {
    expect(messages(await (await ask('/v1/range/', { scope: oneContainer })).text())).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it('bounds the values of a field', async () => {
    expect(await (await ask('/v1/fields/CONTAINER_ID', { scope: oneContainer })).json()).toEqual(['c1']);
    expect(((await (await ask('/v1/fields/CONTAINER_ID')).json()) as string[]).sort()).toEqual(['c1', 'c2']);
    expect(await (await ask('/v1/fields/STREAM', { scope: oneContainer })).json()).toEqual(['STDOUT']);
  });

  it('that lists nothing reads nothing', async () => {
    const nothing: Scope = { ...oneContainer, read: [] };
    expect((await ask('/v1/range/', { scope: nothing })).status).toBe(204);
    expect((await ask('/v1/fields/STREAM', { scope: nothing })).status).toBe(204);
  });
});

describe('the values of a field', () => {
  it('are refused for fields that are not offered', async () => {
    const answer = await ask('/v1/fields/MESSAGE');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('MESSAGE is not an allowed field');
  });
});

describe('a stream of the node agent', () => {
  it('refuses what dcos-log refuses', async () => {
    for (const query of ['limit=5', 'read_reverse=false']) expect((await ask(`/v1/stream/?${query}`)).status).toBe(400);
  });

  it('sends its headers before there is an entry, and then the entries that come', async () => {
    const answer = await ask('/v1/stream/?filter=MESSAGE:later', { accept: 'text/event-stream' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    append('later', {});
    written.flush();
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('later')) break;
    }
    expect(text).toContain(`id: ${cursors.at(-1)}\ndata: {"fields":{"MESSAGE":"later"`);
  });

  it.each([
    ['/v1/stream/', 'text/event-stream'],
    ['/v1/stream/', 'application/json'],
    ['/v1/stream/?filter=STREAM:STDERR&filter=STREAM:STDOUT', 'text/plain'],
    ['/v1/stream/framework/f/executor/e/container/c1', 'text/event-stream'],
  ])('has what comes within the scope of its token only, at %s as %s', async (path, accept) => {
    const answer = await ask(path, { scope: oneContainer, accept });
    const decoder = new TextDecoder();
    let text = '';
    let awaited = 'm4';
    let rounds = 0;
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (!text.includes(awaited)) continue;
      if (++rounds > 2) break;
      awaited = `mine ${cursors.length}`;
      append('of nobody', { STREAM: 'STDOUT' });
      append('theirs', { ...container('c2'), STREAM: 'STDERR' });
      append(awaited, { ...container('c1'), STREAM: 'STDOUT' });
      written.flush();
    }
    expect(rounds).toBe(3);
    expect(text).not.toMatch(/theirs|nobody/);
  });

  it('of a container has what comes of it within the scope of its token only', async () => {
    const scope: Scope = { ...oneContainer, read: [[{ field: 'STREAM', in: ['STDOUT'] }]] };
    const path = '/v1/stream/framework/f/executor/e/container/c2';
    const answer = await ask(path, { scope, accept: 'text/event-stream' });
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text === ': ping\n\n') {
        append('withheld', { ...container('c2'), STREAM: 'STDERR' });
        append('of c1', { ...container('c1'), STREAM: 'STDOUT' });
        append('granted', { ...container('c2'), STREAM: 'STDOUT' });
        written.flush();
      }
      if (text.includes('granted')) break;
    }
    expect(text.match(/"MESSAGE":"[^"]*"/g)).toEqual(['"MESSAGE":"granted"']);
  });

  it('goes on after Last-Event-ID and forgets the skips', async () => {
    const answer = await ask('/v1/stream/?skip_prev=1', {
      accept: 'text/event-stream',
      headers: { 'last-event-id': cursors[4] ?? '' },
    });
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"system"')) break;
    }
    expect(text.match(/"MESSAGE":"\w+"/g)?.slice(0, 2)).toEqual(['"MESSAGE":"e2"', '"MESSAGE":"system"']);
  });

  it('is let go when its client goes, even while nothing matches', async () => {
    const { port } = agent;
    const token = await agent.signer.sign({ path: '/v1/stream/' });
    const request = get({
      port,
      path: '/v1/stream/?filter=MESSAGE:never',
      headers: { authorization: `Bearer ${token}` },
    });
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(200);
    const before = openWalks;
    expect(before).toBeGreaterThan(0);
    request.on('error', () => {}).destroy();
    await expect.poll(() => openWalks, { timeout: 5000 }).toBeLessThan(before);
  });
});

describe('what is nowhere', () => {
  it.each(['/v1/range', '/v1/nothing', '/v1/range/framework/f/executor/e/container/c1/', '/'])(
    '%s is 404',
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  it('is an id with an encoded slash', async () => {
    expect((await ask('/v1/range/framework/f/executor/e/container/a%2Fb')).status).toBe(404);
  });
});
