import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseCursor, type Scope, wholeNode } from '@clusterlog/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../test/fixtures/journal-writer/journal-writer.ts';
import { testDirectory } from '../journal/test-directory.ts';
import { V3Agent } from './v3-world.ts';

const machineId = '0123456789abcdef0123456789abcdef';
const start = 1_700_000_000_000_000;
const directory = testDirectory();
const withheld: Scope = {
  ...wholeNode,
  withhold: [{ field: 'MESSAGE', pattern: 'password=\\S+' }, { field: '_CMDLINE' }],
};
const json = { accept: 'application/json' };
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
    }
  });
});
