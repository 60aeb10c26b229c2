import { createParser } from 'eventsource-parser';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MesosTask } from '../../src/mesos/model.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { endLine, entryLine, type LineAgent, startLineAgent, watermarkLine } from '../cluster/line-agents.ts';
import { getAs, indexOf, open, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';
const json = { accept: 'application/x-ndjson' };
const t0 = 1_800_000_000;

const instance = (n: number) => `team_web.instance-${String(n).padStart(8, '0')}-0000-4000-8000-000000000000._app.1`;
const ended = (n: number, updatedAt: number): MesosTask =>
  task(instance(n), { completed: true, state: 'TASK_FAILED', updatedAt });

/** A gateway of one agent and a service that has failed a thousand times long ago, and runs now. */
async function failedOften(agent: LineAgent) {
  const tasks = Array.from({ length: 1_000 }, (_, n) => ended(n, t0 - 10_000));
  const index = indexOf({ agents: [agent.mesos], tasks: [...tasks, ended(1_000, t0 - 200), task(instance(1_001))] });
  return startGateway(secretPath, {
    index,
    addressing: { overrides: new Map([[agent.mesos.id, agent.origin]]) },
  });
}

/** Two entries in each lane that it is asked for, or a count of one. */
function agentOfTwo(): Promise<LineAgent> {
  return startLineAgent('S1', ({ path, send, response }) => {
    if (path.includes('/fields/')) {
      response.end(JSON.stringify({ completeness: 'exact', distinct: 1, values: [{ value: 'STDOUT', entries: 1 }] }));
      return;
    }
    send(...[1, 2].map((n) => entryLine('S1', n, t0 * 1e6 + n)), endLine);
    response.end();
  });
}

describe('a service of more tasks than can be read at once', () => {
  test('is read without those that ended before the time asked for', async () => {
    const agent = await agentOfTwo();
    const { port } = await failedOften(agent);
    const { status, body } = await getAs('alice', port, `${v3}/entries?limit=all&service=/team/web&since=@${t0}`, json);
    expect(status).toBe(200);
    expect(body.match(/^\{"fields"/gm)).toHaveLength(4);
    expect(body).not.toContain('"event":"gap"');
    expect(agent.requests).toHaveLength(2);
  });

  test('is counted so, too', async () => {
    const agent = await agentOfTwo();
    const { port } = await failedOften(agent);
    const { body } = await getAs('alice', port, `${v3}/fields/STREAM?service=/team/web&since=@${t0}`);
    expect(JSON.parse(body)).toMatchObject({ completeness: 'exact', values: [{ value: 'STDOUT', entries: 2 }] });
  });

  test('is refused where the time asked for leaves too many, and says what to do', async () => {
    const agent = await agentOfTwo();
    const { port } = await failedOften(agent);
    for (const since of ['', `&since=@${t0 - 20_000}`]) {
      const { status, body } = await getAs('alice', port, `${v3}/entries?service=/team/web${since}`);
      expect([status, JSON.parse(body).code]).toEqual([400, 'cluster-scope-too-wide']);
      expect(JSON.parse(body)).toMatchObject({ detail: expect.stringContaining('1002 places') });
      expect(JSON.parse(body).hint).toContain('since=');
    }
    expect(agent.requests).toEqual([]);
  });

  test('of which all could be read is read whole, whatever the clocks that told their ends', async () => {
    const agent = await agentOfTwo();
    const index = indexOf({ agents: [agent.mesos], tasks: [ended(1, t0 - 10_000), task(instance(2))] });
    const { port } = await startGateway(secretPath, {
      index,
      addressing: { overrides: new Map([[agent.mesos.id, agent.origin]]) },
    });
    const path = `${v3}/entries?limit=all&service=/team/web&since=@${t0}`;
    expect((await getAs('alice', port, path, json)).body.match(/^\{"fields"/gm)).toHaveLength(4);
  });
});

/** What happens in a follow, and when. */
async function eventsOf(port: number, query: string) {
  const events: { event: string | undefined; data: Record<string, unknown>; at: number }[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event, data: JSON.parse(data), at: Date.now() }),
  });
  const headers = { authorization: `token=${await sign({ uid: 'alice' })}`, accept: 'text/event-stream' };
  const answer = await open(port, `${v3}/follow?${query}`, { headers });
  onTestFinished(() => void answer.destroy());
  answer.on('error', () => undefined);
  answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
  return events;
}

const gapsOf = (events: Awaited<ReturnType<typeof eventsOf>>) => events.filter(({ event }) => event === 'gap');

describe('a follow', () => {
  test('tells that a new master knows more tasks than can be read at once, and goes on with those it reads', async () => {
    let sendMore: (() => void) | undefined;
    const agent = await startLineAgent('S1', ({ path, send, response }) => {
      if (path.endsWith('/entries')) {
        send(endLine);
        response.end();
        return;
      }
      send(watermarkLine(t0 * 1e6));
      sendMore = () => send(entryLine('S1', 1, t0 * 1e6 + 5), watermarkLine(t0 * 1e6 + 10));
    });
    const index = indexOf({ agents: [agent.mesos], tasks: [task(instance(0))] });
    const { port } = await startGateway(secretPath, {
      index,
      addressing: { overrides: new Map([[agent.mesos.id, agent.origin]]) },
    });
    const events = await eventsOf(port, 'service=/team/web&tail=0');
    await expect.poll(() => sendMore, { timeout: 10_000 }).toBeDefined();
    const tasks = Array.from({ length: 1_001 }, (_, n) => task(instance(n)));
    const frameworks = [{ id: 'F1', name: 'marathon' }];
    const snapshot = { tasks, agents: [agent.mesos], recoveredAgentIds: [], frameworks, skipped: 0 };
    index.applySnapshot(snapshot, 'http://192.0.2.9:5050', 'poll');
    await expect.poll(() => gapsOf(events), { timeout: 10_000 }).toHaveLength(1);
    expect(gapsOf(events)[0]?.data).toEqual({ event: 'gap', reason: 'cluster-scope-too-wide', possible: true });
    sendMore?.();
    await expect.poll(() => events.filter(({ event }) => event === undefined), { timeout: 10_000 }).toHaveLength(1);
    expect(agent.requests.filter(({ path }) => path.endsWith('/follow'))).toHaveLength(1);
  }, 30_000);

  test('names ten seconds after its end whose clocks have not come to it, and ends', async () => {
    const until = Date.now() - 8_000;
    const clock = (until - 5_000) * 1_000;
    const agents = await Promise.all(
      [clock, (until + 1) * 1_000].map((watermark, i) =>
        startLineAgent(`S${i + 1}`, ({ path, send, response }) => {
          if (path.endsWith('/entries')) {
            send(endLine);
            response.end();
            return;
          }
          // A node that says nothing is silent, which is something else.
          const telling = setInterval(() => send(watermarkLine(watermark)), 50);
          response.once('close', () => clearInterval(telling));
          send(watermarkLine(watermark));
        }),
      ),
    );
    const { port } = await startGateway(secretPath, {
      index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
      addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
    });
    const events = await eventsOf(port, `tail=0&until=@${until / 1_000}`);
    await expect.poll(() => events.some(({ event }) => event === 'end'), { timeout: 20_000 }).toBe(true);
    const [gap, ...more] = gapsOf(events).filter(({ data }) => data.reason === 'clock-behind');
    expect(more).toEqual([]);
    expect(gap?.data).toMatchObject({ agent: 'S1', from: clock, to: until * 1_000 });
    expect((gap?.at ?? 0) - until).toBeGreaterThanOrEqual(10_000);
  }, 30_000);
});
