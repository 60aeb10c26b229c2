import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseLine, type Scope, wholeNode } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boots, start, step, WrittenJournal } from './gatewayd-world.ts';
import { nextOf, OpenAnswer, V3Agent } from './v3-world.ts';

let journal: WrittenJournal;
let agent: V3Agent;

const app = { FRAMEWORK_ID: 'f', EXECUTOR_ID: 'app.1', CONTAINER_ID: 'c1' };

beforeAll(async () => {
  journal = new WrittenJournal();
  const append = (message: string, fields: Record<string, string>, boot: string = boots[0]): void =>
    journal.append(Object.entries({ MESSAGE: message, ...fields }), boot);
  append('kernel up', { _TRANSPORT: 'kernel', PRIORITY: '6' });
  append('Started sshd', { UNIT: 'sshd.service', _PID: '1', _SYSTEMD_UNIT: 'init.scope', PRIORITY: '6' });
  append('forged', { UNIT: 'sshd.service', _PID: '99', PRIORITY: '5' });
  append('login', { _SYSTEMD_UNIT: 'sshd.service', SYSLOG_IDENTIFIER: 'sshd', PRIORITY: '4' });
  append('out 1', { ...app, STREAM: 'STDOUT' });
  append('err 1', { ...app, STREAM: 'STDERR' }, boots[1]);
  append('docker', { CONTAINER_NAME: 'mesos-c2' }, boots[1]);
  append('Out of memory', { PRIORITY: '2', SYSLOG_IDENTIFIER: 'kernel' }, boots[1]);
  append('other', { FRAMEWORK_ID: 'f', EXECUTOR_ID: 'app.2', CONTAINER_ID: 'c3', STREAM: 'STDOUT' }, boots[1]);
  append('last', { TAG: 'a:b' }, boots[1]);
  journal.flush();
  agent = await V3Agent.start(journal.directory);
});
afterAll(async () => {
  await agent.close();
  journal.remove();
});

function at(index: number): string {
  return `@${(start + index * step) / 1e6}`;
}

function cursor(index: number): string {
  return encodeURIComponent(journal.cursors[index] ?? '');
}

describe('which entries', () => {
  it.each([
    ['task=app.1', ['out 1', 'err 1']],
    ['task=app.1&task=app.2', ['out 1', 'err 1', 'other']],
    ['task=app.1&stream=stderr', ['err 1']],
    ['framework=f&container=c3', ['other']],
    ['container=c2', ['docker']],
    ['component=sshd', ['Started sshd', 'login']],
    ['component=sshd.service&priority=warning', ['login']],
    ['kernel=true', ['kernel up']],
    ['identifier=sshd&identifier=kernel', ['login', 'Out of memory']],
    ['priority=crit', ['Out of memory']],
    ['priority=notice..warning', ['forged', 'login']],
    ['grep=memory', ['Out of memory']],
    ['grep=OUT', []],
    ['grep=out&grep=%5Cd$', ['out 1']],
    ['grep=EXECUTOR_ID~%5C.2$', ['other']],
    ['filter=TAG:a:b', ['last']],
    ['filter=stream:STDOUT&filter=STREAM:STDERR', ['out 1', 'err 1', 'other']],
    ['filter=STREAM:STDOUT&filter=!EXECUTOR_ID:app.1', ['other']],
    ['filter=!STREAM:STDOUT&filter=!STREAM:STDERR&task=app.1', []],
    [`since=${at(8)}`, ['other', 'last']],
    [`until=${at(1)}`, ['kernel up', 'Started sshd']],
    [`since=${at(3)}&until=${at(4)}`, ['login', 'out 1']],
    [`since=${new Date((start + 9 * step) / 1000).toISOString()}`, ['last']],
    ['since=-1h', []],
    [`boot=${boots[0]}&priority=warning`, ['login']],
    ['boot=0&priority=7', ['Out of memory']],
    ['boot=-1&kernel=true', ['kernel up']],
    ['boot=1&kernel=true', ['kernel up']],
    ['boot=-2', []],
    ['tail=2', ['other', 'last']],
    ['tail=3&limit=1', ['Out of memory']],
    ['limit=1', ['last']],
    ['order=desc&limit=2', ['last', 'other']],
    ['order=desc&tail=1', ['last']],
    [`cursor=${'CURSOR7'}`, ['other', 'last']],
    ['cursor=CURSOR2&order=desc', ['Started sshd', 'kernel up']],
    ['limit=all&task=app.1', ['out 1', 'err 1']],
  ])('%s reads %j', async (query, expected) => {
    const path = query.replace(/CURSOR(\d)/, (_, index: string) => cursor(Number(index)));
    expect(await agent.messages(`/v3/entries?${path}`)).toEqual(expected);
  });

  it('are the newest thousand, oldest first, where nothing is asked', async () => {
    expect(await agent.messages('/v3/entries')).toHaveLength(journal.cursors.length);
    expect((await agent.messages('/system/v1/logs/v3/entries'))[0]).toBe('kernel up');
  });
});

describe('a scope', () => {
  const scope: Scope = { ...wholeNode, read: [[{ field: 'EXECUTOR_ID', in: ['app.1'] }]] };

  it('holds whatever the query asks', async () => {
    expect(await agent.messages('/v3/entries?limit=all', { scope })).toEqual(['out 1', 'err 1']);
    expect(await agent.messages('/v3/entries?filter=!EXECUTOR_ID:app.1', { scope })).toEqual([]);
    expect(await agent.messages('/v3/entries?kernel=true&order=desc', { scope })).toEqual([]);
    expect(await agent.messages(`/v3/context?cursor=${cursor(0)}`, { scope })).toEqual(['out 1', 'err 1']);
  });

  it('holds for counts, too', async () => {
    const ask = async (path: string) => (await agent.ask(path, { scope })).json() as Promise<Record<string, unknown>>;
    expect(await ask('/v3/fields/EXECUTOR_ID')).toMatchObject({ values: [{ value: 'app.1', entries: 2 }] });
    const { buckets } = (await ask(`/v3/histogram?since=${at(0)}&until=${at(20)}&bucket=1h`)) as {
      buckets: number[][];
    };
    expect(buckets).toEqual([[0, 0, 0, 0, 0, 0, 0, 0, 2]]);
    expect(await ask('/v3/boots')).toMatchObject({
      boots: [
        { boot_id: boots[0], first_entry: start + 4 * step, last_entry: start + 4 * step },
        { boot_id: boots[1], first_entry: start + 5 * step, last_entry: start + 5 * step },
      ],
    });
  });

  it('that withholds a field shows it nowhere and lets nothing ask for it', async () => {
    const withheld: Scope = { ...wholeNode, withhold: [{ field: 'EXECUTOR_ID' }, { field: 'PRIORITY' }] };
    const question = { scope: withheld };
    expect(await agent.text('/v3/entries', question)).not.toContain('app.1');
    for (const query of [
      'task=app.1',
      'filter=!EXECUTOR_ID:app.1',
      'grep=EXECUTOR_ID~.',
      'priority=debug',
      'fields=EXECUTOR_ID&task=app.1',
    ]) {
      expect(await agent.messages(`/v3/entries?${query}`, question)).toEqual([]);
    }
    const lines = await agent.text('/v3/entries?format=lines', question);
    expect(lines).not.toContain('app.1');
    expect(await (await agent.ask('/v3/fields/EXECUTOR_ID', question)).json()).toMatchObject({ values: [] });
    const histogram = await agent.ask(`/v3/histogram?since=${at(0)}&until=${at(20)}&bucket=1h`, question);
    expect(await histogram.json()).toMatchObject({ buckets: [[0, 0, 0, 0, 0, 0, 0, 0, 10]] });
  });
});

describe('an answer', () => {
  it('is text for people and programs that take anything', async () => {
    const response = await agent.ask('/v3/entries?limit=1', { headers: { accept: '*/*' } });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toMatch(/^2023-11-14T22:13:24\.500000Z \S+ unknown: last\n$/);
  });

  it('that is a page of events says that it is complete', async () => {
    const text = await agent.text('/v3/entries?limit=1', { headers: { accept: 'text/event-stream' } });
    expect(text.split('\n\n').map((event) => event.split('\n')[0])).toEqual([
      `id: ${journal.cursors[9]}`,
      `id: ${journal.cursors[9]}`,
      '',
    ]);
    expect(text).toContain('event: end\ndata: {"event":"end","reason":"end"');
  });

  it('that streams everything ends with its end', async () => {
    const objects = await agent.objects('/v3/entries?limit=all');
    expect(objects.at(-1)).toEqual({ event: 'end', reason: 'end', cursor: journal.cursors[9] });
    expect((await agent.objects('/v3/entries?limit=all&task=nobody')).at(-1)).toEqual({
      event: 'end',
      reason: 'end',
      cursor: journal.cursors[9],
    });
  });

  it('links to the next page only where there is one', async () => {
    const response = await agent.ask('/v3/entries?since=-100w&limit=9&filter=!TAG:x');
    expect(nextOf(response)).toBeUndefined();
    const first = await agent.ask(`/v3/entries?since=${at(0)}&limit=9&filter=!TAG:x`);
    expect(await first.text()).not.toContain('"last"');
    const next = nextOf(first);
    expect(next).toContain('cursor=');
    const second = await agent.ask(next ?? '');
    expect(await second.text()).toContain('"last"');
    expect(nextOf(second)).toBeUndefined();
  });

  it('shows only the fields asked for', async () => {
    const [entry] = await agent.objects('/v3/entries?fields=MESSAGE,TAG&limit=1');
    expect(entry?.fields).toEqual({ MESSAGE: 'last', TAG: 'a:b' });
  });
});

describe('what cannot be', () => {
  it.each([
    ['/v3/entries?prority=err', 'bad-parameter', 'Parameter prority'],
    ['/v3/entries?priority=bad', 'bad-parameter', 'Parameter priority'],
    ['/v3/entries?grep=(', 'bad-parameter', 'Parameter grep'],
    ['/v3/entries?filter=nocolon', 'bad-filter', 'Parameter filter'],
    ['/v3/entries?filter=B%C4%B1G:x', 'bad-filter', 'Parameter filter'],
    ['/v3/entries?since=yesterday', 'bad-parameter', 'Parameter since'],
    ['/v3/entries?until=1', 'bad-parameter', 'Parameter until'],
    ['/v3/entries?limit=0', 'bad-parameter', 'Parameter limit'],
    ['/v3/entries?limit=10001', 'bad-parameter', 'Parameter limit'],
    ['/v3/entries?limit=-1', 'bad-parameter', 'Parameter limit'],
    ['/v3/entries?cursor=s=1', 'bad-cursor', 'Parameter cursor'],
    ['/v3/entries?boot=x', 'bad-parameter', 'Parameter boot'],
    ['/v3/entries?fields=a%20b', 'bad-parameter', 'Parameter fields'],
    ['/v3/entries?format=xml', 'bad-parameter', 'Parameter format'],
    ['/v3/entries?from=5', 'bad-parameter', 'lines format'],
    ['/v3/entries?service=/a', 'bad-parameter', 'Parameter service'],
    ['/v3/follow?limit=5', 'bad-parameter', 'Parameter limit'],
    ['/v3/follow?tail=5&cursor=CURSOR', 'bad-parameter', 'Parameter tail'],
    ['/v3/context', 'bad-parameter', 'cursor'],
    ['/v3/histogram?since=-1h&bucket=0s', 'bad-parameter', 'Parameter bucket'],
    ['/v3/histogram?since=-52w&bucket=1s', 'bad-parameter', 'Parameter bucket'],
    ['/v3/histogram?since=-1h&until=-2h', 'bad-parameter', 'since'],
    ['/v3/fields/lower', 'bad-parameter', 'field'],
  ])('%s is a problem that says why', async (path, code, words) => {
    const response = await agent.ask(path.replace('CURSOR', cursor(1)));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(words);
  });

  it('a format that nobody accepts is 406', async () => {
    const response = await agent.ask('/v3/entries', { headers: { accept: 'image/png' } });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ code: 'not-acceptable' });
  });

  it('is a problem on paths of v3 that do not exist, too', async () => {
    const response = await agent.ask('/system/v1/logs/v3/entreis', { headers: { accept: 'text/plain' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('without a token is 401', async () => {
    const response = await agent.ask('/system/v1/logs/v3/follow', { headers: { authorization: 'Bearer no' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'gateway-token-refused' });
  });
});

describe('the entries around one', () => {
  it('are those before it, itself and those after it', async () => {
    expect(await agent.messages(`/v3/context?cursor=${cursor(4)}&before=2&after=1`)).toEqual([
      'forged',
      'login',
      'out 1',
      'err 1',
    ]);
    expect(await agent.messages(`/v3/context?cursor=${cursor(0)}&before=5&after=0`)).toEqual(['kernel up']);
    expect(await agent.messages(`/v3/context?cursor=${cursor(9)}&before=0`)).toEqual(['last']);
  });

  it('may leave out the entry itself, when a filter does', async () => {
    const query = `cursor=${cursor(6)}&before=1&after=1&framework=f`;
    expect(await agent.messages(`/v3/context?${query}`)).toEqual(['err 1', 'other']);
  });
});

describe('counts', () => {
  it('tell the values of a field, the most frequent first', async () => {
    const response = await agent.ask('/v3/fields/STREAM?limit=1');
    expect(await response.json()).toEqual({
      field: 'STREAM',
      completeness: 'exact',
      distinct: 2,
      values: [{ value: 'STDOUT', entries: 2 }],
    });
  });

  it('tell entries by time and priority', async () => {
    const response = await agent.ask(`/v3/histogram?since=${at(0)}&until=${at(10)}&bucket=2s`);
    expect(await response.json()).toEqual({
      from: start,
      to: start + 10 * step,
      bucket: 2e6,
      completeness: 'exact',
      buckets: [
        [0, 0, 0, 0, 1, 1, 2, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 0, 3],
        [0, 0, 0, 0, 0, 0, 0, 0, 2],
      ],
    });
  });

  it('choose buckets that divide the time into about a hundred', async () => {
    const { bucket } = (await (await agent.ask('/v3/histogram')).json()) as { bucket: number };
    expect(bucket).toBe(60e6);
  });
});

describe('the line stream', () => {
  it('starts at a realtime in the agent’s own order', async () => {
    const lines = async (query: string) =>
      (await agent.text(`/v3/entries?format=lines&${query}`))
        .split('\n')
        .slice(0, -1)
        .map((line) => parseLine(line));
    const forward = await lines(`from=${start + 8 * step}`);
    expect(forward.map(({ kind }) => kind)).toEqual(['entry', 'entry', 'end']);
    expect(forward[0]).toMatchObject({ realtime: start + 8 * step });
    const backward = await lines(`from=${start + step}&order=desc`);
    expect(backward[0]).toMatchObject({ realtime: start + step });
    expect(backward.at(-1)).toMatchObject({ kind: 'end', reason: 'end' });
    expect(await lines(`from=${start + 100 * step}`)).toMatchObject([{ kind: 'end', position: journal.cursors[9] }]);
  });

  it('says how it ended, and where', async () => {
    const text = await agent.text('/v3/entries?format=lines&limit=1&order=desc');
    expect(text.split('\n')[1]).toBe(`X ${journal.cursors[9]} {"reason":"limit"}`);
  });
});

describe('a page of large entries', () => {
  it('ends after 16 MiB, with a link to the rest', { timeout: 30_000 }, async () => {
    const world = new WrittenJournal();
    const message = 'x'.repeat(1024 * 1024);
    for (let index = 0; index < 20; index++) {
      world.append([
        ['MESSAGE', message],
        ['INDEX', String(index)],
      ]);
    }
    world.flush();
    const reader = await V3Agent.start(world.directory);
    try {
      const first = await reader.ask('/v3/entries?since=@0&limit=20');
      const bytes = (await first.text()).length;
      expect(bytes).toBeGreaterThanOrEqual(16 * 1024 * 1024);
      expect(bytes).toBeLessThan(18 * 1024 * 1024);
      const next = nextOf(first) ?? '';
      expect(next).toContain('cursor=');
      const rest = await reader.objects(next);
      expect(rest.map(({ fields }) => fields?.INDEX)).toEqual(['16', '17', '18', '19']);
    } finally {
      await reader.close();
      world.remove();
    }
  });
});

describe('a cursor whose entry is gone', () => {
  it('is answered with a gap and the nearest later entries', async () => {
    const world = new WrittenJournal();
    for (let index = 0; index < 6; index++) {
      if (index === 3) world.rotate();
      world.append([['MESSAGE', `m${index}`]]);
    }
    world.flush();
    const [archived] = readdirSync(world.directory).map((machine) => {
      const names = readdirSync(join(world.directory, machine)).filter((name) => name.includes('@'));
      return join(world.directory, machine, names[0] ?? '');
    });
    rmSync(archived ?? '');
    const reader = await V3Agent.start(world.directory);
    try {
      const query = `cursor=${encodeURIComponent(world.cursors[1] ?? '')}`;
      const objects = await reader.objects(`/v3/entries?${query}`);
      expect(objects[0]).toEqual({
        event: 'gap',
        agent: 'S0',
        reason: 'vacuumed',
        from: start + step,
        to: start + 3 * step,
      });
      expect(objects.slice(1).map(({ fields }) => fields?.MESSAGE)).toEqual(['m3', 'm4', 'm5']);
      const follow = await OpenAnswer.open(reader, `/v3/follow?${query}`, { headers: { accept: 'text/event-stream' } });
      expect(await follow.next('\n\n')).toMatch(/^retry: \d+$/);
      expect(await follow.next('\n\n')).toMatch(/^event: gap\n/);
      expect(await follow.next('\n\n')).toContain('m3');
      follow.cut();
    } finally {
      await reader.close();
      world.remove();
    }
  });
});
