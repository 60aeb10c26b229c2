import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, expect } from 'vitest';
import { choosePorts } from '../dev-cluster/ports.ts';
import { ServiceProcess } from '../dev-cluster/service-process.ts';
import { agentKnowsNone, agentTakesNone } from './in-place-of.ts';
import { chapter } from './points.ts';
import { callerAddress } from './raw-exchange.ts';
import { eventsOf, textMessages } from './reading.ts';
import { RecordingServer } from './recording-server.ts';
import { asEvents, SetUp } from './set-ups.ts';
import { behindNginx, type World } from './world.ts';

const oneLine = '/v1/range/?limit=1';
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.splice(0)) await end();
});

const now = () => Math.floor(Date.now() / 1000);

async function signed(claims: object, key: Uint8Array | KeyObject, alg = 'HS256'): Promise<string> {
  return new SignJWT({ exp: now() + 600, ...claims }).setProtectedHeader({ alg }).sign(key);
}

/** The key of the cluster's callers, as the gateway reads it. */
function callerSecret({ cluster }: World): Uint8Array {
  return Buffer.from(readFileSync(join(cluster.directory, 'caller-secret'), 'utf8').trimEnd());
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** One more gateway of the cluster, with flags of its own, seen as `setUp` sees the first: directly, or through nginx. */
async function anotherGateway(
  { cluster, node }: World,
  { name, logs }: SetUp,
  flags: { readonly auth: readonly string[]; readonly master: string; readonly token: string },
): Promise<SetUp> {
  const [port = 0] = await choosePorts([0]);
  const gateway = new ServiceProcess({
    package: 'gateway',
    name: 'another gateway',
    run: 'source',
    url: `http://127.0.0.1:${port}`,
    logFile: join(cluster.directory, `gateway-${port}.log`),
    directory: cluster.directory,
    arguments: [
      ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', 'off', '--mesos-master', flags.master, ...flags.auth],
      ...['--agent-url', `${node.agentId}=${node.agent.url}`],
      ...['--signing-key-file', join(cluster.directory, 'signing-key.json')],
    ],
  });
  await gateway.start('/health/live');
  ends.unshift(() => gateway.stop());
  const { token } = flags;
  if (name === 'nginx') return await behindNginx(gateway.url, ends, { logs, token });
  return new SetUp({ name, origin: gateway.url, logs, token });
}

/** A recorded agent at an address of its own, in Mesos under a new id; agents are asked at the port given to the gateway. */
const recordedAgents = new Map<string, RecordingServer>();
let nextHost = 20;

async function recordedAgent(world: World, setUp: SetUp): Promise<{ agent: RecordingServer; logs: string }> {
  const host = `127.0.0.${nextHost++}`;
  const agent = await RecordingServer.start(host, agentPort);
  ends.unshift(() => agent.stop());
  recordedAgents.set(host, agent);
  const { id } = world.cluster.mesos.addAgent({ hostname: host, host, port: 5051 });
  const logs = `/system/v1/agent/${id}/logs`;
  // Each gateway hears of it by itself.
  await expect.poll(async () => (await setUp.askAt(`${logs}${oneLine}`)).status, { timeout: 5_000 }).toBe(200);
  return { agent, logs };
}

const [agentPort = 0] = await choosePorts([0]);
const marathon = await RecordingServer.start('127.0.0.1');
ends.push(() => marathon.stop());
const marathonUrl = `http://127.0.0.1:${marathon.port}`;

chapter('Admin Router', { gatewayArguments: ['--agent-port', `${agentPort}`, '--marathon', marathonUrl] }, (point) => {
  point(
    1,
    'without a token it is 401, with the page that sends a browser to the login',
    async (setUp) => {
      for (const logs of [setUp.logs, '/system/v1/logs']) {
        const answer = await setUp.askAt(`${logs}${oneLine}`, { credentials: [] });
        expect([answer.status, answer.header('www-authenticate')]).toEqual([401, 'oauthjwt']);
        expect(answer.header('content-type')).toBe('text/html; charset=UTF-8');
        expect(answer.text).toContain('<meta http-equiv="refresh" content="5; url=/#/login">');
        expect(answer.text).toContain('location.href = "/#/login?redirect=" + encodeURIComponent(location.href)');
      }
    },
    { agent: agentTakesNone },
  );

  point(
    2,
    'Authorization: token=<jwt> lets in',
    async (setUp) => {
      const credentials = [`Authorization: token=${setUp.token}`];
      for (const logs of [setUp.logs, '/system/v1/logs']) {
        expect(textMessages(await setUp.askAt(`${logs}${oneLine}`, { credentials }))).toHaveLength(1);
      }
    },
    { agent: agentTakesNone },
  );

  point(
    3,
    'Authorization: Bearer <jwt> lets in',
    async (setUp) => {
      const credentials = [`Authorization: Bearer ${setUp.token}`];
      expect((await setUp.ask(oneLine, { credentials })).status).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    4,
    'the cookie alone lets in',
    async (setUp) => {
      const credentials = [`Cookie: other=1; dcos-acs-auth-cookie=${setUp.token}; more=2`];
      expect((await setUp.ask(oneLine, { credentials })).status).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    5,
    'another Authorization header hides the cookie',
    async (setUp) => {
      for (const authorization of ['Basic x', '', setUp.token, `Token=${setUp.token}`, `bearer ${setUp.token}`]) {
        const credentials = [`Authorization: ${authorization}`, `Cookie: dcos-acs-auth-cookie=${setUp.token}`];
        expect([authorization, (await setUp.ask(oneLine, { credentials })).status]).toEqual([authorization, 401]);
      }
    },
    { agent: agentTakesNone },
  );

  point(
    6,
    'a token must be signed by the key, by its algorithm, have a uid and not be over; one without an end must be allowed',
    async (setUp, world) => {
      const secret = callerSecret(world);
      const status = async (token: string, at = setUp) =>
        (await at.ask(oneLine, { credentials: [`Authorization: token=${token}`] })).status;
      expect(await status(await signed({ uid: 'alice' }, secret))).toBe(200);
      expect(await status(await signed({ uid: 'alice', exp: now() - 1 }, secret))).toBe(401);
      expect(await status(await signed({}, secret))).toBe(401);
      expect(await status(await signed({ uid: null }, secret))).toBe(401);
      expect(await status(await signed({ uid: 'alice' }, Buffer.alloc(32, 'another')))).toBe(401);
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      expect(await status(await signed({ uid: 'alice' }, privateKey, 'RS512'))).toBe(401);
      const claims = base64url({ uid: 'alice', exp: now() + 600 });
      expect(await status(`${base64url({ alg: 'none' })}.${claims}.`)).toBe(401);

      const forever = await signed({ uid: 'alice', exp: undefined }, secret);
      expect(await status(forever)).toBe(401);
      const lenient = await anotherGateway(world, setUp, {
        auth: ['--auth-secret-file', join(world.cluster.directory, 'caller-secret'), '--auth-allow-no-expiry'],
        master: world.cluster.master.url,
        token: forever,
      });
      await expect.poll(() => status(forever, lenient), { timeout: 5_000 }).toBe(200);
    },
    { agent: agentTakesNone },
  );

  point(
    7,
    'a public key’s text is no HS256 secret',
    async (setUp, world) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const file = join(world.cluster.directory, `public-${setUp.name}.pem`);
      writeFileSync(file, pem);
      const claims = { uid: 'alice' };
      const token = await signed(
        claims,
        createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
        'RS256',
      );
      const gateway = await anotherGateway(world, setUp, {
        auth: ['--auth-public-key-file', file],
        master: world.cluster.master.url,
        token,
      });
      await expect.poll(async () => (await gateway.ask(oneLine)).status, { timeout: 5_000 }).toBe(200);
      for (const secret of [pem, pem.trimEnd()]) {
        const credentials = [`Authorization: token=${await signed(claims, Buffer.from(secret))}`];
        expect((await gateway.ask(oneLine, { credentials })).status).toBe(401);
      }
    },
    { agent: agentTakesNone },
  );

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
      const { agent, logs } = await recordedAgent(world, setUp);
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
      const { agent, logs } = await recordedAgent(world, setUp);
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
      await recordedAgent(world, setUp);
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
});
