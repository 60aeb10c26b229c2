import { describe, expect, test } from 'vitest';
import { keyDirectory, secret } from '../auth/keys.ts';
import { endLine, entryLine, type LineAgent, positionOf, startLineAgent } from '../cluster/line-agents.ts';
import { getAs, indexOf, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';

interface Entry {
  readonly cursor: string;
  readonly fields: { readonly MESSAGE: string };
}

/** An agent with entries at these realtimes; a filter leaves every other one. */
function agentOf(id: string, realtimes: readonly number[]): Promise<LineAgent> {
  return startLineAgent(id, ({ query, send, response }) => {
    const all = realtimes.map((realtime, n) => ({ n, realtime }));
    const isDescending = query.get('order') === 'desc';
    const cursor = query.get('cursor');
    const from = query.has('from') ? Number(query.get('from')) : undefined;
    const at = all.findIndex(({ n, realtime }) => positionOf(id, n, realtime) === cursor);
    const ahead = all.filter(({ n, realtime }) => {
      if (query.has('filter') && n % 2 === 1) return false;
      if (cursor !== null) return isDescending ? n < at : n > at;
      return from === undefined || (isDescending ? realtime <= from : realtime >= from);
    });
    const wanted = isDescending ? ahead.toReversed() : ahead;
    send(...wanted.map(({ n, realtime }) => entryLine(id, n, realtime, query.get('payload') ?? '')), endLine);
    response.end();
  });
}

async function start() {
  const agents = await Promise.all([agentOf('S1', [10, 20, 30, 40, 50]), agentOf('S2', [12, 22, 30, 42])]);
  const { port } = await startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
  });
  const ask = async (path: string) => getAs('alice', port, `${v3}/${path}`, { accept: 'application/x-ndjson' });
  const entries = async (path: string) => {
    const { body } = await ask(path);
    const objects = body.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return objects.filter(({ event }) => event === undefined) as Entry[];
  };
  const messages = async (path: string) => (await entries(path)).map(({ fields }) => fields.MESSAGE);
  const [cursor] = (await entries('entries?filter=A:b&since=@0'))
    .filter(({ fields }) => fields.MESSAGE === 'S1 2')
    .map((entry) => entry.cursor);
  return { agents, ask, messages, cursor: cursor ?? '' };
}

describe('an entry found with a filter', () => {
  test('is where reading without it goes on, both ways', async () => {
    const { messages, cursor } = await start();
    expect(await messages(`entries?at=${cursor}`)).toEqual(['S2 2', 'S1 3', 'S2 3', 'S1 4']);
    expect(await messages(`entries?at=${cursor}&order=desc&limit=3`)).toEqual(['S2 1', 'S1 1', 'S2 0']);
  });

  test('is in the midst of its surroundings without the filter', async () => {
    const { messages, cursor } = await start();
    const around = await messages(`context?cursor=${cursor}&before=2&after=2`);
    expect(around).toEqual(['S1 1', 'S2 1', 'S1 2', 'S2 2', 'S1 3']);
  });

  test('is a place in time for who reads other nodes', async () => {
    const { messages, cursor } = await start();
    expect(await messages(`entries?agent=S2&at=${cursor}`)).toEqual(['S2 3']);
    expect(await messages(`context?agent=S2&cursor=${cursor}&before=0&after=1`)).toEqual(['S2 2', 'S2 3']);
  });

  test('has its page followed by the next one', async () => {
    const { ask, messages, cursor } = await start();
    const { headers } = await ask(`entries?at=${cursor}&limit=2`);
    const next = /<(.+)>; rel="next"/.exec(String(headers.link ?? ''))?.[1] ?? '';
    expect(next).not.toContain('at=');
    expect(await messages(next.slice(`${v3}/`.length))).toEqual(['S2 3', 'S1 4']);
  });

  test('is asked of its own node by its position, of others by its time', async () => {
    const { agents, ask, cursor } = await start();
    await ask(`entries?at=${cursor}`);
    const asked = agents.map(({ requests }) => requests.at(-1)?.query);
    expect([asked[0]?.get('cursor'), asked[1]?.get('from')]).toEqual([positionOf('S1', 2, 30), '30']);
  });
});

describe('a time', () => {
  test('is a place, too, with what is before and what is after it', async () => {
    const { messages } = await start();
    expect(await messages('entries?at=@0.00003')).toEqual(['S1 3', 'S2 3', 'S1 4']);
    expect(await messages('entries?at=1970-01-01T00:00:00.000029Z&order=desc&limit=2')).toEqual(['S2 1', 'S1 1']);
    expect(await messages('context?cursor=@0.00003&before=1&after=1')).toEqual(['S1 2', 'S2 2', 'S1 3']);
  });
});

describe('a place', () => {
  test('is not taken where a cursor is, nor beside one, nor from something else', async () => {
    const { ask, cursor } = await start();
    for (const query of [`cursor=${cursor}`, `at=${cursor}&cursor=${cursor}`, 'at=AAAA', 'at=@x', 'cursor=@1', 'at=']) {
      expect([query, (await ask(`entries?${query}`)).status]).toEqual([query, query === 'at=' ? 200 : 400]);
    }
  });
});
