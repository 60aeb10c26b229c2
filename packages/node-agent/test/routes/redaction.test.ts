import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCursor, parseLine, type Scope, v3MediaTypes, wholeNode } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { bootTime } from '../../src/read/machine.ts';
import { testDirectory } from '../journal/test-directory.ts';
import { boots, step, WrittenJournal } from './gatewayd-world.ts';
import { OpenAnswer, V3Agent } from './v3-world.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const start = 1_700_000_000_000_000;
const directory = testDirectory();
const withheld: Scope = {
  ...wholeNode,
  withhold: [{ field: 'MESSAGE', pattern: 'password=\\S+' }, { field: '_CMDLINE' }],
};
/** Hides no field, so that nothing but patterns tells it from a scope that withholds nothing. */
const partly: Scope = {
  ...wholeNode,
  withhold: [
    { field: 'MESSAGE', pattern: 'password=\\S+' },
    { field: '_CMDLINE', pattern: 'secret' },
  ],
};
const json = { accept: 'application/json' };
const v3Types = Object.values(v3MediaTypes).map((type) => type.replace(/;.*/, ''));
/** The values, the hidden field, and a cursor's hash. */
const shownNowhere = /password=|secret|_CMDLINE|x=[0-9a-f]*[1-9a-f]/;
let agent: V3Agent;

beforeAll(async () => {
  mkdirSync(join(directory, machineId));
  const writer = new JournalWriter({ path: join(directory, machineId, 'system.journal'), machineId });
  for (let index = 0; index < 12; index++) {
    // Four entries of each time, as lines of one write have it.
    const time = Math.floor(index / 4) * 1000;
    writer.append({
      realtime: start + time,
      monotonic: 1_000_000 + time,
      fields: [
        ['MESSAGE', `line ${index} password=secret${index}`],
        ['_CMDLINE', `run --key=secret${index}`],
      ],
    });
  }
  writer.close();
  agent = await V3Agent.start(directory);
});
afterAll(() => agent.close());

const all = Array.from({ length: 12 }, (_, index) => `line ${index} [withheld]`);

describe('who may not see a part of messages', () => {
  it('gets cursors without the hash that a guess of it could be held against', async () => {
    const v3 = await agent.objects('/v3/entries', { scope: withheld });
    const v1 = await agent.text('/v1/range/', { scope: withheld, headers: json });
    const cursors = [
      ...v3.map(({ cursor }) => cursor),
      ...[...v1.matchAll(/"cursor":"([^"]*)"/g)].map(([, text = '']) => text),
    ];
    expect(cursors).toHaveLength(24);
    expect(cursors.map((cursor) => parseCursor(cursor)?.xorHash)).toEqual(cursors.map(() => 0n));
    const text = await agent.text('/v3/entries?format=lines', { scope: withheld });
    expect(text).not.toMatch(/x=[0-9a-f]*[1-9a-f]/);
  });

  it('goes on exactly after any of these cursors, in every version', async () => {
    const entries = await agent.objects('/v3/entries?since=@0', { scope: withheld });
    for (const [index, { cursor }] of entries.entries()) {
      const rest = all.slice(index + 1);
      const after = encodeURIComponent(cursor);
      expect(await agent.messages(`/v3/entries?cursor=${after}`, { scope: withheld })).toEqual(rest);
      const v1 = await agent.text(`/v1/range/?skip_next=1&cursor=${after}`, { scope: withheld, headers: json });
      expect([...v1.matchAll(/line \d+ [^"]*/g)].map(([message]) => message)).toEqual(rest);
      const around = await agent.messages(`/v3/context?before=1&after=1&cursor=${after}`, { scope: withheld });
      expect(around).toEqual(all.slice(Math.max(0, index - 1), index + 2));
    }
  });

  it('goes on there whatever hash is sent along, the right one too', async () => {
    const [entry] = await agent.objects('/v3/entries?since=@0');
    const right = entry?.cursor ?? '';
    for (const cursor of [right, right.replace(/x=.*/, 'x=1'), right.replace(/x=.*/, 'x=0')]) {
      const path = `/v3/entries?cursor=${encodeURIComponent(cursor)}`;
      const objects = await agent.objects(path, { scope: withheld });
      expect(objects.map(({ event, fields }) => event ?? fields?.MESSAGE)).toEqual(all.slice(1));
    }
  });

  it('loses nothing when entries of one time were numbered anew', async () => {
    const entries = await agent.objects('/v3/entries?since=@0', { scope: withheld });
    const cursor = entries[5]?.cursor.replace(/^s=\w+;i=\w+/, `s=${'0'.repeat(32)};i=1234`) ?? '';
    const messages = await agent.messages(`/v3/entries?cursor=${encodeURIComponent(cursor)}`, { scope: withheld });
    expect(messages).toEqual(all.slice(4));
  });

  it('is told by a follow where to resume, without a hash either', async () => {
    const ended = new AbortController();
    const path = '/v3/follow?tail=0&filter=MESSAGE:none';
    const headers = { accept: 'text/event-stream' };
    const response = await agent.ask(path, { scope: withheld, headers, signal: ended.signal });
    let told = '';
    for await (const chunk of response.body ?? []) {
      told += Buffer.from(chunk).toString();
      if (told.includes('event: checkpoint')) break;
    }
    ended.abort();
    const [, id = ''] = /^id: (.*)$/m.exec(told) ?? [];
    expect(parseCursor(id)).toMatchObject({ xorHash: 0n });
    expect(await agent.messages(`/v3/entries?cursor=${encodeURIComponent(id)}`, { scope: withheld })).toEqual([]);
  });

  it('cannot find out by asking', async () => {
    const asked = [
      'grep=secret3',
      'grep=password',
      'grep=_CMDLINE~secret',
      `filter=MESSAGE:${encodeURIComponent('line 3 password=secret3')}`,
      'filter=!_CMDLINE:x',
    ];
    for (const query of asked) expect(await agent.messages(`/v3/entries?${query}`, { scope: withheld })).toEqual([]);
    const not = `filter=!MESSAGE:${encodeURIComponent('line 3 password=secret3')}`;
    expect(await agent.messages(`/v3/entries?${not}`, { scope: withheld })).toEqual(all);
    const shown = `filter=MESSAGE:${encodeURIComponent('line 3 [withheld]')}`;
    expect(await agent.messages(`/v3/entries?${shown}`, { scope: withheld })).toEqual(['line 3 [withheld]']);
    const counts = await (await agent.ask('/v3/fields/MESSAGE', { scope: withheld })).text();
    expect(counts).not.toContain('secret');
  });

  it('does not change what others are shown, before or after', async () => {
    const written = Array.from({ length: 12 }, (_, index) => `line ${index} password=secret${index}`);
    for (const _ of [1, 2, 3]) {
      expect(await agent.messages('/v3/entries', { scope: withheld })).toEqual(all);
      expect(await agent.messages('/v3/entries')).toEqual(written);
      expect(await agent.messages('/v3/entries', { scope: partly })).toEqual(all);
    }
  });

  it('is not shown what is kept encoded for those who see it whole, nor they what is kept for him', async () => {
    const journal = new WrittenJournal();
    const times = 40;
    for (let index = 0; index < times; index++) {
      journal.append([
        ['MESSAGE', `line ${index}`],
        ['_CMDLINE', 'run --key=secret'],
      ]);
    }
    const node = await V3Agent.start(journal.directory);
    const count = async (text: string, scope?: Scope) =>
      (await node.text('/v3/entries', scope === undefined ? {} : { scope })).split(text).length - 1;
    for (const _ of [1, 2]) {
      expect(await count('--key=secret')).toBe(times);
      expect(await count('--key=[withheld]', partly)).toBe(times);
      expect(await count('secret', partly)).toBe(0);
    }
    await node.close();
    journal.remove();
  });
});

describe('around an entry', () => {
  it.each(v3Types)('is nothing that is withheld, as %s', async (accept) => {
    const [entry] = await agent.objects('/v3/entries?since=@0&limit=1', { scope: withheld });
    const path = `/v3/context?after=11&cursor=${encodeURIComponent(entry?.cursor ?? '')}`;
    for (const narrowed of ['', '&fields=MESSAGE,_CMDLINE']) {
      const around = await agent.text(`${path}${narrowed}`, { scope: withheld, headers: { accept } });
      expect(around).toContain('line 11 [withheld]');
      expect(around).not.toMatch(shownNowhere);
    }
    for (const asked of ['filter=!_CMDLINE:x', 'filter=_CMDLINE:run --key=secret3', 'grep=_CMDLINE~.', 'grep=secret']) {
      const around = await agent.text(`${path}&${asked}`, { scope: withheld, headers: { accept } });
      expect(around).not.toContain('line');
    }
  });
});

describe('what comes while an answer is open', () => {
  const journal = new WrittenJournal();
  const open: OpenAnswer[] = [];
  let node: V3Agent;

  function append(message: string, key = 'secret'): string {
    journal.append([
      ['MESSAGE', message],
      ['_CMDLINE', `run --key=${key}`],
      ['_SYSTEMD_UNIT', 'web.service'],
    ]);
    return journal.cursors.at(-1) ?? '';
  }

  async function opened(path: string, accept: string, scope = withheld): Promise<OpenAnswer> {
    const answer = await OpenAnswer.open(node, path, { scope, headers: { accept } });
    open.push(answer);
    expect(answer.response.status).toBe(200);
    return answer;
  }

  /** All that is sent up to the line in which `last` stands. */
  async function textTo(answer: OpenAnswer, last: string): Promise<string> {
    let text = '';
    await answer.until((line) => {
      text += `${line}\n`;
      return line.includes(last);
    });
    return text;
  }

  beforeAll(async () => {
    append('start');
    node = await V3Agent.start(journal.directory);
  });
  afterAll(async () => {
    for (const answer of open) answer.cut();
    await node.close();
    journal.remove();
  });

  it.each([
    ...['text/plain', 'application/json', 'text/event-stream'].map((accept) => ['/v1/stream/?skip_prev=1', accept]),
    ['/v2/component/web.service?skip=-1', 'text/event-stream'],
    ...v3Types.map((accept) => ['/v3/follow?tail=1', accept]),
  ] as [string, string][])('is shown by %s as %s without what is withheld', async (path, accept) => {
    append('begins');
    const mine = await opened(path, accept);
    const part = await opened(path, accept, partly);
    const whole = await opened(path, accept, wholeNode);
    await textTo(whole, 'begins');
    let text = await textTo(mine, 'begins');
    let partText = await textTo(part, 'begins');
    for (const round of [1, 2]) {
      // The same value again, too: it has been encoded for the one who may see it.
      append('login password=secret now');
      await textTo(whole, 'login password=secret now');
      text += await textTo(mine, ' now');
      partText += await textTo(part, ' now');
      append(`round ${round} is over`);
      text += await textTo(mine, `round ${round} is over`);
      expect(text).toContain('login [withheld] now');
    }
    expect(text).not.toMatch(shownNowhere);
    expect(partText).toContain('login [withheld] now');
    expect(partText).not.toMatch(/secret|x=[0-9a-f]*[1-9a-f]/);
  });

  const login = 'login password=secret1';
  const filterOf = (message: string, name = 'MESSAGE') => `filter=${encodeURIComponent(`${name}:${message}`)}`;

  it.each([
    ['grep=secret1', ['about secret1']],
    ['grep=password', ['password of none']],
    [`${filterOf(login)}&${filterOf('over')}`, ['over']],
    [`${filterOf('login [withheld]')}&${filterOf('over')}`, ['login [withheld]', 'over']],
    [filterOf(login, '!MESSAGE'), ['login [withheld]', 'about secret1', 'password of none', 'over']],
    [filterOf('run --key=secret1', '_CMDLINE'), []],
    [filterOf('x', '!_CMDLINE'), []],
    ['grep=_CMDLINE~secret1', []],
  ])('cannot be found out by a follow with %s', async (query, expected) => {
    const answer = await opened(`/v3/follow?tail=0&watermarks=10&${query}`, v3MediaTypes.lines);
    // With this first mark it has caught up, and waits.
    expect(parseLine(await answer.next())).toMatchObject({ kind: 'watermark' });
    for (const message of [login, 'about secret1', 'password of none']) append(message, 'secret1');
    const last = parseCursor(append('over', 'secret1'));
    const messages: string[] = [];
    await answer.until((text) => {
      const line = parseLine(text);
      if (line.kind === 'entry') messages.push(/"MESSAGE":"([^"]*)"/.exec(line.payload)?.[1] ?? '');
      return line.kind === 'watermark' && parseCursor(line.position ?? '')?.seqnum === last?.seqnum;
    });
    expect(messages).toEqual(expected);
  });

  it.each(['/v1/stream/?skip_prev=1', '/v2/component/web.service?skip=-1'])(
    'cannot be found out by filters of %s',
    async (path) => {
      append('over');
      const answer = await opened(`${path}&${filterOf(login)}&${filterOf('over')}`, 'text/event-stream');
      await textTo(answer, '"over"');
      for (const message of [login, 'over']) append(message, 'secret1');
      expect(await textTo(answer, '"over"')).not.toContain('login');
    },
  );
});

describe('who may not see boot ids', () => {
  const journal = new WrittenJournal();
  const scope: Scope = { ...wholeNode, withhold: [{ field: '_BOOT_ID' }] };
  const ids = new RegExp(boots.join('|'));
  const messages = Array.from({ length: 9 }, (_, index) => `m${index}`);
  let node: V3Agent;

  beforeAll(async () => {
    for (const [index, message] of messages.entries()) {
      if (index === 4) journal.rotate();
      journal.append([['MESSAGE', message]], boots[index < 6 ? 0 : 1]);
    }
    node = await V3Agent.start(journal.directory);
  });
  afterAll(async () => {
    await node.close();
    journal.remove();
  });

  it.each([
    ...v3Types.flatMap((accept) => ['/v3/entries?since=@0', '/v3/entries?limit=all'].map((path) => [path, accept])),
    ['/v1/range/', 'application/json'],
    ['/v2/component', 'application/json'],
    ['/v3/boots', 'application/json'],
    ['/v3/fields/_BOOT_ID', 'application/json'],
  ] as [string, string][])('is shown none, nor by cursors, at %s as %s', async (path, accept) => {
    const response = await node.ask(path, { scope, headers: { accept } });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toMatch(ids);
    expect(response.headers.get('link') ?? '').not.toMatch(ids);
    expect(await node.text(path, { headers: { accept } })).toMatch(accept === 'text/plain' ? /m0/ : ids);
  });

  it.each(['boot=0', 'boot=1', 'boot=-1', `boot=${boots[0]}`, `filter=_BOOT_ID:${boots[0]}`, 'filter=!_BOOT_ID:x'])(
    'cannot ask for one with %s',
    async (query) => {
      expect(await node.messages(`/v3/entries?limit=2&${query}`, { scope })).toEqual([]);
      const histogram = await node.ask(`/v3/histogram?since=@1600000000&bucket=10000h&${query}`, { scope });
      expect(((await histogram.json()) as { buckets: number[][] }).buckets.flat().every((count) => count === 0)).toBe(
        true,
      );
    },
  );

  it('goes on exactly after any cursor, whatever boot id it has', async () => {
    const shown = (await node.objects('/v3/entries?since=@0', { scope })).map(({ cursor }) => cursor);
    expect(shown).toHaveLength(9);
    const told = { accept: 'application/json' };
    // Of the first file, before and after another boot begins, and the last.
    for (const index of [0, 5, 6, 8]) {
      const cursor = shown[index] ?? '';
      for (const one of [cursor, ...boots.map((id) => cursor.replace(/b=\w+/, `b=${id}`))]) {
        const after = encodeURIComponent(one);
        const rest = messages.slice(index + 1);
        const objects = await node.objects(`/v3/entries?cursor=${after}`, { scope });
        expect(objects.map(({ event, fields }) => event ?? fields?.MESSAGE)).toEqual(rest);
        const v1 = await node.text(`/v1/range/?cursor=${after}`, { scope, headers: told });
        expect([...v1.matchAll(/"MESSAGE":"(m\d)"/g)].map(([, message]) => message)).toEqual(rest);
        const around = await node.messages(`/v3/context?before=1&after=1&cursor=${after}`, { scope });
        expect(around).toEqual(messages.slice(Math.max(0, index - 1), index + 2));
      }
    }
  });

  it('goes on after the time of an entry that is there no more', async () => {
    const [entry] = await node.objects('/v3/entries?since=@0&limit=1', { scope });
    const gone = (entry?.cursor ?? '').replace(/s=\w+;i=\w+/, `s=${'0'.repeat(32)};i=99`).replace(/m=\w+/, 'm=1');
    for (const cursor of [gone, gone.replace(/b=\w+/, `b=${boots[1]}`)]) {
      const path = `/v3/entries?cursor=${encodeURIComponent(cursor)}`;
      expect(await node.messages(path, { scope })).toEqual(messages.slice(1));
    }
  });

  it('is sent what a clock that was set back has stamped since', async () => {
    const path = join(directory, 'set-back');
    mkdirSync(join(path, machineId), { recursive: true });
    const { bootId, monotonic } = bootTime();
    const writer = new JournalWriter({ path: join(path, machineId, 'system.journal'), machineId, bootId });
    const second = 1_000_000;
    // Seconds ago, by a clock behind by so many.
    for (const [ago, behind] of [
      [110, 0],
      [90, 60],
      [60, 60],
      [20, 0],
    ] as const) {
      const at = { realtime: start - (ago + behind) * second, monotonic: monotonic - ago * second };
      writer.append({ ...at, fields: [['MESSAGE', `${ago} s ago`]] });
    }
    writer.close();
    const other = await V3Agent.start(path);
    const query = `from=${start - 100 * second}&from_age=100000`;
    const lines = await other.text(`/v3/entries?format=lines&limit=all&${query}`, { scope });
    expect([...lines.matchAll(/\d+ s ago/g)].map(([message]) => message)).toEqual(['90 s ago', '60 s ago', '20 s ago']);
    await other.close();
  });

  it('is told by a follow where to resume without one, and starts at a time', async () => {
    const from = start + 5 * step;
    const answer = await OpenAnswer.open(node, `/v3/follow?from=${from}&from_age=0&format=lines&watermarks=10`, {
      scope,
    });
    const lines: string[] = [];
    await answer.until((line) => {
      lines.push(line);
      return parseLine(line).kind === 'watermark';
    });
    answer.cut();
    expect(lines.join('\n')).not.toMatch(ids);
    expect(lines.filter((line) => parseLine(line).kind === 'entry').map((line) => /m\d/.exec(line)?.[0])).toEqual(
      messages.slice(5),
    );
    const quiet = await OpenAnswer.open(node, '/v3/follow?tail=0', { scope });
    const { cursor } = JSON.parse(await quiet.next()) as { cursor: string };
    quiet.cut();
    expect(parseCursor(cursor)).toMatchObject({ bootId: '0'.repeat(32), seqnum: 9n });
  });
});
