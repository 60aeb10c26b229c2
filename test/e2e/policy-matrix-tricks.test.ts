import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerIdOf } from '../dev-cluster/simulated-mesos.ts';
import { askGateway, failuresOf, leaksOf, logs, marksOf } from './policy-cells.ts';
import { PolicyWorld } from './policy-world.ts';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
}, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

describe('whoever asks', () => {
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
      `${range}${other.id}.`,
      `${range}${other.id}..`,
      `${range}${other.id}%20`,
      `${range}${other.id}%2e`,
      `${range}${mine.id}%5c..%5c${other.id}`,
      `${range}${mine.id}/%252e%252e/${other.id}`,
      `${range}${mine.id}/..%2f${other.id}`,
      `${range}${mine.id}/.%2e/${other.id}`,
      `${range}${mine.id}/...%2f/${other.id}`,
      `${range}${mine.id}//${other.id}`,
      `${range}${mine.id}%ff${other.id}`,
      `${range}${mine.id}%c0%af${other.id}`,
      `${range}?task=${other.id}`,
      `${range}*`,
      `${range}${other.id.slice(0, 8)}*`,
      `${logs.replace('system', 'SYSTEM')}/v1/range/task/${other.id}`,
      `${logs}/%76%33/entries?task=${other.id}`,
      `${logs}/v3/entries?TASK=${other.id}`,
      `${logs}/v3/entries?task=${mine.id}&Task=${other.id}`,
      `${logs}/v3/entries?task[]=${other.id}`,
      `${logs}/v3/entries?task=${mine.id},${other.id}`,
      `${logs}/v3/entries?task=${mine.id}%26task=${other.id}`,
      `${logs}/v3/entries?task=${mine.id};task=${other.id}`,
      `${logs}/v3/entries?%74ask=${other.id}`,
      `${logs}/v3/entries?cursor=A&cursor=B`,
      `${logs}/v3/entries?framework=${other.frameworkId}`,
      `${logs}/v3/entries?component=sshd&component=docker`,
      `${logs}/v3/entries?component=*`,
      `${logs}/v3/entries?identifier=sshd`,
      `${logs}/v3/entries?kernel=true`,
      `${logs}/v3/entries?fields=MESSAGE,SECRET,EXECUTOR_ID`,
      `${logs}/v3/entries?grep=EXECUTOR_ID~${encodeURIComponent(other.id.slice(0, 6))}`,
      `${logs}/v3/entries?label=${encodeURIComponent('CONFIDENTIAL:*')}`,
      `${logs}/v3/entries?boot=0&filter=_TRANSPORT:kernel`,
      `${logs}/v3/fields/MESSAGE?task=${vault.id}`,
      `${logs}/v3/fields/SECRET?filter=SECRET:pw-a-web-end`,
      `${logs}/v3/components?agent=${second?.agentId}`,
      `${logs}/v3/tasks?service=/team-b/api`,
      `${logs}/v3/boots?agent=${second?.agentId}`,
      `/system/v1/leader/mesos/logs/v1/range/?${filters(other)}`,
      `/system/v1/leader/marathon/logs/v2/component/sshd.service`,
      `/system/v1/agent/${second?.agentId}/logs/v2/task/${mine.id}`,
      `${logs}/v2/task/${mine.id}%2f..%2f${other.id}/file/stdout`,
      `${logs}/v2/task/${mine.id}/file/${encodeURIComponent(`../../../../${other.id}/runs/latest/stdout`)}`,
      `/agent/${node?.agentId}/files/read?path=${encodeURIComponent(`/frameworks/${mine.frameworkId}/executors/${mine.id}/runs/latest/../../../${other.id}/runs/latest/stdout`)}`,
      `/agent/${node?.agentId}/files/read?path=/frameworks/${mine.frameworkId}/executors/${mine.id}/runs/latest/stdout&path=/frameworks/${other.frameworkId}/executors/${other.id}/runs/latest/stdout`,
      `/slave/${node?.agentId}/files/browse.json?path=/frameworks/${other.frameworkId}/executors`,
      `/agent/${second?.agentId}/files/debug?jsonp=alert`,
      `/mesos/master/state?framework=x#${other.id}`,
      `/mesos/../mesos/master/state`,
      `/mesos/master/slaves`,
      `/mesos/master/tasks`,
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
      ['Connection: close, Authorization, X-Request-Id', 'TE: trailers', 'Trailer: Authorization'],
      [
        'X-Forwarded-Host: other.example',
        'X-Forwarded-Prefix: /system',
        'X-Forwarded-Uri: /metrics',
        'X-Real-IP: 127.0.0.1',
      ],
      ['Authorization_: x', `X-Authorization: ${sue}`, `Proxy-Authorization: ${sue}`, `Gateway-Token: ${sue}`],
      [`Cookie: dcos-acs-auth-cookie=${sue.slice('token='.length)}`],
      ['dcos-forwarded: true', 'Content-Type: application/json', 'Expect: 100-continue'],
      ['X-Mesos-Authorization: x', 'X-Clusterlog-Mesos-Authorization: x', 'X-Accel-Redirect: /'],
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
      // Who has no token may bring one as a cookie: he is then whose it is.
      const isAnother = asker.authorization === '' && more.length === 1 && more[0]?.startsWith('Cookie');
      if (isAnother) return [];
      const answer = await world.ask(target, asker.authorization, more);
      const problems = leaksOf(world, asker, answer);
      return problems.map((problem) => `${asker.name}: GET ${target} with ${more.join(', ')}: ${problem}`);
    });
    expect(failures).toEqual([]);
    expect(cells.length).toBeGreaterThan(2_000);
  }, 180_000);

  it('gets no further with calls of the operator API', async () => {
    const types = ['GET_AGENTS', 'GET_MASTER', 'GET_STATE', 'GET_TASKS', 'GET_FRAMEWORKS', 'SUBSCRIBE', 'READ_FILE'];
    const bodies = [
      ...types.flatMap((type) => [`{"type":"${type}"}`, `{"type":"GET_AGENTS","type":"${type}"}`]),
      '{"type":["GET_STATE"]}',
      '{"type":"READ_FILE","read_file":{"path":"/etc/passwd","offset":0}}',
      '{"__proto__":{"type":"GET_STATE"}}',
      '',
      '[',
    ];
    const cells = bodies.flatMap((body) => world.askers.map((asker) => ({ asker, body })));
    const failures = await failuresOf(cells, async ({ asker, body }) => {
      const { url } = world.cluster.gateway;
      const headers = ['Content-Type: application/json', 'Accept: application/json'];
      const asked = { target: '/mesos/api/v1', authorization: asker.authorization, headers, body: Buffer.from(body) };
      const answer = await askGateway(url, asked);
      const problems = leaksOf(world, asker, answer);
      const isAnswered = /^\{"type":"GET_(AGENTS|MASTER)"\}$/.test(body);
      if (asker.isCaller && isAnswered !== (answer.status === 200) && !body.includes('"GET_AGENTS","type":"GET_'))
        problems.push(`status ${answer.status}`);
      if (!asker.isCaller && answer.status !== 401) problems.push(`status ${answer.status} instead of 401`);
      return problems.map((problem) => `${asker.name}: ${body}: ${problem}`);
    });
    expect(failures).toEqual([]);
  }, 60_000);

  it('gets no further with cursors that were given to somebody else, for something else', async () => {
    const sue = world.askers.find(({ name }) => name === 'sue')?.authorization ?? '';
    const [node, second] = world.cluster.nodes;
    const sources = [
      `${logs}/v3/entries?limit=all`,
      `${logs}/v3/entries?task=${world.task('a-vault').id}`,
      `${logs}/v3/entries?order=desc&agent=${node?.agentId}`,
      `/system/v1/agent/${node?.agentId}/logs/v1/range/`,
      `${logs}/v1/range/task/${world.task('b-api').id}`,
    ];
    const cursors = new Set<string>();
    for (const source of sources) {
      const accept = source.includes('/v3/') ? 'application/x-ndjson' : 'application/json';
      const { text } = await world.ask(source, sue, [`Accept: ${accept}`]);
      const all = [...text.matchAll(/"cursor":\s*"([^"]+)"/g)].map(([, cursor = '']) => cursor);
      for (const at of [0, Math.floor(all.length / 2), all.length - 1]) cursors.add(all[at] ?? '');
    }
    expect(cursors.size).toBeGreaterThan(8);
    const agents = [node, second].map((one) => `/system/v1/agent/${one?.agentId}/logs`);
    const targets = [
      `${logs}/v3/entries?`,
      `${logs}/v3/entries?order=desc&`,
      `${logs}/v3/context?before=100&after=100&`,
      `${logs}/v3/follow?`,
      `${logs}/v1/range/task/${world.task('a-web').id}?skip_prev=100&`,
      ...agents.flatMap((agent) => [
        `${agent}/v1/range/?`,
        `${agent}/v1/stream/?skip_prev=100&`,
        `${agent}/v2/component?`,
      ]),
    ];
    const callers = world.askers.filter(({ isCaller }) => isCaller);
    const cells = [...cursors].flatMap((cursor) =>
      targets.flatMap((target) =>
        callers.flatMap((asker) => ['query', 'header'].map((place) => ({ cursor, target, asker, place }))),
      ),
    );
    const failures = await failuresOf(cells, async ({ cursor, target, asker, place }) => {
      const inHeader = place === 'header' && !target.includes('/context');
      const answer = await askGateway(world.cluster.gateway.url, {
        target: inHeader ? target.slice(0, -1) : `${target}cursor=${encodeURIComponent(cursor)}`,
        authorization: asker.authorization,
        headers: ['Accept: application/json', ...(inHeader ? [`Last-Event-ID: ${cursor}`] : [])],
        longest: 100,
      });
      return leaksOf(world, asker, answer).map((problem) => `${asker.name}: ${target} at ${cursor}: ${problem}`);
    });
    expect(failures).toEqual([]);
    expect(cells.length).toBeGreaterThan(1_000);
  }, 120_000);

  it('counts for one caller alone: two tokens in one request are those of nobody', async () => {
    const [, sue, alice] = world.askers;
    for (const [one, other] of [
      [sue, alice],
      [alice, sue],
    ]) {
      const path = `${logs}/v1/range/task/${world.task('a-vault').id}`;
      const answer = await world.ask(path, one?.authorization ?? '', [`Authorization: ${other?.authorization}`]);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(marksOf(answer.text)).toEqual([]);
    }
  });
});
