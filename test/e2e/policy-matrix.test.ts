import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawExchange } from '../conformance/raw-exchange.ts';
import { containerIdOf } from '../dev-cluster/simulated-mesos.ts';
import { Follower } from './follower.ts';
import { type Asker, type Marked, PolicyWorld, replace } from './policy-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'clusterlog-policy-'));
const logs = '/system/v1/logs';
let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start(folder);
}, 60_000);
afterAll(async () => {
  await world?.cluster.stop();
  rmSync(folder, { recursive: true });
});

/** A way to ask, and of what; `of` says which entries it could show to who may read everything. */
interface Endpoint {
  readonly path: string;
  readonly of: (entry: Marked) => boolean;
  /** What who may read nothing of it is answered: 403, or an empty answer where the whole cluster is asked. */
  readonly otherwise: 'refused' | 'empty';
  /** Shows no messages. */
  readonly isSilent?: boolean;
}

/** Endpoints that answer with entries: what each may show can be said exactly. */
function entryEndpoints(): Endpoint[] {
  const tasks = world.entries.filter(({ kind }) => kind === 'task');
  const ofTasks = tasks.flatMap(({ name, node, task }): Endpoint[] => {
    if (task === undefined) return [];
    const of = (entry: Marked): boolean => entry.name === name;
    const container = `framework/${task.frameworkId}/executor/${task.id}/container/${containerIdOf(task.container)}`;
    const agent = `/system/v1/agent/${world.cluster.nodes[node]?.agentId}/logs`;
    return [
      { path: `${logs}/v1/range/task/${task.id}`, of, otherwise: 'refused' },
      { path: `${logs}/v1/range/task/${task.id}/download`, of, otherwise: 'refused' },
      { path: `${logs}/v3/entries?task=${task.id}`, of, otherwise: 'refused' },
      { path: `${agent}/v1/range/${container}`, of, otherwise: 'empty' },
    ];
  });
  const ofNodes = world.cluster.nodes.flatMap(({ agentId }, node): Endpoint[] => {
    const agent = `/system/v1/agent/${agentId}/logs`;
    const of = (entry: Marked): boolean => entry.node === node;
    const ofUnit = (unit: string) => (entry: Marked) => entry.node === node && entry.name.startsWith(unit);
    return [
      { path: `${agent}/v1/range/`, of, otherwise: 'refused' },
      { path: `${agent}/v2/component`, of, otherwise: 'refused' },
      { path: `${agent}/v2/component/docker.service`, of: ofUnit('docker'), otherwise: 'refused' },
      { path: `${agent}/v2/component/sshd.service`, of: ofUnit('sshd'), otherwise: 'refused' },
      { path: `${logs}/v3/entries?agent=${agentId}`, of, otherwise: 'refused' },
    ];
  });
  const service = (path: string) => (entry: Marked) => entry.name.startsWith(path);
  return [
    ...ofTasks,
    ...ofNodes,
    { path: `${logs}/v1/range/`, of: ({ node }) => node === 0, otherwise: 'refused' },
    { path: `${logs}/v3/entries`, of: () => true, otherwise: 'empty' },
    { path: `${logs}/v3/entries?limit=all`, of: () => true, otherwise: 'empty' },
    { path: `${logs}/v3/entries?service=/team-a/web`, of: service('a-web'), otherwise: 'empty' },
    { path: `${logs}/v3/entries?component=docker`, of: service('docker'), otherwise: 'empty' },
    { path: `${logs}/v3/entries?grep=mark-`, of: () => true, otherwise: 'empty' },
    { path: `${logs}/v3/fields/MESSAGE`, of: () => true, otherwise: 'empty' },
  ];
}

/** Endpoints of which it is enough that they show nothing they must not. */
function otherPaths(): string[] {
  const [first] = world.cluster.nodes;
  const task = world.task('b-api');
  const sandbox = `/var/lib/mesos/slave/slaves/${task.agentId}/frameworks/${task.frameworkId}/executors/${task.id}/runs/latest`;
  return [
    ...['EXECUTOR_ID', 'FRAMEWORK_ID'].map((field) => `/system/v1/agent/${first?.agentId}/logs/v1/fields/${field}`),
    ...[
      'tasks',
      'agents',
      'components',
      'boots',
      'histogram',
      'fields/EXECUTOR_ID',
      'fields/SECRET',
      'fields/_COMM',
    ].map((rest) => `${logs}/v3/${rest}`),
    ...['', '/file/stdout', '/browse', '/download'].map((rest) => `${logs}/v2/task/${task.id}${rest}`),
    `${logs}/v3/entries?task=team-`,
    `${logs}/v3/entries?filter=SECRET:pw-b-api-end`,
    `${logs}/v3/entries?grep=password%3Dpw-b-api-end`,
    `${logs}/v3/entries?grep=SECRET~pw`,
    `${logs}/v1/range/task/team-b`,
    '/mesos/master/state',
    '/mesos/master/state-summary',
    `/agent/${first?.agentId}/files/read?path=${encodeURIComponent(`${sandbox}/stdout`)}`,
    `/agent/${first?.agentId}/files/browse?path=${encodeURIComponent(sandbox)}`,
    `/agent/${first?.agentId}/slave(1)/state`,
    '/',
    '/health/ready',
    '/.well-known/jwks.json',
  ];
}

const accepts = ['application/json', 'text/plain', 'application/x-ndjson', 'application/vnd.fdo.journal', '*/*'];

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(target: string, authorization: string, headers: readonly string[] = []): Promise<Answer> {
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: cluster.example',
    ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
    'Connection: close',
    ...headers,
  ];
  const { status, body } = await RawExchange.ask({ origin: world.cluster.gateway.url, lines });
  // Downloads are files of gzip.
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  return { status, text: (isGzip ? gunzipSync(body) : body).toString() };
}

/** The entries that an answer shows, by name. */
function marksOf(text: string): string[] {
  return [...new Set([...text.matchAll(/mark-([a-z0-9-]+)-end/g)].map(([, name = '']) => name))].sort();
}

/** What is wrong with an answer, whatever was asked. */
function leaksOf(asker: Asker, { status, text }: Answer): string[] {
  const problems: string[] = [];
  if (status >= 500) problems.push(`status ${status}`);
  if (!asker.seesSecrets && text.includes('pw-') && status < 300) problems.push('a password');
  for (const entry of world.entries) {
    if (asker.reads(entry)) continue;
    if (text.includes(`mark-${entry.name}-end`)) problems.push(`an entry of ${entry.name}`);
    // What was refused may repeat the name that was asked for.
    if (entry.task !== undefined && status < 300 && text.includes(entry.task.id))
      problems.push(`the id of ${entry.name}`);
  }
  return problems;
}

/** Goes through cells, some at a time; returns what was wrong, each with its cell. */
async function failuresOf<Cell>(cells: readonly Cell[], check: (cell: Cell) => Promise<string[]>): Promise<string[]> {
  const failures: string[] = [];
  const rest = cells[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const cell of rest) failures.push(...(await check(cell)));
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return failures;
}

describe('whoever asks whatever in whatever way', () => {
  it('reads exactly what the policy says, of each endpoint with entries', async () => {
    const cells = entryEndpoints().flatMap((endpoint, index) =>
      world.askers.map((asker, other) => ({ asker, endpoint, accept: accepts[(index + other) % accepts.length] })),
    );
    const failures = await failuresOf(cells, async ({ asker, endpoint, accept }) => {
      const answer = await ask(endpoint.path, asker.authorization, [`Accept: ${accept}`]);
      const expected = world.entries.filter((entry) => endpoint.of(entry) && asker.reads(entry));
      const names = expected.map(({ name }) => name).sort();
      const problems = leaksOf(asker, answer);
      if (marksOf(answer.text).join() !== names.join())
        problems.push(`shows ${marksOf(answer.text)} instead of ${names}`);
      const { status } = answer;
      if (!asker.isCaller && status !== 401) problems.push(`status ${status} instead of 401`);
      if (names.length > 0 && status !== 200) problems.push(`status ${status} instead of 200`);
      if (asker.isCaller && names.length === 0 && ![200, 204, 403, 404].includes(status))
        problems.push(`status ${status}`);
      return problems.map((problem) => `${asker.name}: GET ${endpoint.path} as ${accept}: ${problem}`);
    });
    expect(failures).toEqual([]);
    expect(cells.length).toBeGreaterThan(300);
  }, 120_000);

  it('goes on after any entry of the cluster’s log, though cursors have no hash', async () => {
    interface Shown {
      readonly cursor: string;
      readonly fields: { readonly MESSAGE: string; readonly EXECUTOR_ID?: string };
    }
    const otto = world.askers.find(({ name }) => name === 'otto')?.authorization ?? '';
    const page = async (rest: string): Promise<string[]> => {
      const { status, text } = await ask(`${logs}/v3/entries?${rest}`, otto, ['Accept: application/x-ndjson']);
      expect(status).toBe(200);
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('{"event"'));
    };
    const whole = (await page('since=@0&limit=all')).map((line) => JSON.parse(line) as Shown);
    expect(whole.length).toBeGreaterThan(20);
    for (const [index, { cursor }] of whole.entries()) {
      const after = (await page(`limit=3&cursor=${encodeURIComponent(cursor)}`)).map(
        (line) => JSON.parse(line) as Shown,
      );
      expect(after.map(({ fields }) => fields)).toEqual(whole.slice(index + 1, index + 4).map(({ fields }) => fields));
    }
  }, 60_000);

  it('is shown nothing else on the other routes, and no error of the server’s', async () => {
    const cells = otherPaths().flatMap((path) => world.askers.map((asker) => ({ asker, path })));
    const failures = await failuresOf(cells, async ({ asker, path }) => {
      const answer = await ask(path, asker.authorization);
      return leaksOf(asker, answer).map((problem) => `${asker.name}: GET ${path}: ${problem}`);
    });
    expect(failures).toEqual([]);
  }, 120_000);

  it('gets no further by tricks with paths, parameters and headers', async () => {
    const mine = world.task('a-web');
    const other = world.task('b-api');
    const vault = world.task('a-vault');
    const [node, second] = world.cluster.nodes;
    const { url } = world.cluster.gateway;
    const agent = `/system/v1/agent/${node?.agentId}/logs`;
    const range = `${logs}/v1/range/task/`;
    const filters = (task: typeof other): string =>
      [`EXECUTOR_ID:${task.id}`, `FRAMEWORK_ID:${task.frameworkId}`, `CONTAINER_ID:${containerIdOf(task.container)}`]
        .map((filter) => `filter=${encodeURIComponent(filter)}`)
        .join('&');
    const targets = [
      `${range}${mine.id}/../${other.id}`,
      `${range}${mine.id}/%2e%2e/${other.id}`,
      `${range}${mine.id}%2f..%2f${other.id}`,
      `${range}${mine.id}%252f..%252f${other.id}`,
      `${range}${mine.id}\\..\\${other.id}`,
      `${range}${mine.id};${other.id}`,
      `${range}${mine.id}%00${other.id}`,
      `${range}${mine.id}%0d%0aX:${other.id}`,
      `${range}./${other.id}`,
      `${range}/${other.id}`,
      `/${range}${other.id}`,
      `${range}${other.id}/`,
      `${range}${other.id}#${mine.id}`,
      `${range}${other.id}?task=${mine.id}`,
      `${range}${other.id.replace('b', '%62')}`,
      `${range}${other.id.toUpperCase()}`,
      `${url}${range}${other.id}`,
      `http://other.example${range}${other.id}`,
      `//other.example${range}${other.id}`,
      `${range.toUpperCase()}${other.id}`,
      `${range}${mine.id}?${filters(other)}`,
      `${range}${mine.id}?${filters(vault)}`,
      `${range}${mine.id}?framework=x&executor=${other.id}`,
      `${logs}/v1/range/task/${mine.id}/framework/${other.frameworkId}/executor/${other.id}/container/${containerIdOf(other.container)}`,
      `${agent}/v1/range/?${filters(other)}`,
      `${agent}/v1/range/?${filters(vault)}&limit=1&limit=100`,
      `${agent}/v1/range/framework/${vault.frameworkId}/executor/${vault.id}/container/${containerIdOf(vault.container)}`,
      `${agent}/../${second?.agentId}/logs/v1/range/`,
      `${agent}%2f..%2f${second?.agentId}/logs/v1/range/`,
      `${agent}/v2/component/docker.service%00sshd.service`,
      `${agent}/v2/component/docker.service?${filters(other)}`,
      `${agent}/v2/component/*`,
      `${agent}/v3/entries`,
      `${agent}/entries`,
      `${agent}/metrics`,
      `/v1/range/`,
      `/v3/entries`,
      `/entries`,
      `/metrics`,
      `${logs}/v3/entries?task=${mine.id}&task=${other.id}`,
      `${logs}/v3/entries?task=${mine.id}&task=${vault.id}`,
      `${logs}/v3/entries?task=team-`,
      `${logs}/v3/entries?task=${mine.id}&${filters(other)}`,
      `${logs}/v3/entries?task=${mine.id}&filter=!EXECUTOR_ID:${mine.id}`,
      `${logs}/v3/entries?service=/team-a/web&service=/team-b/api`,
      `${logs}/v3/entries?service=/**`,
      `${logs}/v3/entries?service=/team-a/../team-b/api`,
      `${logs}/v3/entries?label=CONFIDENTIAL:yes`,
      `${logs}/v3/entries?agent=${node?.agentId}&agent=${second?.agentId}`,
      `${logs}/v3/entries?container=${containerIdOf(other.container)}`,
      `${logs}/v3/entries?grep=(`,
      `${logs}/v3/entries?format=lines&watermarks=50`,
      `${logs}/v3/entries?payload=ndjson&from=1`,
      `${logs}/v3/entries?cursor=AAAA`,
      `${logs}/v3/entries?limit=-1`,
      `${logs}/v3/context?cursor=AAAA`,
      `${logs}/v3/fields/EXECUTOR_ID?task=${other.id}`,
      `${logs}/v3/histogram?task=${vault.id}`,
      `${logs}/v3/tasks?task=team`,
      `${logs}/v1/fields/MESSAGE`,
      `${logs}/v2/task/${other.id}/file/..%2f..%2fstdout`,
      `${logs}/v2/task/${mine.id}/file/stdout?cursor=-1`,
      `${agent}/v2/task/frameworks/${mine.frameworkId}/executors/${mine.id}/runs/${containerIdOf(other.container)}/stdout`,
      `${agent}/v2/task/frameworks/${mine.frameworkId}/executors/${mine.id}/runs/../../stdout`,
      `/agent/${node?.agentId}/files/read?path=/etc/passwd&path=/var/log`,
      `*`,
    ];
    const sue = world.askers.find(({ name }) => name === 'sue')?.authorization ?? '';
    const headers: readonly (readonly string[])[] = [
      [],
      ['X-Original-URL: /system/v1/logs/v3/entries', 'X-Rewrite-URL: /system/v1/logs/v3/entries'],
      ['X-HTTP-Method-Override: POST', 'X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1'],
      ['X-Forwarded-User: sue', 'X-Remote-User: sue', 'X-Clusterlog-Scope: node', 'Last-Event-ID: x'],
      // Another's token where none counts: from another site, and beside one that counts.
      [`Cookie: dcos-acs-auth-cookie=${sue.slice('token='.length)}`, 'Sec-Fetch-Site: cross-site'],
      ['Content-Length: 0', 'Transfer-Encoding: chunked'],
      ['Range: entries=:-10:100', 'Accept: application/vnd.clusterlog.lines'],
    ];
    const cells = targets.flatMap((target, index) =>
      world.askers.flatMap((asker, one) =>
        [headers[0] ?? [], headers[1 + ((index + one) % (headers.length - 1))] ?? []].map((more) => ({
          asker,
          target,
          more,
        })),
      ),
    );
    const failures = await failuresOf(cells, async ({ asker, target, more }) => {
      const answer = await ask(target, asker.authorization, more);
      const problems = leaksOf(asker, answer);
      return problems.map((problem) => `${asker.name}: GET ${target} with ${more.join(', ')}: ${problem}`);
    });
    expect(failures).toEqual([]);
    expect(cells.length).toBeGreaterThan(1000);
  }, 180_000);

  it('counts for one caller alone: two tokens in one request are those of nobody', async () => {
    const [, sue, alice] = world.askers;
    for (const [one, other] of [
      [sue, alice],
      [alice, sue],
    ]) {
      const path = `${logs}/v1/range/task/${world.task('a-vault').id}`;
      const answer = await ask(path, one?.authorization ?? '', [`Authorization: ${other?.authorization}`]);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(marksOf(answer.text)).toEqual([]);
    }
  });
});

describe('a follow', () => {
  const ended = async (follower: Follower): Promise<void> => {
    await follower.until(({ end }) => end !== undefined);
  };
  const say = (message: string): void => {
    world.cluster.nodes[0]?.journal.task(world.task('a-web'), message);
  };

  it.each([
    ['of a task', (): string => `${logs}/v1/stream/task/${world.task('a-web').id}`],
    ['of a node', (): string => `/system/v1/agent/${world.cluster.nodes[0]?.agentId}/logs/v1/stream/`],
    ['of the cluster', (): string => `${logs}/v3/follow?tail=0`],
  ])(
    '%s is cut when its token ends, and cannot be resumed with it',
    async (what, path) => {
      const token = await world.token('alice', ['team-a'], 4);
      const url = `${world.cluster.gateway.url}${path()}`;
      const follower = await Follower.open({ url, token });
      say(`${what} while it lasts`);
      await follower.until(({ messages }) => messages.includes(`${what} while it lasts`));
      await ended(follower);
      say(`${what} afterwards`);
      expect(follower.messages).not.toContain(`${what} afterwards`);
      const again = await ask(path(), `token=${token}`, ['Accept: text/event-stream']);
      expect(again.status).toBe(401);
    },
    30_000,
  );

  it('is cut when the policy takes away what it reads, and only then', async () => {
    const file = join(folder, 'policy.yaml');
    const before = readFileSync(file, 'utf8');
    const open = async (name: string, rest: string): Promise<Follower> => {
      const asker = world.askers.find((one) => one.name === name);
      const url = `${world.cluster.gateway.url}${rest}`;
      return Follower.open({ url, token: asker?.authorization.slice('token='.length) ?? '' });
    };
    const task = `${logs}/v1/stream/task/${world.task('a-web').id}`;
    const taken = [await open('alice', task), await open('alice', `${logs}/v3/follow?tail=0`)];
    const kept = await open('sue', task);
    try {
      replace(file, before.replace('groups: [team-a]', 'groups: [team-z]'));
      await Promise.all(taken.map(ended));
      say('after the change');
      await kept.until(({ messages }) => messages.includes('after the change'));
      expect(kept.end).toBeUndefined();
      for (const follower of taken) expect(follower.messages).not.toContain('after the change');
      const alice = world.askers.find(({ name }) => name === 'alice')?.authorization ?? '';
      expect((await ask(task, alice)).status).toBe(403);
    } finally {
      replace(file, before);
      for (const follower of [...taken, kept]) follower.close();
    }
  }, 30_000);
});
