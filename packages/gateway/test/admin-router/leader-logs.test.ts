import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MarathonLeader, type MarathonLeadership } from '../../src/admin-router/marathon-leader.ts';
import { createClusterIndex } from '../../src/mesos/cluster-index.ts';
import { keyDirectory, secret } from '../auth/keys.ts';
import {
  agentS1,
  closedPort,
  get,
  getAs,
  indexOf,
  readGatewayToken,
  startAgent,
  startGateway,
  type TestGatewayOptions,
  testRouter,
} from '../gateway.ts';
import { onlyTasks } from './policies.ts';

const secretPath = keyDirectory()('secret', secret);

async function recordingAgent() {
  const requests: IncomingMessage[] = [];
  const agent = await startAgent((request, response) => {
    requests.push(request);
    response.setHeader('x-accel-buffering', 'no');
    response.end('line\n');
  });
  return { ...agent, requests };
}

/** A gateway whose index was told by the master at `leader`, and whose Marathon says what is given. */
async function gatewayOf(leader: string, leadership: MarathonLeadership, options: TestGatewayOptions = {}) {
  const index = indexOf();
  index.applySnapshot(
    { tasks: [], agents: [agentS1], recoveredAgentIds: [], frameworks: [], skipped: 0 },
    leader,
    'subscribe',
  );
  const marathon = { leadership, close: () => Promise.resolve() };
  const { port } = await startGateway(secretPath, { index, router: testRouter({ marathon }), ...options });
  return { port, index };
}

const elsewhere = '192.0.2.7';
const leads = (host: string): MarathonLeadership => ({ state: 'leader', host });

describe('the log of a leader’s node', () => {
  test.each([
    '/logs/v1/range/?skip_prev=10',
    '/logs/v1/range/?skip_prev=10&filter=_SYSTEMD_UNIT:dcos-marathon.service',
    '/logs/v1/stream/?skip_prev=10',
    '/logs/v2/component?skip=-10',
    '/logs/v2/component/dcos-foo.service?skip=-2&filter=TAGX:1&filter=_PID:1',
    '/logs/v2/component/dcos-mesos-master.service?skip=-10&filter=A:b%20c',
  ])('is asked for as DC/OS’ CLIs ask, query byte for byte: %s', async (path) => {
    const { origin, requests } = await recordingAgent();
    const addressing = { overrides: new Map([[elsewhere, origin]]) };
    const { port } = await gatewayOf(`http://${elsewhere}:5050`, leads(elsewhere), { addressing });
    for (const leader of ['mesos', 'marathon']) {
      const { status, body, headers } = await getAs('alice', port, `/system/v1/leader/${leader}${path}`);
      expect([status, body]).toEqual([200, 'line\n']);
      expect(headers['x-accel-buffering']).toBeUndefined();
      expect(requests.at(-1)?.url).toBe(`/system/v1${path}`);
      const { payload } = await readGatewayToken(requests.at(-1)?.headers ?? {}, 'local');
      expect(payload).toMatchObject({ scope: { read: 'node' } });
    }
  });

  test('is that of the gateway’s own node when the leader is there', async () => {
    const { origin, requests } = await recordingAgent();
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])[0]?.address ?? '';
    for (const host of ['127.0.0.1', '127.0.0.9', 'localhost', own]) {
      const leader = host.includes(':') ? `http://[${host}]:5050` : `http://${host}:5050`;
      const { port } = await gatewayOf(leader, leads(host), {
        localAgent: { id: 'own-agent', origin },
      });
      for (const path of ['/system/v1/leader/mesos/logs/v1/range/', '/system/v1/leader/marathon/logs/v1/range/']) {
        expect((await getAs('alice', port, path, { 'dcos-forwarded': 'true' })).status).toBe(200);
      }
    }
    expect(requests).toHaveLength(8);
    await expect(readGatewayToken(requests[0]?.headers ?? {}, 'own-agent')).resolves.toBeDefined();
  });

  test('is asked of the Mesos agent’s node agent where a Mesos agent runs beside the leader', async () => {
    const { port: agentPort, requests } = await recordingAgent();
    const { port } = await gatewayOf('http://127.0.0.1:5050', leads('127.0.0.1'), { agentPort });
    expect((await getAs('alice', port, '/system/v1/leader/mesos/logs/v1/range/')).status).toBe(200);
    await expect(readGatewayToken(requests[0]?.headers ?? {}, 'S1')).resolves.toBeDefined();
  });

  test('is asked for at the port of node agents, by the id of masters’ agents, where none does', async () => {
    const { port: agentPort, requests } = await recordingAgent();
    const { port } = await gatewayOf('http://localhost:5050', leads('localhost'), { agentPort });
    expect((await getAs('alice', port, '/system/v1/leader/marathon/logs/v1/range/')).status).toBe(200);
    await expect(readGatewayToken(requests[0]?.headers ?? {}, 'local')).resolves.toBeDefined();
    expect(requests[0]?.headers['dcos-forwarded']).toBe('true');
  });

  test('goes round no circle: what was sent on to the leader is not sent on again', async () => {
    const { origin, requests } = await recordingAgent();
    const addressing = { overrides: new Map([[elsewhere, origin]]) };
    const { port } = await gatewayOf(`http://${elsewhere}:5050`, leads(elsewhere), { addressing });
    const answer = await getAs('alice', port, '/system/v1/leader/marathon/logs/v1/range/', {
      'dcos-forwarded': 'true',
    });
    expect(answer).toMatchObject({ status: 503, body: '503 Service Unavailable: marathon leader is unknown\n' });
    expect(requests).toHaveLength(0);
  });

  test.each([
    ['never-reached', '503 Service Unavailable: cache is invalid\n'],
    ['no-leader', '503 Service Unavailable: marathon leader is unknown.\n'],
  ] as const)('is 503 in Admin Router’s words when Marathon’s leader is not known: %s', async (state, body) => {
    const { port } = await gatewayOf('http://127.0.0.1:5050', { state });
    expect(await getAs('alice', port, '/system/v1/leader/marathon/logs/v1/range/')).toMatchObject({
      status: 503,
      body,
    });
    expect((await get(port, '/system/v1/leader/marathon/logs/v1/range/')).status).toBe(401);
  });

  test('is 503 without --marathon, and names the flag', async () => {
    const { port } = await startGateway(secretPath);
    const { status, body } = await getAs('alice', port, '/system/v1/leader/marathon/logs/v1/range/', {
      accept: 'application/json',
    });
    expect([status, JSON.parse(body).detail]).toEqual([503, expect.stringContaining('--marathon')]);
  });

  test('is 503 while no master was ever reached, and that of the last leader while none leads', async () => {
    const { port: unreached } = await startGateway(secretPath, { index: createClusterIndex() });
    const path = '/system/v1/leader/mesos/logs/v1/range/';
    expect((await getAs('alice', unreached, path)).status).toBe(503);
    const { origin } = await recordingAgent();
    const addressing = { overrides: new Map([[elsewhere, origin]]) };
    const { port, index } = await gatewayOf(`http://${elsewhere}:5050`, leads(elsewhere), { addressing });
    index.markStale('the stream broke');
    expect((await getAs('alice', port, path)).status).toBe(200);
  });

  test('is for those who may read that node', async () => {
    const { origin, requests } = await recordingAgent();
    const addressing = { overrides: new Map([[elsewhere, origin]]) };
    const policy = onlyTasks(() => true);
    const { port } = await gatewayOf(`http://${elsewhere}:5050`, leads(elsewhere), { addressing, policy });
    for (const leader of ['mesos', 'marathon']) {
      expect((await getAs('bob', port, `/system/v1/leader/${leader}/logs/v1/range/`)).status).toBe(403);
    }
    expect(requests).toHaveLength(0);
  });

  test('is not there when switched off', async () => {
    const { port } = await startGateway(secretPath, { router: testRouter({ without: new Set(['leader-logs']) }) });
    expect((await getAs('alice', port, '/system/v1/leader/mesos/logs/v1/range/')).status).toBe(404);
  });

  test.each(['', '/metrics/v0/node', '/logs', '/logs/foo', '/health/v1', '/logsfoo'])(
    'is all that there is of a leader: %s is 404',
    async (path) => {
      const { port } = await gatewayOf('http://127.0.0.1:5050', leads('127.0.0.1'));
      expect((await getAs('alice', port, `/system/v1/leader/mesos${path}`)).status).toBe(404);
      expect((await getAs('alice', port, `/system/v1/leader/marathon${path}`)).status).toBe(404);
    },
  );
});

describe('who leads the Marathons', () => {
  /** A Marathon that answers what is given, and whoever asks it. */
  async function asking(answer: () => { status: number; body: string }, others: readonly string[] = []) {
    const asked: string[] = [];
    const { origin } = await startAgent((request, response) => {
      asked.push(request.url ?? '');
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    const problems: string[] = [];
    let onProblem: () => void = () => undefined;
    const dispatcher = new Agent();
    const leader = new MarathonLeader({
      urls: [...others, origin],
      dispatcher,
      interval: 5,
      onProblem: (reason) => {
        problems.push(reason);
        onProblem();
      },
    });
    onTestFinished(async () => {
      await leader.close();
      await dispatcher.destroy();
    });
    const until = async (test_: () => boolean) => {
      while (!test_()) await new Promise((resolve) => setImmediate(resolve));
    };
    const problem = () => new Promise<void>((resolve) => (onProblem = resolve));
    return { asked, leader, problems, problem, until, origin };
  }

  test.each([
    ['10.0.0.5:8080', '10.0.0.5'],
    ['master-1.example:8443', 'master-1.example'],
    ['[2001:db8::1]:8080', '2001:db8::1'],
  ])('is asked of /v2/leader: %s', async (told, host) => {
    const { leader, asked, until } = await asking(() => ({ status: 200, body: JSON.stringify({ leader: told }) }));
    await until(() => leader.leadership.state !== 'never-reached');
    expect(leader.leadership).toEqual({ state: 'leader', host });
    expect(asked[0]).toBe('/v2/leader');
  });

  test('is nobody when Marathon answers 404, and somebody again when one is elected', async () => {
    let status = 404;
    const { leader, until } = await asking(() => ({ status, body: '{"leader":"10.0.0.6:8080"}' }));
    await until(() => leader.leadership.state === 'no-leader');
    status = 200;
    await until(() => leader.leadership.state === 'leader');
    expect(leader.leadership).toEqual({ state: 'leader', host: '10.0.0.6' });
  });

  test('is asked of the next Marathon when one does not answer', async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`;
    const { leader, until, problems } = await asking(
      () => ({ status: 200, body: '{"leader":"10.0.0.6:8080"}' }),
      [dead],
    );
    await until(() => leader.leadership.state === 'leader');
    expect(problems).toEqual([]);
  });

  test('stays who it was while no Marathon answers; the reason is told once', async () => {
    let status = 200;
    const { leader, until, problem, problems, asked } = await asking(() => ({
      status,
      body: '{"leader":"10.0.0.6:8080"}',
    }));
    await until(() => leader.leadership.state === 'leader');
    const told = problem();
    status = 500;
    await told;
    const before = asked.length;
    await until(() => asked.length > before + 2);
    expect(problems).toHaveLength(1);
    expect(leader.leadership).toEqual({ state: 'leader', host: '10.0.0.6' });
  });

  test.each(['', '{}', '{"leader":3}', '{"leader":"http://evil/x"}', '{"leader":"a b:1"}', 'x'.repeat(100_000)])(
    'is not taken from an answer that is none (case %#)',
    async (body) => {
      const { leader, problem } = await asking(() => ({ status: 200, body }));
      await problem();
      expect(leader.leadership).toEqual({ state: 'never-reached' });
    },
  );
});
