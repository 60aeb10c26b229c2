import { join } from 'node:path';
import { expect } from 'vitest';
import { choosePorts } from '../../dev-cluster/ports.ts';
import { anotherGateway } from '../another-gateway.ts';
import type { Point } from '../chapter.ts';
import { agentKnowsNone } from '../in-place-of.ts';
import { callerAddress } from '../raw-exchange.ts';
import { eventsOf } from '../reading.ts';
import { RecordingServer } from '../recording-server.ts';
import { asEvents, type SetUp } from '../set-ups.ts';
import type { World } from '../world.ts';

const oneLine = '/v1/range/?limit=1';
let nextHost = 20;

export interface RoutingFacts {
  /** Where agents are asked, each at an address of its own. */
  readonly agentPort: number;
  /** Stands for the Marathon that gateways were told of. */
  readonly marathon: RecordingServer;
}

/** A recorded agent at an address of its own, in Mesos under a new id. */
async function recordedAgent(
  world: World,
  setUp: SetUp,
  agentPort: number,
): Promise<{ agent: RecordingServer; logs: string }> {
  const host = `127.0.0.${nextHost++}`;
  const agent = await RecordingServer.start(host, agentPort);
  world.atEnd(() => agent.stop());
  const { id } = world.cluster.mesos.addAgent({ hostname: host, host, port: 5051 });
  const logs = `/system/v1/agent/${id}/logs`;
  // Each gateway hears of it by itself.
  await expect.poll(async () => (await setUp.askAt(`${logs}${oneLine}`)).status, { timeout: 5_000 }).toBe(200);
  return { agent, logs };
}

/** Which agent is asked, what it is told, and what is said when it cannot be asked. */
export function routingPoints(point: Point, { agentPort, marathon }: RoutingFacts): void {
  point(
    8,
    'an unknown agent is 404 in Admin Router’s words, and 401 comes before it',
    async (setUp) => {
      const path = `/system/v1/agent/unknown-S0/logs${oneLine}`;
      const answer = await setUp.askAt(path);
      expect([answer.status, answer.header('content-type')]).toEqual([404, 'application/octet-stream']);
      expect(answer.text).toBe('404 Not Found: agent `unknown-S0` unknown.\n');
      expect((await setUp.askAt(path, { credentials: [] })).status).toBe(401);
    },
    { agent: agentKnowsNone },
  );

  point(
    9,
    'while Mesos was never reached it is 503 in Admin Router’s words, and 401 comes before it',
    async (setUp, world) => {
      const [closed = 0] = await choosePorts([0]);
      const gateway = await anotherGateway(world, setUp, {
        auth: ['--auth-secret-file', join(world.cluster.directory, 'caller-secret')],
        master: `http://127.0.0.1:${closed}`,
        token: setUp.token,
      });
      const answer = await gateway.ask(oneLine);
      expect([answer.status, answer.text]).toEqual([503, '503 Service Unavailable: cache state is invalid\n']);
      expect((await gateway.ask(oneLine, { credentials: [] })).status).toBe(401);
    },
    { agent: agentKnowsNone },
  );

  point(
    10,
    'an agent is asked for dcos-log’s path, the query byte for byte, and for no other path',
    async (setUp, world) => {
      const { agent, logs } = await recordedAgent(world, setUp, agentPort);
      const query = '?filter=A:b%20c&&x=%zz&;=%2F..&filter=C:d+e&cursor=s%3D1%3Bi';
      const headers = ['Accept-Encoding: gzip', 'Connection: keep-alive, X-Hop', 'X-Hop: 1'];
      await setUp.askAt(`${logs}/v1/range/${query}`, { headers });
      expect([agent.last.url, agent.last.httpVersion]).toEqual([`/system/v1/logs/v1/range/${query}`, '1.1']);
      expect(agent.last.headers['accept-encoding']).toBeUndefined();
      const asked = agent.requests.length;
      const { status } = await setUp.askAt(`${logs}/foo/bar?key=value&var=num`);
      expect([status, agent.requests.length]).toEqual([404, asked]);
    },
    { agent: agentKnowsNone },
  );

  point(
    11,
    'an agent is told who asked and how, and never given the caller’s token or cookies',
    async (setUp, world) => {
      const { agent, logs } = await recordedAgent(world, setUp, agentPort);
      for (const credentials of [
        [`Authorization: token=${setUp.token}`],
        [`Cookie: other=1; dcos-acs-auth-cookie=${setUp.token}; dcos-acs-info-cookie=x`],
      ]) {
        const headers = ['X-Forwarded-For: 192.0.2.7', 'Accept: text/event-stream', 'Last-Event-ID: abc'];
        await setUp.askAt(`${logs}${oneLine}`, { credentials, headers });
        const got = agent.last.headers;
        expect(got).toMatchObject({
          host: new URL(setUp.origin).host,
          'x-real-ip': callerAddress,
          'x-forwarded-for': `192.0.2.7, ${callerAddress}${setUp.name === 'nginx' ? ', 127.0.0.1' : ''}`,
          'x-forwarded-proto': setUp.origin.split(':')[0],
          accept: 'text/event-stream',
          'last-event-id': 'abc',
          authorization: expect.stringMatching(/^Bearer /),
        });
        expect(got.cookie).toBeUndefined();
        expect(JSON.stringify(agent.last.rawHeaders)).not.toContain(setUp.token);
      }
    },
    { agent: agentKnowsNone },
  );

  point(
    13,
    'the log of the leading Marathon’s node, and 503 while it is not known who leads',
    async (setUp) => {
      const path = `/system/v1/leader/marathon/logs${oneLine}`;
      marathon.answer = (_request, response) => void response.writeHead(404).end();
      const asked = async () => {
        const { status, text } = await setUp.askAt(path);
        return [status, status === 200 ? '' : text];
      };
      const unknown = [503, '503 Service Unavailable: marathon leader is unknown.\n'];
      await expect.poll(asked, { timeout: 15_000 }).toEqual(unknown);
      expect((await setUp.askAt(path, { credentials: [] })).status).toBe(401);
      marathon.answer = (_request, response) => void response.end('{"leader":"127.0.0.1:8080"}');
      await expect.poll(asked, { timeout: 15_000 }).toEqual([200, '']);
    },
    { agent: agentKnowsNone },
  );

  point(
    14,
    'the path of the logs without its slash is redirected to the one with it',
    async (setUp) => {
      const { status, headers } = await setUp.askAt('/system/v1/logs');
      expect([status, headers.find(([name]) => name === 'location')?.[1]]).toEqual([301, '/system/v1/logs/']);
      const stranger = await setUp.askAt('/system/v1/logs', { credentials: [] });
      expect(stranger.status).toBe(setUp.name === 'nginx' ? 301 : 401);
    },
    {
      agent: async (setUp) => {
        expect((await setUp.askAt('/system/v1/logs')).status).toBe(404);
      },
    },
  );

  point(
    15,
    'an agent that does not answer is 502',
    async (setUp, { cluster }) => {
      const host = '127.0.0.10';
      const agent = [...cluster.mesos.agents.values()].find((known) => known.host === host);
      const { id } = agent ?? cluster.mesos.addAgent({ hostname: 'down', host, port: 5051 });
      const path = `/system/v1/agent/${id}/logs${oneLine}`;
      await expect.poll(async () => (await setUp.askAt(path)).status, { timeout: 5_000 }).toBe(502);
    },
    { agent: agentKnowsNone },
  );

  point(
    16,
    'when Mesos goes away later, agents are asked as before',
    async (setUp, { cluster }) => {
      await cluster.master.kill();
      try {
        const ready = async () => JSON.parse((await setUp.askAt('/health/ready')).text).status as string;
        await expect.poll(ready, { timeout: 10_000 }).not.toBe('ready');
        expect((await setUp.ask(oneLine)).status).toBe(200);
      } finally {
        await cluster.master.start();
      }
    },
    { agent: agentKnowsNone },
  );

  point(
    17,
    'a new agent can be asked at once, not after the next poll',
    async (setUp, world) => {
      const began = performance.now();
      await recordedAgent(world, setUp, agentPort);
      expect(performance.now() - began).toBeLessThan(5_000);
    },
    { agent: agentKnowsNone },
  );

  point(18, 'a stream arrives unbuffered, and is let go when its reader leaves', async (setUp, world) => {
    const began = performance.now();
    const id = `leaves-${setUp.name}`;
    const stream = await setUp.open('/v1/stream/?skip_prev=1', {
      headers: [...(asEvents.headers ?? []), `X-Request-Id: ${id}`],
    });
    await stream.until(() => eventsOf(stream).length === 1);
    expect(performance.now() - began).toBeLessThan(2_000);
    stream.close();
    const log = () => (setUp.name === 'agent' ? world.openAgent : world.node.agent).log();
    const audit = () => (log().match(new RegExp(`^.*"${id}".*"request".*$`, 'm')) ?? [''])[0];
    await expect.poll(audit, { timeout: 5_000 }).toContain('"outcome":"aborted"');
  });
}
