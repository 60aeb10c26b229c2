import { checkPolicy, type PolicyQuestion } from '@clusterlog/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerIdOf } from '../dev-cluster/simulated-mesos.ts';
import type { ApiDescription } from '../docs/api-description.ts';
import { type DescribedRoute, gatewayRoutes } from '../fuzz/http-descriptions.ts';
import { askGateway, failuresOf, leaksOf, logs, marksOf } from './policy-cells.ts';
import { type Marked, PolicyWorld } from './policy-world.ts';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
}, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

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

/** What a route of the API document is asked for: each of its path parameters filled with what belongs to a task. */
function targetOf({ path }: DescribedRoute, name: string): string {
  const task = world.task(name);
  const values: Readonly<Record<string, string>> = {
    agentId: task.agentId,
    taskId: task.id,
    framework: task.frameworkId,
    executor: task.id,
    container: containerIdOf(task.container),
    task: task.id,
    file: 'stdout',
    field: 'EXECUTOR_ID',
    name: 'docker.service',
    pid: 'slave(1)',
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, parameter: string) => encodeURIComponent(values[parameter] ?? ''));
  const sandbox = `/frameworks/${task.frameworkId}/executors/${task.id}/runs/latest`;
  if (path.includes('/files/browse') && !path.includes('/logs/')) return `${filled}?path=${sandbox}`;
  if (/\/files\/(read|download)/.test(path)) return `${filled}?path=${sandbox}/stdout`;
  if (path.includes('/v1/stream/')) return `${filled}?skip_prev=100`;
  if (path.includes('/v2/component')) return `${filled}?skip=-100`;
  if (path.endsWith('/v3/follow')) return `${filled}?tail=100`;
  if (path.endsWith('/v3/context')) return `${filled}?cursor=${cursor}&before=100&after=100`;
  return filled;
}

/** Whether a route has something to answer here: there are no pods, and nobody signs in. */
function answers({ path }: DescribedRoute): boolean {
  return !path.includes('/tasks/{task}') && !path.startsWith('/logs/session');
}

/** Of an entry in the middle of the cluster’s log, which only some may read. */
let cursor = '';

describe('whoever asks whatever in whatever way', () => {
  it('reads exactly what the policy says, of each endpoint with entries', async () => {
    const cells = entryEndpoints().flatMap((endpoint, index) =>
      world.askers.map((asker, other) => ({ asker, endpoint, accept: accepts[(index + other) % accepts.length] })),
    );
    const failures = await failuresOf(cells, async ({ asker, endpoint, accept }) => {
      const answer = await world.ask(endpoint.path, asker.authorization, [`Accept: ${accept}`]);
      const expected = world.entries.filter((entry) => endpoint.of(entry) && asker.reads(entry));
      const names = expected.map(({ name }) => name).sort();
      const problems = leaksOf(world, asker, answer);
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
      const { status, text } = await world.ask(`${logs}/v3/entries?${rest}`, otto, ['Accept: application/x-ndjson']);
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

  it('is shown nothing else on any route of the API document, which all answer who may read everything', async () => {
    const sue = world.askers.find(({ name }) => name === 'sue')?.authorization ?? '';
    const page = await world.ask(`${logs}/v3/entries?task=${world.task('b-api').id}`, sue, [
      'Accept: application/x-ndjson',
    ]);
    cursor = (JSON.parse(page.text.split('\n')[1] ?? '') as { cursor: string }).cursor;
    const document = JSON.parse((await world.ask('/docs/json', '')).text) as ApiDescription;
    const routes = gatewayRoutes(document);
    const cells = routes.flatMap((route) =>
      ['a-vault', 'b-api'].flatMap((name) =>
        world.askers.flatMap((asker) =>
          ['application/json', ...(/\/v2\/|\/v3\//.test(route.path) ? ['text/event-stream'] : [])].map((accept) => ({
            route,
            target: targetOf(route, name),
            asker,
            accept,
          })),
        ),
      ),
    );
    // A route without parameters is asked once and not for each task.
    const different = [
      ...new Map(cells.map((cell) => [`${cell.target} ${cell.asker.name} ${cell.accept}`, cell])).values(),
    ];
    const failures = await failuresOf(different, async ({ route, target, asker, accept }) => {
      const isPost = route.method === 'POST';
      const answer = await askGateway(world.cluster.gateway.url, {
        target,
        authorization: asker.authorization,
        headers: [`Accept: ${accept}`, ...(isPost ? ['Content-Type: application/json'] : [])],
        ...(isPost ? { body: Buffer.from('{"type":"GET_AGENTS"}') } : {}),
        longest: 150,
      });
      const problems = leaksOf(world, asker, answer);
      if (asker.name === 'sue' && answers(route) && answer.status >= 400 && answer.status !== 406)
        problems.push(`status ${answer.status}`);
      if (!asker.isCaller && !route.isOpen && answer.status !== 401)
        problems.push(`status ${answer.status} instead of 401`);
      return problems.map((problem) => `${asker.name}: ${route.method} ${target} as ${accept}: ${problem}`);
    });
    expect(failures).toEqual([]);
    expect(different.length).toBeGreaterThan(2_000);
  }, 240_000);

  it('is told by policy check what HTTP does, of each task and each node', async () => {
    const { master, nodes } = world.cluster;
    const tasks = world.entries.flatMap(({ task }) => (task === undefined ? [] : [task.id]));
    const subjects: [Pick<PolicyQuestion, 'task' | 'node'>, path: string][] = [
      ...tasks.map((task): [{ task: string }, string] => [{ task }, `${logs}/v1/range/task/${task}`]),
      ...nodes.map(({ agentId: node }): [{ node: string }, string] => [
        { node },
        `/system/v1/agent/${node}/logs/v1/range/`,
      ]),
    ];
    const callers = world.askers.filter(({ isCaller }) => isCaller);
    const cells = callers.flatMap((asker) => subjects.map(([subject, path]) => ({ asker, subject, path })));
    const failures = await failuresOf(cells, async ({ asker, subject, path }) => {
      const who = { uid: asker.name, groups: asker.groups.join(',') };
      const where = { policy: world.file, mesosMaster: [master.url], taskForm: ['stream'], taskTrustedMatch: [] };
      const said = await checkPolicy({ ...where, ...who, ...subject });
      const { status } = await world.ask(path, asker.authorization);
      const isRefused = said.startsWith(`${asker.name} may not read `);
      return isRefused === (status === 403) ? [] : [`${path}: ${status}, and policy check says: ${said}`];
    });
    expect(failures).toEqual([]);
    expect(cells).toHaveLength(48);
  }, 60_000);

  it('is shown nothing else on the other routes, and no error of the server’s', async () => {
    const cells = otherPaths().flatMap((path) => world.askers.map((asker) => ({ asker, path })));
    const failures = await failuresOf(cells, async ({ asker, path }) => {
      const answer = await world.ask(path, asker.authorization);
      return leaksOf(world, asker, answer).map((problem) => `${asker.name}: GET ${path}: ${problem}`);
    });
    expect(failures).toEqual([]);
  }, 120_000);
});
