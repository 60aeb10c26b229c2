import { request } from 'node:http';
import type { Scope } from '@clusterlog/shared';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agentSetOf } from '../../src/cluster/agent-set.ts';
import { decodeCursor } from '../../src/cluster/cursor-decoder.ts';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { FollowEvents } from '../cluster/follow-events.ts';
import {
  endLine,
  entryLine,
  type LineAgent,
  type LineRequest,
  startLineAgent,
  watermarkLine,
} from '../cluster/line-agents.ts';
import { indexOf, open, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const follow = '/system/v1/logs/v3/follow';

/** An agent that answers the search for its newest entry with nothing, and leaves its follows to the test. */
function followedAgent(id: string): Promise<LineAgent> {
  return startLineAgent(id, ({ path, send, response }) => {
    if (path.endsWith('/entries')) {
      send(endLine);
      response.end();
    } else response.flushHeaders();
  });
}

async function gatewayOf(agents: readonly LineAgent[], options: Parameters<typeof startGateway>[1] = {}) {
  return startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
    ...options,
  });
}

/** The follow that an agent was asked last. */
async function followOf(agent: LineAgent, count = 1): Promise<LineRequest> {
  const follows = () => agent.requests.filter(({ path }) => path === follow);
  await expect.poll(() => follows().length, { timeout: 10_000 }).toBe(count);
  return follows().at(-1) as LineRequest;
}

const t0 = 1_800_000_000_000_000;

/** A merged follow of three agents that have all said their clocks. */
async function followThree() {
  const agents = await Promise.all([followedAgent('S1'), followedAgent('S2'), followedAgent('S3')]);
  const { port } = await gatewayOf(agents);
  const events = await FollowEvents.open(port, 'tail=0');
  const [one, two, three] = (await Promise.all(agents.map((agent) => followOf(agent)))) as [
    LineRequest,
    LineRequest,
    LineRequest,
  ];
  for (const asked of [one, two, three]) asked.send(watermarkLine(t0));
  return { events, one, two, three };
}

describe('a merged follow', () => {
  test('holds an entry until the others have shown that they have nothing older', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const { port } = await gatewayOf(agents, { mergeLimits: { holdBack: 60_000, merges: 9, mergesPerCaller: 9 } });
    const events = await FollowEvents.open(port, 'tail=0');
    const [one, two] = [await followOf(first), await followOf(second)];
    expect(one.query.get('watermarks')).toBe('50');
    one.send(watermarkLine(t0), entryLine('S1', 1, t0 + 100));
    two.send(watermarkLine(t0), entryLine('S2', 1, t0 + 50), entryLine('S2', 2, t0 + 200));
    await events.has(['S2 1', 'S1 1']);
    one.send(watermarkLine(t0 + 150));
    two.send(entryLine('S2', 3, t0 + 201));
    one.send(watermarkLine(t0 + 200));
    await events.has(['S2 1', 'S1 1', 'S2 2']);
    expect(events.late).toEqual([]);
  });

  test('waits so long for one that is behind, and no longer; what it sends then is late', async () => {
    const { events, one, two, three } = await followThree();
    one.send(entryLine('S1', 1, t0 + 1_000));
    two.send(watermarkLine(t0 + 2_000));
    await events.has(['S1 1']);
    three.send(entryLine('S3', 1, t0 + 500), watermarkLine(t0 + 3_000));
    await events.has(['S1 1', 'S3 1']);
    expect(events.late).toEqual(['S3 1']);
  });

  test('does not let one clock that is ahead make everybody else late', async () => {
    const { events, one, two, three } = await followThree();
    three.send(entryLine('S3', 1, t0 + 5_000_000));
    await events.has(['S3 1']);
    one.send(entryLine('S1', 1, t0 + 1_000), watermarkLine(t0 + 9_000));
    two.send(entryLine('S2', 1, t0 + 2_000), watermarkLine(t0 + 9_000));
    await events.has(['S3 1', 'S1 1', 'S2 1']);
    expect(events.late).toEqual(['S3 1']);
  });

  test('names an agent that falls silent, goes on without it, and says when it is back', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const { port } = await gatewayOf(agents);
    const events = await FollowEvents.open(port, 'tail=0');
    const [one, two] = [await followOf(first), await followOf(second)];
    one.send(watermarkLine(t0));
    two.send(watermarkLine(t0));
    const ticking = setInterval(() => one.send(watermarkLine(t0 + 10)), 50);
    onTestFinished(() => clearInterval(ticking));
    await expect
      .poll(() => events.named('gap'), { timeout: 5_000 })
      .toMatchObject([{ agent: 'S2', reason: 'node-silent', from: t0, possible: true }]);
    two.send(entryLine('S2', 1, t0 + 5));
    await events.has(['S2 1']);
    expect(events.named('lifecycle')).toMatchObject([{ agent: 'S2', state: 'returned' }]);
  });

  test('connects again to an agent that was cut off, behind what it has read', async () => {
    const agent = await followedAgent('S1');
    const { port } = await gatewayOf([agent]);
    const events = await FollowEvents.open(port, 'tail=0');
    const one = await followOf(agent);
    one.send(watermarkLine(t0), entryLine('S1', 7, t0 + 1));
    await events.has(['S1 7']);
    one.response.destroy();
    const again = await followOf(agent, 2);
    expect(again.query.get('cursor')).toContain(';i=7;');
    again.send(entryLine('S1', 8, t0 + 2), watermarkLine(t0 + 9));
    await events.has(['S1 7', 'S1 8']);
    expect(events.named('gap')).toMatchObject([{ agent: 'S1', reason: 'node-lost' }]);
  });

  test('goes on from Last-Event-ID: the frontier’s agent and few others by position, the rest by the frontier', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `S${String(i + 10)}`);
    const agents = await Promise.all(ids.map(followedAgent));
    const { port } = await gatewayOf(agents);
    const events = await FollowEvents.open(port, 'tail=0');
    const asked = await Promise.all(agents.map((agent) => followOf(agent)));
    for (const one of asked) one.send(watermarkLine(t0));
    asked[3]?.send(entryLine('S13', 4, t0 + 10));
    for (const one of asked) one.send(watermarkLine(t0 + 100));
    await events.has(['S13 4']);
    const id = events.lastId;
    expect(id.length).toBeLessThan(200);
    events.answer.destroy();

    await FollowEvents.open(port, 'tail=0', { 'last-event-id': id });
    const resumed = await Promise.all(agents.map((agent) => followOf(agent, 2)));
    expect(resumed[3]?.query.get('cursor')).toContain(';i=4;');
    expect(resumed[2]?.query.get('from')).toBe(String(t0 + 11));
    expect(resumed[4]?.query.get('from')).toBe(String(t0 + 10));
  });

  test('tells where it stands as soon as it has caught up, before any entry', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const { port } = await gatewayOf(agents);
    const events = await FollowEvents.open(port, 'tail=0');
    const asked = await Promise.all(agents.map((agent) => followOf(agent)));
    asked[0]?.send(watermarkLine(t0));
    asked[1]?.send(watermarkLine(t0 + 5));
    await expect.poll(() => events.named('checkpoint').length, { timeout: 5_000 }).toBe(1);
    const [checkpoint] = events.all;
    expect(checkpoint).toMatchObject({ event: 'checkpoint', id: events.named('checkpoint')[0]?.cursor });
    await FollowEvents.open(port, '', { 'last-event-id': checkpoint?.id ?? '' });
    const resumed = await followOf(agents[0] as LineAgent, 2);
    expect(resumed.query.get('from')).toBe('0');
  });

  test('keeps the times of its first request, which the cursor carries', async () => {
    const agent = await followedAgent('S1');
    const { port } = await gatewayOf([agent]);
    const events = await FollowEvents.open(port, `since=@${t0 / 1e6}&until=@${t0 / 1e6 + 60}`);
    (await followOf(agent)).send(entryLine('S1', 1, t0 + 5), watermarkLine(t0 + 9));
    await events.has(['S1 1']);
    await FollowEvents.open(port, `since=-5m&cursor=${events.all.at(-1)?.id ?? ''}`);
    const resumed = await followOf(agent, 2);
    expect(resumed.query.get('since')).toBe('@1800000000.000000');
    expect(resumed.query.get('until')).toBe('@1800000060.000000');
  });

  test('takes in an agent that registers later, from its own start on', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const index = indexOf({ agents: [first.mesos] });
    const { port } = await gatewayOf(agents, { index });
    const events = await FollowEvents.open(port, `since=@${t0 / 1e6}`);
    const one = await followOf(first);
    one.send(watermarkLine(t0));
    index.applyEvent({ type: 'AGENT_ADDED', agent: second.mesos });
    const two = await followOf(second);
    expect(two.query.get('from')).toBe(String(t0));
    two.send(entryLine('S2', 1, t0 + 5), watermarkLine(t0 + 9));
    one.send(watermarkLine(t0 + 9));
    await events.has(['S2 1']);
    expect(events.named('lifecycle')).toMatchObject([{ agent: 'S2', state: 'joined' }]);
  });

  test('of a service takes in instances that start, with a request and a token of their own', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const id = (n: number) => `web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;
    const index = indexOf({ agents: agents.map(({ mesos }) => mesos), tasks: [task(id(1))] });
    const { port } = await gatewayOf(agents, { index });
    const events = await FollowEvents.open(port, 'service=/web&tail=0');
    (await followOf(first)).send(watermarkLine(t0));
    index.applyEvent({ type: 'TASK_ADDED', task: task(id(2), { agentId: 'S2' }) });
    (await followOf(second)).send(entryLine('S2', 1, t0 + 5));
    await events.has(['S2 1']);
    expect(events.named('lifecycle')).toMatchObject([{ agent: 'S2', task: id(2), service: '/web', state: 'started' }]);
    index.applyEvent({ type: 'TASK_ADDED', task: task(id(1).replace(/1$/, '2'), { agentId: 'S2' }) });
    await expect.poll(() => events.named('lifecycle').at(-1), { timeout: 5_000 }).toMatchObject({ state: 'moved' });
  });

  test('of a service goes on behind what was delivered of an instance that its gateway learns of later than the one before', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const id = (n: number) => `web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;
    const [one, two] = [task(id(1)), task(id(2), { agentId: 'S2' })];
    const knowing = async (...tasks: (typeof one)[]) => {
      const index = indexOf({ agents: agents.map(({ mesos }) => mesos), tasks });
      return { index, port: (await gatewayOf(agents, { index })).port };
    };
    const query = 'service=/web&tail=0';
    const after = ({ lastId }: FollowEvents) => ({ 'last-event-id': lastId });

    const before = await FollowEvents.open((await knowing(one, two)).port, query);
    (await followOf(first)).send(watermarkLine(t0 + 50));
    (await followOf(second)).send(watermarkLine(t0), entryLine('S2', 5, t0 + 5));
    await before.has(['S2 5']);

    const behind = await knowing(one);
    const without = await FollowEvents.open(behind.port, query, after(before));
    (await followOf(first, 2)).send(entryLine('S1', 1, t0 + 60), watermarkLine(t0 + 61));
    await without.has(['S1 1']);
    expect(without.named('gap')).toMatchObject([{ reason: 'agents-forgotten', possible: true }]);
    behind.index.applyEvent({ type: 'TASK_ADDED', task: two });
    expect((await followOf(second, 2)).query.get('cursor')).toContain(';i=5;');

    const stillWithout = await FollowEvents.open((await knowing(one)).port, query, after(without));
    (await followOf(first, 3)).send(entryLine('S1', 2, t0 + 70), watermarkLine(t0 + 71));
    await stillWithout.has(['S1 2']);
    expect(stillWithout.named('gap')).toEqual([]);

    await FollowEvents.open((await knowing(one, two)).port, query, after(stillWithout));
    expect((await followOf(second, 3)).query.get('cursor')).toContain(';i=5;');
  }, 30_000);

  test('of a service reads an instance from its beginning that it has seen begin, though it knows nothing of those before', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const id = (n: number) => `web.instance-${String(n).padStart(8, '0')}-0000-4000-8000-000000000000._app.1`;
    // More than a cursor lists while they are idle.
    const count = 12;
    const all = Array.from({ length: count }, (_, n) => task(id(n + 1)));
    const query = 'service=/web&tail=0';
    const before = await FollowEvents.open(
      (await gatewayOf(agents, { index: indexOf({ agents: agents.map(({ mesos }) => mesos), tasks: all }) })).port,
      query,
    );
    await followOf(first, count);
    for (const { path, send } of first.requests) if (path === follow) send(watermarkLine(t0 + 50));
    first.requests.findLast(({ path }) => path === follow)?.send(entryLine('S1', 1, t0 + 40), watermarkLine(t0 + 50));
    await before.has(['S1 1']);
    const lastEventId = before.lastId;

    // Its master has lost its state: of those before it has never heard.
    const index = indexOf({ agents: agents.map(({ mesos }) => mesos), tasks: all.slice(0, 1) });
    const after = await FollowEvents.open((await gatewayOf(agents, { index })).port, query, {
      'last-event-id': lastEventId,
    });
    await followOf(first, count + 1);
    index.applyEvent({
      type: 'TASK_ADDED',
      task: task(id(20), { agentId: 'S2', state: 'TASK_STAGING', containerId: undefined }),
    });
    index.applyEvent({ type: 'TASK_ADDED', task: task(id(20), { agentId: 'S2' }) });
    const from = Number((await followOf(second)).query.get('from'));
    expect(from).toBeLessThan(t0);
    index.applyEvent({ type: 'TASK_ADDED', task: task(id(21), { agentId: 'S2' }) });
    expect(Number((await followOf(second, 2)).query.get('from'))).toBeGreaterThanOrEqual(t0 + 40);
    await expect
      .poll(() => after.named('gap').at(-1), { timeout: 5_000 })
      .toMatchObject({ reason: 'agents-changed', agent: 'S2' });
  }, 30_000);

  test('of a service leaves tasks that ended long ago out of its cursors, but not while Mesos has been silent for long', async () => {
    const agents = await Promise.all([followedAgent('S1'), followedAgent('S2')]);
    const [first, second] = agents as [LineAgent, LineAgent];
    const id = (n: number) => `web.instance-0000000${n}-0000-4000-8000-000000000000._app.1`;
    const updatedAt = Date.now() / 1_000 - 121;
    const running = task(id(1));
    const ended = task(id(2), { agentId: 'S2', completed: true, state: 'TASK_FINISHED', updatedAt });
    let silence = 0;
    const now = (): number => Date.now() + silence;
    const index = indexOf({ agents: agents.map(({ mesos }) => mesos), tasks: [running, ended], now });
    const { port } = await gatewayOf(agents, { index });
    const events = await FollowEvents.open(port, 'service=/web&tail=0');
    const one = await followOf(first);
    const lanes = { running: `S1/${running.containerId}`, ended: `S2/${ended.containerId}` };
    const told = async (n: number) => {
      one.send(entryLine('S1', n, t0 + n), watermarkLine(t0 + n));
      await expect.poll(() => events.messages.at(-1), { timeout: 5_000 }).toBe(`S1 ${n}`);
      const cursor = decodeCursor(events.lastId);
      return { members: cursor.members, leavesOutEnded: cursor.leavesOutEnded };
    };
    await expect.poll(() => second.requests.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(await told(1)).toEqual({ members: agentSetOf([lanes.running]), leavesOutEnded: true });
    index.markStale('nobody leads');
    silence = 60_000;
    expect(await told(2)).toEqual({ members: agentSetOf([lanes.running]), leavesOutEnded: true });
    silence = 91_000;
    expect(await told(3)).toEqual({ members: agentSetOf([lanes.running, lanes.ended]), leavesOutEnded: false });
  }, 30_000);

  test('ends by itself once the time has passed that it was asked for, and all nodes have told theirs', async () => {
    const [first, second] = [await followedAgent('S1'), await followedAgent('S2')];
    const { port } = await gatewayOf([first, second]);
    const until = Date.now() * 1_000 + 200_000;
    const events = await FollowEvents.open(port, `tail=0&until=@${until / 1e6}`);
    const [one, two] = [await followOf(first), await followOf(second)];
    one.send(watermarkLine(until - 1_000));
    two.send(entryLine('S2', 1, until - 500), watermarkLine(until + 1));
    await events.has(['S2 1']);
    await expect.poll(() => Date.now() * 1_000, { timeout: 5_000 }).toBeGreaterThan(until + 400_000);
    expect(events.ended).toBe(false);
    one.send(entryLine('S1', 1, until - 400), watermarkLine(until + 1));
    await expect.poll(() => events.ended, { timeout: 5_000 }).toBe(true);
    expect([events.messages, events.named('end')]).toMatchObject([['S2 1', 'S1 1'], [{ reason: 'end' }]]);
  }, 30_000);

  test('asks a node that goes on at a time how long ago that was, and tells what it says is missing', async () => {
    const agents = await Promise.all(Array.from({ length: 10 }, (_, i) => followedAgent(`S${i + 1}`)));
    const { port } = await gatewayOf(agents);
    const before = await FollowEvents.open(port, 'tail=0');
    const asked = await Promise.all(agents.map((agent) => followOf(agent)));
    for (const one of asked) one.send(watermarkLine(t0));
    asked[0]?.send(entryLine('S1', 1, t0 + 100), watermarkLine(t0 + 200));
    for (const one of asked.slice(1)) one.send(watermarkLine(t0 + 200));
    const opened = performance.now();
    await before.has(['S1 1']);
    const lastEventId = before.lastId;
    await expect.poll(() => performance.now() - opened, { timeout: 5_000 }).toBeGreaterThan(150);
    const after = await FollowEvents.open(port, '', { 'last-event-id': lastEventId });
    const again = await Promise.all(agents.map((agent) => followOf(agent, 2)));
    expect(again[0]?.query.get('cursor')).toContain(';i=1;');
    for (const { query } of again.slice(1)) {
      expect(query.get('from')).toBe(String(t0 + (Number(query.get('from')) === t0 + 100 ? 100 : 101)));
      expect(Number(query.get('from_age'))).toBeGreaterThan(100);
      expect(Number(query.get('from_age'))).toBeLessThan(performance.now() - opened + 100);
    }
    const gap = { reason: 'clock-set-back', from: t0 - 5_000_000, to: t0 + 100, possible: true };
    again[3]?.send(`G ${t0 - 5_000_000} ${JSON.stringify(gap)}`);
    for (const one of again) one.send(watermarkLine(t0 + 300));
    await expect.poll(() => after.named('gap'), { timeout: 5_000 }).toHaveLength(1);
    expect(after.named('gap')).toMatchObject([{ ...gap, agent: 'S4' }]);
  }, 30_000);

  test('of more tasks than can be read at once is refused, and says how many there are', async () => {
    const agent = await followedAgent('S1');
    const tasks = Array.from({ length: 1_001 }, (_, i) =>
      task(`team_web.instance-00000000-0000-4000-8000-${String(i).padStart(12, '0')}._app.1`),
    );
    const { port } = await startGateway(secretPath, { index: indexOf({ agents: [agent.mesos], tasks }) });
    const headers = { authorization: `token=${await sign({ uid: 'alice' })}` };
    const answer = await open(port, `${follow}?service=/team/web`, { headers });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    let body = '';
    for await (const part of answer) body += part;
    expect(JSON.parse(body)).toMatchObject({ code: 'cluster-scope-too-wide' });
    expect(body).toContain('1001 places');
  }, 30_000);

  test('ends with an error event when the caller’s token does', async () => {
    const agent = await followedAgent('S1');
    const { port } = await gatewayOf([agent]);
    const events = await FollowEvents.open(
      port,
      'tail=0',
      {},
      { uid: 'alice', exp: Math.floor(Date.now() / 1000) + 2 },
    );
    (await followOf(agent)).send(watermarkLine(t0));
    await expect.poll(() => events.ended, { timeout: 5_000 }).toBe(true);
    expect(events.named('error')).toMatchObject([{ code: 'token-expired', status: 401 }]);
  });

  test('ends with an error event at its greatest age', async () => {
    const agent = await followedAgent('S1');
    const { port } = await gatewayOf([agent], { maxFollowAge: 1 });
    const events = await FollowEvents.open(port, 'tail=0');
    await expect.poll(() => events.ended, { timeout: 5_000 }).toBe(true);
    expect(events.named('error')).toMatchObject([{ code: 'max-age' }]);
  });

  const ofUnits = (scope: Scope, ...units: string[]): Scope => ({
    ...scope,
    read: [[{ field: '_SYSTEMD_UNIT', in: units }]],
  });
  test.for([
    ['takes away what it reads', (scope) => scope, () => undefined],
    ['withholds something from it', (scope) => scope, (scope) => ({ ...scope, withhold: [{ field: 'MESSAGE' }] })],
    ['grants less of a node', (scope) => scope, (scope) => ofUnits(scope, 'docker.service')],
    ['grants other units', (scope) => ofUnits(scope, 'a.service', 'b.service'), (scope) => ofUnits(scope, 'a.service')],
  ] as [string, (scope: Scope) => Scope, (scope: Scope) => Scope | undefined][])(
    'ends with an error event when the policy %s',
    async ([, before, after]) => {
      const agent = await followedAgent('S1');
      const everything = everyoneReadsEverything({ stream: false, trusted: [] });
      let version = 0;
      const policy: Policy = {
        description: 'changing',
        get version() {
          return version;
        },
        decide: (caller, subject) => {
          const grant = everything.decide(caller, subject);
          const scope = grant.allowed ? (version === 0 ? before : after)(grant.scope) : undefined;
          return grant.allowed && scope !== undefined ? { ...grant, scope } : { allowed: false, reason: 'no more' };
        },
      };
      const { port } = await gatewayOf([agent], { policy });
      const events = await FollowEvents.open(port, 'tail=0');
      await followOf(agent);
      version = 1;
      await expect.poll(() => events.ended, { timeout: 5_000 }).toBe(true);
      expect(events.named('error')).toMatchObject([{ code: 'forbidden', status: 403 }]);
    },
  );

  test('ends its questions when the caller goes away', async () => {
    const agent = await followedAgent('S1');
    const { port } = await gatewayOf([agent]);
    const events = await FollowEvents.open(port, 'tail=0');
    const { response } = await followOf(agent);
    events.answer.destroy();
    await expect.poll(() => response.destroyed || response.closed, { timeout: 5_000 }).toBe(true);
  });

  test('asks nothing more for a caller who goes before its agents have answered', async () => {
    const [first, second] = [await followedAgent('S1'), await startLineAgent('S2', () => undefined)];
    const { port } = await gatewayOf([first, second]);
    const headers = { authorization: `token=${await sign({ uid: 'alice' })}` };
    const sent = request({ host: '127.0.0.1', port, path: `${follow}?tail=0`, agent: false, headers });
    sent.on('error', () => undefined);
    sent.end();
    await expect.poll(() => second.requests.length, { timeout: 5_000 }).toBe(1);
    const goneAt = performance.now();
    sent.destroy();
    await expect.poll(() => second.requests[0]?.response.closed, { interval: 5, timeout: 5_000 }).toBe(true);
    // A second is how long answers are waited for.
    expect(performance.now() - goneAt).toBeLessThan(800);
    expect(first.requests.filter(({ path }) => path === follow)).toEqual([]);
  });

  test('answers in text, too, with gaps as lines after two dashes', async () => {
    const agent = await startLineAgent('S1', ({ path, send, response }) => {
      send(
        path.endsWith('/entries')
          ? endLine
          : `${watermarkLine(t0)}\n${entryLine('S1', 1, t0 + 1, 'text')}\nG - {"reason":"vacuumed"}`,
      );
      if (path.endsWith('/entries')) response.end();
    });
    const { port } = await gatewayOf([agent]);
    const answer = await open(port, `${follow}?tail=0`, {
      headers: { authorization: `token=${await sign({ uid: 'a' })}` },
    });
    onTestFinished(() => void answer.destroy());
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await expect.poll(() => text, { timeout: 5_000 }).toMatch(/^-- gap agent=S1 reason=vacuumed\n/m);
    expect(text).toContain('time host-S1 id: S1 1\n');
  });
});
