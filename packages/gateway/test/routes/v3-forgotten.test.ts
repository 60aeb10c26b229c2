import type { Group, Scope } from '@clusterlog/shared';
import { describe, expect, test } from 'vitest';
import { everyoneReadsEverything } from '../../src/policy/everyone-reads-everything.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import { FollowEvents } from '../cluster/follow-events.ts';
import { endLine, type LineAgent, type LineRequest, positionOf, startLineAgent } from '../cluster/line-agents.ts';
import { getAs, indexOf, readGatewayToken, startGateway, task } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const v3 = '/system/v1/logs/v3';
const uuid = (n: number) => `${String(n).padStart(8, '0')}-aaaa-4000-8000-000000000000`;
const root = 'f1ee0000-bbbb-4000-8000-000000000000';
const app = `team_web.instance-${uuid(1)}._app.1`;
const pod = `instance-team_pod.instance-${uuid(2)}`;

interface Written {
  readonly MESSAGE: string;
  readonly EXECUTOR_ID?: string;
  readonly CONTAINER_ID?: string;
  readonly FRAMEWORK_ID?: string;
}

interface JournalAgent extends LineAgent {
  /** Scopes of the ranges that were read. */
  readonly scopes: Scope[];
}

interface Behaviour {
  /** Of the answers with a scope of groups: what there was time for. */
  readonly mostValues?: number;
  /** Fields of which nothing is answered. */
  readonly mute?: readonly string[];
}

function fits(entry: Written, group: Group): boolean {
  return group.every((condition) => {
    const value = (entry as unknown as Record<string, string | undefined>)[condition.field];
    if ('in' in condition) return value !== undefined && condition.in.includes(value);
    if ('notIn' in condition) return value === undefined || !condition.notIn.includes(value);
    return condition.present === (value !== undefined);
  });
}

/** A node agent with these entries in its journal, of which it shows and counts what a scope grants. */
async function journalAgent(id: string, written: readonly Written[], behaviour: Behaviour = {}): Promise<JournalAgent> {
  const scopes: Scope[] = [];
  const answer = async ({ path, query, request, response, send }: LineRequest): Promise<void> => {
    const { payload } = await readGatewayToken(request.headers, id);
    const scope = payload.scope as Scope;
    const granted = written.flatMap((entry, n) => {
      const isGranted = scope.read === 'node' || scope.read.some((group) => fits(entry, group));
      return isGranted ? [{ entry, n }] : [];
    });
    const field = /\/fields\/(EXECUTOR_ID|CONTAINER_ID)$/.exec(path)?.[1] as 'EXECUTOR_ID' | 'CONTAINER_ID' | undefined;
    if (field !== undefined) {
      if (behaviour.mute?.includes(field) === true) return;
      const counts = new Map<string, number>();
      for (const { entry } of granted) {
        const value = entry[field];
        if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const all = [...counts].map(([value, entries]) => ({ value, entries }));
      const values = scope.read === 'node' ? all : all.slice(0, behaviour.mostValues);
      const completeness = values.length === all.length ? 'exact' : 'partial';
      response.end(JSON.stringify({ completeness, distinct: values.length, values }));
      return;
    }
    scopes.push(scope);
    const cursor = query.get('cursor');
    const last = granted.findLastIndex(({ n }) => positionOf(id, n, n) === cursor);
    for (const { entry, n } of granted.slice(last + 1)) {
      const origin = `/${entry.EXECUTOR_ID ?? ''}/${entry.CONTAINER_ID ?? ''}/`;
      const line = JSON.stringify({ fields: { MESSAGE: entry.MESSAGE } });
      send(`E ${String(n).padStart(16, '0')} ${positionOf(id, n, n)} ${origin} ${line}`);
    }
    send(endLine);
    response.end();
  };
  const agent = await startLineAgent(id, (asked) => void answer(asked));
  return { ...agent, scopes };
}

async function gatewayOf(agents: readonly LineAgent[], options: Parameters<typeof startGateway>[1] = {}) {
  return startGateway(secretPath, {
    index: indexOf({ agents: agents.map(({ mesos }) => mesos) }),
    addressing: { overrides: new Map(agents.map(({ mesos, origin }) => [mesos.id, origin])) },
    ...options,
  });
}

/** What is read of everything asked for, as `message container`. */
async function read(port: number, query: string): Promise<string[]> {
  const { status, body } = await getAs('alice', port, `${v3}/entries?since=@0&${query}`, {
    accept: 'application/x-ndjson',
  });
  expect(status, body).toBe(200);
  return body
    .split('\n')
    .filter((line) => line.startsWith('{"fields"'))
    .map((line) => JSON.parse(line))
    .map(({ fields, source }) => `${fields.MESSAGE} ${source.container || '-'}`);
}

const line = (MESSAGE: string, EXECUTOR_ID: string, CONTAINER_ID: string): Written => ({
  MESSAGE,
  EXECUTOR_ID,
  CONTAINER_ID,
});

describe('of tasks that Mesos has forgotten', () => {
  const ofApp = [line('app 1', app, 'c-one'), line('app 2', app, 'c-one')];
  const ofPod = [
    line('front', pod, `${root}.11111111-cccc-4000-8000-000000000000`),
    line('back', pod, `${root}.22222222-dddd-4000-8000-000000000000`),
  ];
  const ofNode: Written = { MESSAGE: 'the node’s own' };

  test('a container is found by its id, whole or by a part that no other id has', async () => {
    const agents = await Promise.all([
      journalAgent('S1', [ofNode, ...ofApp, ...ofPod]),
      journalAgent('S2', [ofNode, line('other', 'other.1', 'c-other')]),
    ]);
    const { port } = await gatewayOf(agents);
    const back = `${root}.22222222-dddd-4000-8000-000000000000`;
    for (const text of [back, '22222222-dddd', '.22222222']) {
      expect(await read(port, `task=${text}`)).toEqual([`back ${back}`]);
    }
    expect(agents[0].scopes.at(-1)?.read).toEqual([[{ field: 'CONTAINER_ID', in: [back] }]]);
    expect(agents[1].scopes).toEqual([]);
  });

  test('the containers of a root container are found by its id', async () => {
    const { port } = await gatewayOf([await journalAgent('S1', [ofNode, ...ofApp, ...ofPod])]);
    const found = await read(port, `task=${root}`);
    expect(found.map((text) => text.split(' ')[0]).toSorted()).toEqual(['back', 'front']);
  });

  test('a part of several ids is refused with those', async () => {
    const { port } = await gatewayOf([await journalAgent('S1', [...ofApp, ...ofPod])]);
    const { status, body } = await getAs('alice', port, `${v3}/entries?task=-4000-8000`);
    expect([status, JSON.parse(body).code]).toEqual([409, 'ambiguous-task']);
    expect(body).toContain(`${root}.22222222-dddd-4000-8000-000000000000`);
    expect(body).toContain(app);
  });

  test('the containers of one executor are read apart, each within that executor', async () => {
    const [first, second] = ofPod as [Written, Written];
    const agent = await journalAgent('S1', [
      ofNode,
      ...ofPod,
      ...ofApp,
      line('claims it', 'another', second.CONTAINER_ID ?? ''),
    ]);
    const { port } = await gatewayOf([agent]);
    for (const query of ['service=/team/pod', `task=${pod}`]) {
      agent.scopes.length = 0;
      expect(await read(port, query)).toEqual([`front ${first.CONTAINER_ID}`, `back ${second.CONTAINER_ID}`]);
      expect(agent.scopes.map(({ read }) => read)).toEqual(
        expect.arrayContaining(
          [first, second].map(({ CONTAINER_ID }) => [
            [
              { field: 'EXECUTOR_ID', in: [pod] },
              { field: 'CONTAINER_ID', in: [CONTAINER_ID] },
            ],
          ]),
        ),
      );
      expect(agent.scopes).toHaveLength(2);
    }
  });

  test('what names no container, or one that there was no time to find, is read as well, and once', async () => {
    const written = [...ofPod, line('of the root', pod, root), { MESSAGE: 'of none', EXECUTOR_ID: pod }];
    const agent = await journalAgent('S1', written, { mostValues: 1 });
    const { port } = await gatewayOf([agent]);
    const found = await read(port, `task=${pod}`);
    expect(found.toSorted()).toEqual([
      `back ${ofPod[1]?.CONTAINER_ID}`,
      `front ${ofPod[0]?.CONTAINER_ID}`,
      'of none -',
      `of the root ${root}`,
    ]);
    expect(agent.scopes).toHaveLength(2);
  });

  test('all is read by its executor where a node does not tell its containers in time', async () => {
    const agent = await journalAgent('S1', [...ofPod, ...ofApp], { mute: ['CONTAINER_ID'] });
    const { port } = await gatewayOf([agent]);
    const begun = performance.now();
    expect((await read(port, `task=${pod}`)).map((text) => text.split(' ')[0])).toEqual(['front', 'back']);
    expect(agent.scopes.map(({ read }) => read)).toEqual([[[{ field: 'EXECUTOR_ID', in: [pod] }]]]);
    expect(performance.now() - begun).toBeLessThan(15_000);
  }, 30_000);

  test('a follow that another gateway began while they were known goes on behind what was read of them', async () => {
    // More than a cursor lists while they are idle.
    const ids = Array.from({ length: 12 }, (_, n) => `team_web.instance-${uuid(n)}._app.1`);
    const written = ids.map((id, n) => ({ ...line(`m ${n}`, id, `c-${n}`), FRAMEWORK_ID: 'F1' }));
    const agent = await journalAgent('S1', written);
    const updatedAt = Date.now() / 1_000 - 1_000;
    const tasks = ids.map((id, n) =>
      n === 0
        ? task(id, { containerId: 'c-0' })
        : task(id, { containerId: `c-${n}`, completed: true, state: 'TASK_FINISHED', updatedAt }),
    );
    const knowing = await gatewayOf([agent], { index: indexOf({ agents: [agent.mesos], tasks }) });
    const query = 'service=/team/web&since=@0';
    const before = await FollowEvents.open(knowing.port, query);
    await before.has(written.map(({ MESSAGE }) => MESSAGE));

    agent.requests.length = 0;
    const forgetful = await gatewayOf([agent]);
    const after = await FollowEvents.open(forgetful.port, query, { 'last-event-id': before.lastId });
    const reads = () => agent.requests.filter(({ path }) => /\/(entries|follow)$/.test(path));
    await expect.poll(() => reads().length, { timeout: 5_000 }).toBe(ids.length);
    const times = reads().flatMap(({ query }) => (query.has('cursor') ? [] : [Number(query.get('from'))]));
    // None before what was delivered last.
    expect(Math.min(...times)).toBe(ids.length - 1);
    await expect.poll(() => after.named('gap')).toMatchObject([{ reason: 'agents-changed', possible: true }]);
  });

  test('Docker’s own container ids name no task', async () => {
    const agent = await journalAgent('S1', [{ MESSAGE: 'docker', CONTAINER_ID: '0123456789ab' }]);
    const { port } = await gatewayOf([agent]);
    expect((await getAs('alice', port, `${v3}/entries?task=0123456789ab`)).status).toBe(404);
  });

  test('a node that withholds containers from the caller is read by executors alone', async () => {
    const withhold = [{ field: 'CONTAINER_ID', pattern: 'c-.*' }];
    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    const policy: Policy = {
      ...everything,
      decide: (caller, subject) => {
        const grant = everything.decide(caller, subject);
        return grant.allowed ? { ...grant, scope: { ...grant.scope, withhold } } : grant;
      },
    };
    const agent = await journalAgent('S1', ofApp);
    const { port } = await gatewayOf([agent], { policy });
    expect(await read(port, `task=${app}`)).toHaveLength(2);
    expect(agent.scopes).toMatchObject([{ read: [[{ field: 'EXECUTOR_ID', in: [app] }]], withhold }]);
    expect((await getAs('alice', port, `${v3}/entries?task=c-one`)).status).toBe(404);
    expect(agent.requests.filter(({ path }) => path.endsWith('CONTAINER_ID'))).toEqual([]);
  });

  test('nodes of which the caller reads but a part are not asked for containers', async () => {
    const everything = everyoneReadsEverything({ stream: false, trusted: [] });
    const part: Scope = { v: 1, read: [[{ field: 'CONTAINER_ID', in: ['c-one'] }]], files: [], withhold: [] };
    const policy: Policy = { ...everything, decide: () => ({ allowed: true, scope: part, reason: 'a part' }) };
    const agent = await journalAgent('S1', ofApp);
    const { port } = await gatewayOf([agent], { policy });
    expect((await getAs('alice', port, `${v3}/entries?task=c-one`)).status).toBe(404);
    expect(agent.requests).toEqual([]);
  });

  test('more containers than can be read at once are read by executors', async () => {
    const many = Array.from({ length: 1_001 }, (_, n) => line(`m ${n}`, pod, `${root}.${uuid(n)}`));
    const agent = await journalAgent('S1', many);
    const { port } = await gatewayOf([agent]);
    expect(await read(port, `limit=2000&task=${pod}`)).toHaveLength(1_001);
    expect(agent.scopes.map(({ read }) => read)).toEqual([[[{ field: 'EXECUTOR_ID', in: [pod] }]]]);
  });

  test('more executors of one node than a token can name are asked for in parts, and read once', async () => {
    const ids = Array.from({ length: 600 }, (_, n) => `team_web.instance-${uuid(n)}._app.1`);
    const agent = await journalAgent(
      'S1',
      ids.map((id, n) => line(`m ${n}`, id, 'c-shared')),
    );
    const { port } = await gatewayOf([agent]);
    const found = await read(port, 'limit=2000&service=/team/web');
    expect(new Set(found).size).toBe(600);
    expect(found).toHaveLength(600);
    for (const scope of agent.scopes) expect(JSON.stringify(scope).length).toBeLessThan(32 * 1024);
  });
});
