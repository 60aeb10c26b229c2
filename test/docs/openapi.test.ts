import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, differenceFrom, type Operation } from './api-description.ts';
import { DescribedCluster, requestsPerMinute } from './described-cluster.ts';

const patience = 120_000;
/** More than a body may have. */
const tooMuch = JSON.stringify('x'.repeat(70_000));

/** What takes a fault of ours, a node that says nothing for minutes, or a gateway or node that has just been started. */
function isBeyondTests(path: string, status: string): boolean {
  if (status === '500' || status === '504') return true;
  if (status === '503') return !path.includes('{agentId}') || path.includes('{taskId}');
  // Its cursor was given for the same scope, which has been forgotten since.
  if (path.endsWith('/context')) return status === '404' || status === '409';
  // On the node where every field has a value.
  return status === '204' && path.includes('/fields/');
}

describe('the API document at /docs/json', () => {
  let world: DescribedCluster;
  let operations: [path: string, operation: Operation][];
  /** Statuses that were seen. */
  const seen = new Map<Operation, Set<string>>();
  /** What POSTs are sent where it is not the same as with the others. */
  const calls: Record<string, string> = {};
  beforeAll(async () => {
    world = await DescribedCluster.start();
    operations = Object.entries(world.document.paths).flatMap(([path, { get, post }]) => {
      const those = [get, post].filter((operation) => operation !== undefined);
      if (those.length === 0) throw new Error(`${path} has neither a GET nor a POST`);
      return those.map((operation): [string, Operation] => [path, operation]);
    });
    calls['/logs/session'] = JSON.stringify({ token: await world.tokenOf('reader'), keep: true });
  }, patience);
  afterAll(() => world?.[Symbol.asyncDispose]());

  interface Request {
    readonly values?: Readonly<Record<string, string>>;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly until?: 'end' | 'entry' | 'headers';
    /** Of a POST. Default: one that is answered with success. */
    readonly body?: string;
  }

  /** Asks one of the routes; what it answers and is not described fails the test. */
  async function ask(path: string, operation: Operation, { values, query, headers: given = {}, until, body }: Request) {
    const all = { ...world.valuesFor(path), ...values };
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(all[name] ?? ''));
    const isPost = operation === world.document.paths[path]?.post;
    // As a page of the gateway sends it.
    const page = { 'content-type': 'application/json', origin: world.cluster.gateway.url };
    const headers = isPost ? { ...page, ...given } : given;
    const call = isPost ? (body ?? calls[path] ?? '{"type":"GET_AGENTS"}') : undefined;
    const answer = await world.ask(`${url}?${query ?? usualQuery(path)}`, headers, until, call);
    const about = `${isPost ? 'POST' : 'GET'} ${url}?${query ?? ''} ${JSON.stringify({ ...headers, authorization: undefined })}`;
    expect(differenceFrom(operation, answer), `${about}\n${answer.body.toString().slice(0, 500)}`).toBeUndefined();
    seen.set(operation, (seen.get(operation) ?? new Set()).add(String(answer.status)));
    return answer;
  }

  /** Where a route wants a parameter, or a follow would wait for its first entry. */
  function usualQuery(path: string): string {
    if (path.includes('/files/browse') && !path.includes('/logs/')) return `path=${world.sandbox}`;
    if (/\/files\/(read|download)/.test(path)) return `path=${world.sandbox}/stdout`;
    if (path.endsWith('/context')) return `cursor=${cursor}`;
    if (path.includes('/v1/stream/')) return 'skip_prev=1';
    if (path.includes('/v2/component')) return 'skip=-1';
    return '';
  }

  let cursor = '';
  async function findCursor(): Promise<void> {
    const headers = { ...(await as('finder')), accept: 'application/x-ndjson' };
    const { body } = await world.ask('/system/v1/logs/v3/entries?limit=1', headers);
    cursor = (JSON.parse(body.toString()) as { cursor: string }).cursor;
  }

  async function as(uid: string): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await world.tokenOf(uid)}` };
  }

  const isEndless = (path: string, accept: string) =>
    /\/stream\/|\/follow$/.test(path) ||
    (accept === 'text/event-stream' && (path.includes('/v2/component') || /\/runs\/.*\{file\}$/.test(path)));

  const isOpen = ({ security }: Operation) => security?.length === 0;

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      Object.fromEntries(Object.entries(structuredClone(world.document))),
    );
    expect(errors).toBeUndefined();
    expect([valid, world.document.openapi]).toEqual([true, '3.1.0']);
  });

  it('describes every parameter of the paths, and those of the queries of API v1 and v2', () => {
    for (const [path, { parameters = [] }] of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        parameters
          .filter((one) => one.in === 'path')
          .map(({ name }) => name)
          .sort(),
        path,
      ).toEqual(names.sort());
    }
    const namesOf = (path: string) =>
      world.document.paths[path]?.get?.parameters?.filter((one) => one.in === 'query').map(({ name }) => name);
    const range = ['filter', 'cursor', 'limit', 'skip_next', 'skip_prev', 'read_reverse'];
    expect(namesOf('/system/v1/logs/v1/range/task/{taskId}')).toEqual(range);
    expect(namesOf('/system/v1/agent/{agentId}/logs/v1/range/download')).toEqual([...range, 'postfix']);
    expect(namesOf('/system/v1/leader/mesos/logs/v2/component')).toEqual(['filter', 'cursor', 'skip', 'limit']);
  });

  it('gives each number in a query a least and a greatest value', () => {
    const numbers = operations.flatMap(([path, { parameters = [] }]) =>
      parameters.flatMap(({ name, schema = {} }) =>
        'type' in schema && (schema.type === 'integer' || schema.type === 'number') ? [{ path, name, schema }] : [],
      ),
    );
    expect(numbers.length).toBeGreaterThan(5);
    for (const { path, name, schema } of numbers) {
      expect(schema, `${name} of ${path}`).toMatchObject({ minimum: expect.any(Number), maximum: expect.any(Number) });
    }
  });

  it(
    'describes what each route answers, in each of its media types',
    async () => {
      await findCursor();
      const headers = await as('reader');
      for (const [path, operation] of operations) {
        const good = Object.keys(operation.responses).find((status) => status < '400' && status !== '204') ?? '204';
        const types = Object.keys(operation.responses[good]?.content ?? { '*/*': {} });
        for (const accept of types) {
          const until = isEndless(path, accept) ? 'entry' : 'end';
          const answer: Answer = await ask(path, operation, { headers: { ...headers, accept }, until });
          expect([answer.status, answer.type || '*/*'], path).toEqual([Number(good), accept]);
        }
      }
    },
    patience,
  );

  it(
    'describes what is answered where there is nothing',
    async () => {
      const headers = await as('searcher');
      const nothing: Record<string, Request> = {
        '/v1/fields/': { values: { agentId: world.quietNode.agentId } },
        '/runs/': { values: { file: 'none' }, query: 'cursor=END' },
        '/v': { query: 'filter=MESSAGE:none-such' },
      };
      for (const [path, operation] of operations) {
        if (operation.responses[204] === undefined) continue;
        const [, request = {}] = Object.entries(nothing).find(([part]) => path.includes(part)) ?? [];
        const { status } = await ask(path, operation, { ...request, headers });
        const isOwnField = path.includes('/fields/') && !path.includes('{agentId}');
        expect(status, path).toBe(isOwnField ? 200 : 204);
      }
    },
    patience,
  );

  it(
    'describes what callers are told without a token, without a right, and when they ask too often',
    async () => {
      const hasty = await as('hasty');
      for (let sent = 0; sent < requestsPerMinute; sent += 50) {
        await Promise.all(Array.from({ length: 50 }, () => world.ask('/system/v1/logs', hasty)));
      }
      for (const [path, operation] of operations.filter(([, one]) => !isOpen(one))) {
        for (const accept of ['*/*', 'application/json']) {
          expect((await ask(path, operation, { headers: { accept } })).status, path).toBe(401);
          expect((await ask(path, operation, { headers: { accept, ...hasty } })).status, path).toBe(429);
          const asStranger = { headers: { accept, ...(await as('stranger')) } };
          await ask(path, operation, asStranger);
          if (path.endsWith('/logs/v3/tasks')) await ask(path, operation, { ...asStranger, query: 'task=app.1' });
        }
      }
    },
    patience,
  );

  it(
    'describes what is answered to malformed, unknown, ambiguous and overlong questions',
    async () => {
      const queries = ['filter=x', 'cursor=x', 'limit=x', 'nonsense=1', 'service=/none', 'task=app'];
      for (const [path, operation] of operations.filter(([, one]) => !isOpen(one))) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
        const headers = await as(`fumbler at ${path}`);
        const until = isEndless(path, '*/*') ? 'headers' : 'end';
        for (const accept of ['*/*', 'application/json']) {
          for (const name of inPath) {
            for (const value of ['nobody', 'app', 'a/b', 'x'.repeat(1_100)]) {
              await ask(path, operation, { values: { [name]: value }, headers: { ...headers, accept }, until });
            }
          }
        }
        if (/\/logs\/v\d\//.test(path)) {
          // Some routes have such a parameter, or take any.
          for (const query of queries) await ask(path, operation, { query, headers, until });
        }
        if (path.includes('/logs/v3/')) await ask(path, operation, { headers: { ...headers, accept: 'image/png' } });
        if (path.endsWith('/v3/tasks')) await ask(path, operation, { query: 'agent=nobody', headers });
        if (operation === world.document.paths[path]?.post) {
          for (const body of ['', 'x', '{"type":"TEARDOWN"}', tooMuch]) await ask(path, operation, { body, headers });
          await ask(path, operation, { body: 'x', headers: { ...headers, 'content-type': 'text/plain' } });
        }
      }
    },
    patience,
  );

  it('describes what is answered to pages of others, and to what is no call', async () => {
    const posts = operations.filter(([path, one]) => isOpen(one) && one === world.document.paths[path]?.post);
    expect(posts.map(([path]) => path)).toEqual(['/logs/session', '/logs/session/end']);
    for (const [path, operation] of posts) {
      for (const origin of ['https://elsewhere.example', 'null']) {
        expect((await ask(path, operation, { headers: { origin } })).status, path).toBe(403);
      }
      const headers = { 'content-type': 'text/plain' };
      expect((await ask(path, operation, { headers, body: 'x' })).status, path).toBe(400);
      expect((await ask(path, operation, { body: tooMuch })).status, path).toBe(413);
    }
    for (const [path, operation] of posts.slice(0, 1)) {
      expect((await ask(path, operation, { body: '{"token":"x"}' })).status).toBe(401);
    }
  });

  it(
    'describes what is answered of nodes that do not answer, or have left',
    async () => {
      const headers = await as('mourner');
      const { mesos } = world.cluster;
      // Nobody listens at these addresses.
      const dead = mesos.addAgent({ hostname: 'dead', host: '127.0.0.2', port: 5051 });
      const gone = mesos.addAgent({ hostname: 'gone', host: '127.0.0.3', port: 5051 });
      const listed = async () => {
        const { body } = await world.ask('/system/v1/logs/v3/agents', headers);
        return (JSON.parse(body.toString()) as { agents: { id: string }[] }).agents.length;
      };
      await expect.poll(listed, { timeout: 10_000 }).toBe(4);
      mesos.removeAgent(gone.id);
      await expect.poll(listed, { timeout: 10_000 }).toBe(3);
      for (const [path, operation] of operations.filter(
        ([one]) => /\{agentId\}/.test(one) && !/\{taskId\}/.test(one),
      )) {
        for (const accept of ['*/*', 'application/json']) {
          const asked = { headers: { ...headers, accept } };
          expect((await ask(path, operation, { ...asked, values: { agentId: gone.id } })).status, path).toBe(503);
          const { status } = await ask(path, operation, { ...asked, values: { agentId: dead.id } });
          expect(path.includes('{pid}') ? [404, 502] : [502, 403], path).toContain(status);
        }
      }
      for (const [path, operation] of operations.filter(([one]) => one.includes('/logs/v3/'))) {
        const until = isEndless(path, '*/*') ? 'headers' : 'end';
        for (const { id } of [dead, gone]) await ask(path, operation, { query: `agent=${id}`, headers, until });
      }
      mesos.removeAgent(dead.id);
      await world.node.agent.stop();
      for (const [path, operation] of operations) {
        if (/\/logs\/v[12]\//.test(path) && !path.includes('/v2/task/{taskId}')) {
          expect((await ask(path, operation, { headers })).status, path).toBe(502);
        }
      }
    },
    patience,
  );

  it('describes no status that is not answered', () => {
    for (const [path, operation] of operations) {
      const unseen = Object.keys(operation.responses).filter((status) => !seen.get(operation)?.has(status));
      expect(
        unseen.filter((status) => !isBeyondTests(path, status)),
        path,
      ).toEqual([]);
    }
  });
});
