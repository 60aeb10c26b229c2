import { describe, expect, test } from 'vitest';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { endLine, entryLine, type LineAgent, positionOf, startLineAgent } from '../cluster/line-agents.ts';
import { getAs, indexOf, open, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';

/** An agent that has looked through its journal up to an entry. */
function searchedLine(agent: string, n: number, realtime: number): string {
  return `W ${String(realtime).padStart(16, '0')} ${positionOf(agent, n, realtime)}`;
}

async function gatewayOf(agents: readonly LineAgent[]): Promise<number> {
  const { port } = await startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
  });
  return port;
}

interface Said {
  readonly event?: string;
  readonly cursor: string;
  readonly realtime?: number;
  readonly fields?: { readonly MESSAGE: string };
}

/** The objects of a streamed answer, as they come. */
async function* said(port: number, path: string): AsyncGenerator<Said> {
  const answer = await open(port, `${v3}/${path}`, {
    headers: { authorization: `token=${await sign({ uid: 'alice' })}`, accept: 'application/x-ndjson' },
  });
  let text = '';
  try {
    for await (const chunk of answer) {
      text += String(chunk);
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        yield JSON.parse(text.slice(0, end)) as Said;
        text = text.slice(end + 1);
      }
    }
  } finally {
    answer.destroy();
  }
}

describe('a search of all nodes', () => {
  test.each([
    ['asc', [100, 50, 120], 100],
    ['desc', [100, 150, 90], 100],
  ])(
    'delivers a hit as soon as every other node has looked past it, not at their ends (%s)',
    async (order, [hit = 0, before = 0, past = 0]) => {
      let lookOn = (): void => {};
      const finder = await startLineAgent('S1', ({ send }) => send(entryLine('S1', 1, hit)));
      const searcher = await startLineAgent('S2', ({ send }) => {
        send(searchedLine('S2', 5, before));
        lookOn = () => send(searchedLine('S2', 6, past));
      });
      // The finder has more to look through: what it has found need not wait for that.
      const port = await gatewayOf([finder, searcher]);
      const answer = said(port, `entries?limit=all&grep=x&order=${order}&since=@0`);
      const first = answer.next();
      await expect.poll(() => searcher.requests.length).toBe(1);
      lookOn();
      const { value } = await first;
      expect(value?.fields?.MESSAGE ?? value?.event).toBe('S1 1');
      await answer.return(undefined);
    },
  );

  test('tells how far all nodes have looked, and goes on from there', async () => {
    const asked: string[] = [];
    const agents = await Promise.all(
      ['S1', 'S2'].map((id, index) =>
        startLineAgent(id, ({ query, send, response }) => {
          const from = query.get('from') ?? query.get('cursor');
          if (from !== null) {
            asked.push(`${id} ${from}`);
            send(entryLine(id, 9, 500 + index), endLine);
            response.end();
            return;
          }
          send(searchedLine(id, 3, 300 + 100 * index));
        }),
      ),
    );
    const port = await gatewayOf(agents);
    let told: Said | undefined;
    for await (const object of said(port, 'entries?limit=all&grep=x&since=@0')) {
      told = object;
      break;
    }
    expect(told).toMatchObject({ event: 'checkpoint', realtime: 299 });
    const rest = said(port, `entries?limit=all&grep=x&since=@0&cursor=${told?.cursor}`);
    const messages: string[] = [];
    for await (const { fields } of rest) if (fields !== undefined) messages.push(fields.MESSAGE);
    expect(messages).toEqual(['S1 9', 'S2 9']);
    expect(asked.sort()).toEqual(['S1 300', 'S2 300']);
  });

  test('waits in no proxy for more, as events', async () => {
    const agent = await startLineAgent('S1', ({ send, response }) => {
      send(endLine);
      response.end();
    });
    const port = await gatewayOf([agent]);
    const { headers } = await getAs('alice', port, `${v3}/entries?limit=all&grep=x`, { accept: 'text/event-stream' });
    expect(headers['x-accel-buffering']).toBe('no');
  });

  test('tells newest first, too, and by nothing in text', async () => {
    const agent = await startLineAgent('S1', ({ query, send, response }) => {
      if (query.get('payload') === 'ndjson') {
        send(searchedLine('S1', 3, 300));
        return;
      }
      send(searchedLine('S1', 3, 300), endLine);
      response.end();
    });
    const port = await gatewayOf([agent]);
    const { value } = await said(port, 'entries?limit=all&grep=x&order=desc').next();
    expect(value).toMatchObject({ event: 'checkpoint', realtime: 300 });
    const { body } = await getAs('alice', port, `${v3}/entries?limit=all&grep=x&order=desc`);
    expect(body).toMatch(/^-- end reason=end cursor=\S+\n$/);
  });
});
