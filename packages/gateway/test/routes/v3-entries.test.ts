import { describe, expect, test } from 'vitest';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import {
  endLine,
  entryLine,
  type LineAgent,
  type LineRequest,
  positionOf,
  startLineAgent,
} from '../cluster/line-agents.ts';
import { getAs, indexOf, open, readGatewayToken, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';
const json = { accept: 'application/x-ndjson' };

async function gatewayOf(agents: readonly LineAgent[], options: Parameters<typeof startGateway>[1] = {}) {
  return startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
    ...options,
  });
}

/** An agent with entries at these realtimes, which it gives from wherever it is asked to. */
function journalAgent(id: string, realtimes: readonly number[]): Promise<LineAgent> {
  return startLineAgent(id, ({ query, send, response }) => {
    const payload = query.get('payload') ?? '';
    const lines = realtimes.map((realtime, n) => ({ n, realtime }));
    const cursor = query.get('cursor');
    const from = Number(query.get('from') ?? 0);
    const isDescending = query.get('order') === 'desc';
    const at = lines.findIndex(({ n, realtime }) => positionOf(id, n, realtime) === cursor);
    let wanted = isDescending
      ? lines.slice(0, cursor === null ? undefined : at).toReversed()
      : lines.slice(cursor === null ? 0 : at + 1);
    if (query.has('from'))
      wanted = wanted.filter(({ realtime }) => (isDescending ? realtime <= from : realtime >= from));
    send(...wanted.map(({ n, realtime }) => entryLine(id, n, realtime, payload)), endLine);
    response.end();
  });
}

const messagesOf = (body: string): string[] =>
  body
    .split('\n')
    .filter((line) => line.startsWith('{"fields"'))
    .map((line) => JSON.parse(line).fields.MESSAGE);

describe('entries of all nodes', () => {
  test('are asked for as lines, with a token for each agent', async () => {
    const agents = await Promise.all([journalAgent('S1', [10]), journalAgent('S2', [20])]);
    const { port } = await gatewayOf(agents);
    const { status } = await getAs(
      'alice',
      port,
      `${v3}/entries?since=@0.000001&filter=A:b&fields=MESSAGE&priority=err`,
      json,
    );
    expect(status).toBe(200);
    for (const { mesos, requests } of agents) {
      const [asked] = requests as [LineRequest];
      expect(asked.path).toBe(`${v3}/entries`);
      expect(Object.fromEntries(asked.query)).toEqual({
        filter: 'A:b',
        priority: 'err',
        since: '@0.000001',
        fields: 'MESSAGE',
        format: 'lines',
        payload: 'ndjson',
        order: 'asc',
        limit: 'all',
        watermarks: '100',
      });
      const { payload } = await readGatewayToken(asked.request.headers, mesos.id);
      expect(payload).toMatchObject({ uid: 'alice', route: 'GET /v3/entries', scope: { read: 'node' } });
      expect(asked.request.headers.cookie).toBeUndefined();
    }
  });

  test('are merged by time, then by agent, each agent’s own order kept', async () => {
    const agents = await Promise.all([journalAgent('S1', [10, 30, 20, 40]), journalAgent('S2', [10, 25, 50])]);
    const { port } = await gatewayOf(agents);
    const { body } = await getAs('alice', port, `${v3}/entries?since=@0`, json);
    expect(messagesOf(body)).toEqual(['S1 0', 'S2 0', 'S2 1', 'S1 1', 'S1 2', 'S1 3', 'S2 2']);
    const lateOnes = body.split('\n').filter((line) => line.includes('"late":true'));
    expect(messagesOf(lateOnes.join('\n'))).toEqual(['S1 2']);
  });

  test.each(['asc', 'desc'])('are every one once, page by page by Link (%s)', async (order) => {
    const agents = await Promise.all([
      journalAgent('S1', [10, 10, 10, 30, 30, 31]),
      journalAgent('S2', [10, 10, 30, 30, 32]),
      journalAgent('S3', [5, 10, 29, 30]),
    ]);
    const { port } = await gatewayOf(agents);
    const found: string[] = [];
    let path: string | undefined = `${v3}/entries?since=@0&limit=2&order=${order}`;
    for (let pages = 0; path !== undefined && pages < 20; pages++) {
      const { headers, body }: Awaited<ReturnType<typeof getAs>> = await getAs('alice', port, path, json);
      found.push(...messagesOf(body));
      path = /<(.+)>; rel="next"/.exec(String(headers.link ?? ''))?.[1];
    }
    expect(found).toHaveLength(15);
    expect(new Set(found).size).toBe(15);
    const ofS1 = found.filter((message) => message.startsWith('S1'));
    expect(order === 'asc' ? ofS1 : ofS1.toReversed()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `S1 ${n}`));
  });

  test('are the newest ones, the oldest first, where nothing says where to start', async () => {
    const agents = await Promise.all([journalAgent('S1', [10, 20, 30]), journalAgent('S2', [15, 25, 28])]);
    const { port } = await gatewayOf(agents);
    const { body } = await getAs('alice', port, `${v3}/entries?limit=3`, json);
    expect(messagesOf(body)).toEqual(['S2 1', 'S2 2', 'S1 2']);
  });

  test('stream to their end with limit=all, and say so', async () => {
    const agents = await Promise.all([journalAgent('S1', [10, 20]), journalAgent('S2', [15])]);
    const { port } = await gatewayOf(agents);
    const { body } = await getAs('alice', port, `${v3}/entries?limit=all`, json);
    expect(messagesOf(body)).toEqual(['S1 0', 'S2 0', 'S1 1']);
    expect(JSON.parse(body.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'end', reason: 'end' });
  });

  test('are whole, each agent asked once, however much waits for its turn', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => 1_000 + n);
    const agents = await Promise.all([journalAgent('S1', many), journalAgent('S2', [...many.slice(2_900), 9_000])]);
    const { port } = await gatewayOf(agents);
    const { body } = await getAs('alice', port, `${v3}/entries?limit=all`, json);
    expect(new Set(messagesOf(body)).size).toBe(3_101);
    expect(messagesOf(body)).toHaveLength(3_101);
    expect(body).not.toContain('"gap"');
    expect(agents.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  test('come without a node that does not answer, which is named, also where the format has no place for it', async () => {
    const alive = await journalAgent('S1', [10]);
    const dead = await startLineAgent('S2', ({ response }) => response.destroy());
    const { port } = await gatewayOf([alive, dead]);
    const { status, headers, body } = await getAs('alice', port, `${v3}/entries?since=@0`, json);
    expect([status, messagesOf(body)]).toEqual([200, ['S1 0']]);
    expect(body).toContain('"event":"gap","agent":"S2","reason":"node-lost"');
    expect(headers['clusterlog-missing-agents']).toBe('S2');
    // The first attempt and two more.
    expect(dead.requests).toHaveLength(3);
  });

  test('go on where an agent was cut in the midst of its answer', async () => {
    let first = true;
    const flaky = await startLineAgent('S1', ({ query, send, response }) => {
      if (!first) {
        expect(query.get('cursor')).toBe(positionOf('S1', 0, 10));
        send(entryLine('S1', 1, 20), endLine);
        response.end();
        return;
      }
      first = false;
      send(entryLine('S1', 0, 10));
      setImmediate(() => response.destroy());
    });
    const { port } = await gatewayOf([flaky]);
    const { body } = await getAs('alice', port, `${v3}/entries?since=@0`, json);
    expect(messagesOf(body)).toEqual(['S1 0', 'S1 1']);
    expect(body).not.toContain('"gap"');
  });

  test('are not asked of agents that the caller may not read', async () => {
    const agents = await Promise.all([journalAgent('S1', [10]), journalAgent('S2', [20])]);
    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    const policy: Policy = {
      ...everything,
      decide: (caller, subject) =>
        subject.kind === 'node' && subject.agentId === 'S2'
          ? { allowed: false, reason: 'not S2' }
          : everything.decide(caller, subject),
    };
    const { port } = await gatewayOf(agents, { policy });
    const { body } = await getAs('alice', port, `${v3}/entries`, json);
    expect(messagesOf(body)).toEqual(['S1 0']);
    expect(agents[1]?.requests).toHaveLength(0);
    expect(await getAs('alice', port, `${v3}/entries?agent=S2`)).toMatchObject({ status: 403 });
  });

  test('of a service are asked of its tasks’ agents, with nothing but a task in each scope', async () => {
    const agents = await Promise.all([journalAgent('S1', [10]), journalAgent('S2', [20]), journalAgent('S3', [30])]);
    const id = (n: number) => `web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;
    const index = indexOf({
      agents: agents.map(({ mesos }) => mesos),
      tasks: [
        task(id(1), { agentId: 'S1' }),
        task(id(2), { agentId: 'S2', completed: true, state: 'TASK_FINISHED' }),
        task('other.instance-00000003-0000-4000-8000-000000000000._app.1', { agentId: 'S3' }),
        task(id(4), { agentId: 'S3', containerId: undefined }),
      ],
    });
    const { port } = await gatewayOf(agents, { index });
    const { body } = await getAs('alice', port, `${v3}/entries?service=/web`, json);
    expect(messagesOf(body)).toEqual(['S1 0', 'S2 0']);
    expect(body).toContain(`"task":"${id(1)}","service":"/web"`);
    expect(agents[2]?.requests).toHaveLength(0);
    const asked = agents[0]?.requests[0];
    const { payload } = await readGatewayToken(asked?.request.headers ?? {}, 'S1');
    expect(JSON.stringify(payload.scope)).toContain(`container-of-${id(1)}`);
  });

  test('of a task that Mesos has forgotten are found by what the journals of wholly readable nodes say', async () => {
    const id = 'web.instance-00000001-0000-4000-8000-000000000000._app.1';
    const values = [
      { value: id, entries: 1 },
      { value: 'other.1', entries: 2 },
    ];
    const agent = await startLineAgent('S1', ({ path, query, send, response }) => {
      if (path.endsWith('/fields/EXECUTOR_ID')) {
        response.end(JSON.stringify({ completeness: 'exact', distinct: 2, values }));
        return;
      }
      send(entryLine('S1', 1, 10, query.get('payload') ?? ''), endLine);
      response.end();
    });
    const { port } = await gatewayOf([agent]);
    for (const asked of ['service=/web', `task=${id}`, 'task=00000001']) {
      const { body } = await getAs('alice', port, `${v3}/entries?since=@0&${asked}`, json);
      expect(messagesOf(body)).toEqual(['S1 1']);
      const { payload } = await readGatewayToken(agent.requests.at(-1)?.request.headers ?? {}, 'S1');
      expect(payload.scope).toMatchObject({ read: [[{ field: 'EXECUTOR_ID', in: [id] }]] });
    }
    expect((await getAs('alice', port, `${v3}/entries?task=nobody`)).status).toBe(404);

    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    const tasksOnly: Policy = {
      ...everything,
      decide: (caller, subject) =>
        subject.kind === 'node' ? { allowed: false, reason: 'tasks only' } : everything.decide(caller, subject),
    };
    const { port: other } = await gatewayOf([agent], { policy: tasksOnly });
    const before = agent.requests.length;
    expect((await getAs('alice', other, `${v3}/entries?task=${id}`)).status).not.toBe(200);
    expect(agent.requests).toHaveLength(before);
  });

  test('are refused when the agents refuse the question, in their words', async () => {
    const agent = await startLineAgent('S1', ({ response }) => {
      response.writeHead(400, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status: 400, detail: 'Parameter grep: no.', code: 'bad-parameter' }));
    });
    const { port } = await gatewayOf([agent]);
    const { status, body } = await getAs('alice', port, `${v3}/entries?grep=x`);
    expect([status, JSON.parse(body).detail]).toEqual([400, 'Parameter grep: no.']);
  });

  test('are held back from an agent no further than 64 KiB while their reader takes nothing', async () => {
    let sent = 0;
    const agent = await startLineAgent('S1', ({ send, response }) => {
      const long = 'x'.repeat(1_000);
      const more = (): void => {
        while (sent < 100_000 && !response.writableNeedDrain) {
          send(
            `E ${String(++sent).padStart(16, '0')} ${positionOf('S1', sent, sent)} - {"fields":{"MESSAGE":"${long}"}}`,
          );
        }
      };
      response.on('drain', more);
      more();
    });
    const other = await startLineAgent('S2', ({ send }) => send(entryLine('S2', 0, 50)));
    const { port } = await gatewayOf([agent, other]);
    const answer = await open(port, `${v3}/entries?limit=all`, {
      headers: { authorization: `token=${await sign({ uid: 'alice' })}`, ...json },
    });
    // S2 has said what is next but not what is after it: S1 is read up to its bound, and no further.
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = sent === before;
          before = sent;
          return stands;
        },
        { interval: 250 },
      )
      .toBe(true);
    expect(sent).toBeGreaterThan(50);
    expect(sent).toBeLessThan(10_000);
    answer.destroy();
  });

  test('go on without an agent that refuses the gateway’s token, which is counted for the alert', async () => {
    const refusing = await startLineAgent('S1', ({ response }) => void response.writeHead(401).end());
    const { port, metrics } = await gatewayOf([refusing, await journalAgent('S2', [20])]);
    const refusals = async () => {
      const { values } = await metrics.errors.get();
      return values.find(({ labels }) => labels.code === 'agent-refused')?.value ?? 0;
    };
    expect((await getAs('alice', port, `${v3}/boots`)).status).toBe(200);
    expect(await refusals()).toBe(1);
    const { status, body } = await getAs('alice', port, `${v3}/entries?since=@0.000001`, json);
    expect([status, body.includes('"reason":"node-lost"')]).toEqual([200, true]);
    expect(await refusals()).toBeGreaterThan(1);
  });

  test('are refused with 429 and Retry-After beyond a caller’s share', async () => {
    const silent = await startLineAgent('S1', ({ response }) => response.flushHeaders());
    const { port, metrics } = await gatewayOf([silent], {
      mergeLimits: { holdBack: 250, merges: 3, mergesPerCaller: 2 },
    });
    const follow = async (uid: string) =>
      open(port, `${v3}/follow?since=@0`, { headers: { authorization: `token=${await sign({ uid })}` } });
    const opened = [await follow('alice'), await follow('alice')];
    expect(opened.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const third = await getAs('alice', port, `${v3}/follow`);
    expect([third.status, third.headers['retry-after'], JSON.parse(third.body).code]).toEqual([
      429,
      '5',
      'too-many-merges-of-caller',
    ]);
    opened.push(await follow('bob'));
    const fourth = await getAs('bob', port, `${v3}/entries`);
    expect([fourth.status, fourth.headers['retry-after']]).toEqual([503, '5']);
    const counted = await metrics.registry.metrics();
    for (const code of ['too-many-merges-of-caller', 'too-many-merges'])
      expect(counted).toContain(`clusterlog_errors_total{code="${code}"} 1`);
    for (const answer of opened) answer.destroy();
    await expect.poll(async () => (await getAs('alice', port, `${v3}/entries?agent=none`)).status).toBe(404);
  });
});
