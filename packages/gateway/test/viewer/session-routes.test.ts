import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createLogger, Metrics } from '@clusterlog/shared/server';
import { describe, expect, test } from 'vitest';
import { keyDirectory, now, secret, sign } from '../auth/keys.ts';
import { get, startGateway, testRouter } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const path = '/logs/session';

interface Post {
  readonly to?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string;
}

/** Posts as the page of the gateway does it, but for what is said otherwise; undefined leaves a header out. */
async function post(port: number, { to = path, headers = {}, body = '{}' }: Post) {
  const all = {
    origin: `http://127.0.0.1:${port}`,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const sent = request({ host: '127.0.0.1', port, path: to, method: 'POST', agent: false, headers: given });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, cookies: answered['set-cookie'] ?? [], body: Buffer.concat(chunks).toString() };
}

const signIn = async (port: number, claims: Record<string, unknown>, more: Post = {}, keep = true) =>
  post(port, { body: JSON.stringify({ token: await sign({ uid: 'bob', ...claims }), keep }), ...more });

/** A gateway behind a proxy on this machine. */
const behindProxy = () =>
  startGateway(secretPath, {
    server: {
      log: createLogger('gateway', 'silent'),
      accessLog: false,
      metrics: new Metrics(),
      trustedProxies: ['127.0.0.1'],
    },
  });

const throughTls = (port: number) => ({
  host: 'logs.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '10.1.1.1',
  origin: 'https://logs.example',
  port: String(port),
});

describe('GET /logs/session', () => {
  test('says who is signed in and until when, however the token came', async () => {
    const { port } = await startGateway(secretPath);
    const exp = now() + 600;
    const token = await sign({ uid: 'bob', exp });
    const carriers: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { cookie: `dcos-acs-auth-cookie=${token}` },
      { cookie: `clusterlog=${token}` },
    ];
    for (const headers of carriers) {
      const answer = await get(port, path, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(JSON.parse(answer.body)).toEqual({ uid: 'bob', expires: exp });
    }
  });

  test('is 401 when nobody is', async () => {
    const { port } = await startGateway(secretPath);
    expect((await get(port, path)).status).toBe(401);
    const expired = await sign({ exp: now() - 1 });
    expect((await get(port, path, { headers: { cookie: `clusterlog=${expired}` } })).status).toBe(401);
  });

  test('says of a token that never ends no end', async () => {
    const { port } = await startGateway(secretPath);
    const token = await sign({ uid: 'bob', exp: undefined });
    const { body } = await get(port, path, { headers: { authorization: `token=${token}` } });
    expect(JSON.parse(body)).toEqual({ uid: 'bob' });
  });
});

describe('POST /logs/session', () => {
  test('verifies a token and keeps nothing unless asked to', async () => {
    const { port } = await startGateway(secretPath);
    const exp = now() + 600;
    const { status, cookies, body } = await signIn(port, { exp }, {}, false);
    expect([status, cookies, JSON.parse(body)]).toEqual([200, [], { uid: 'bob', expires: exp, kept: false }]);
  });

  test('keeps it until it ends, out of reach of scripts and of other sites', async () => {
    const { port } = await startGateway(secretPath);
    const { status, cookies, body } = await signIn(port, { exp: now() + 600 });
    expect([status, JSON.parse(body).kept, cookies.length]).toEqual([200, true, 1]);
    const [, name, token, attributes = ''] = /^([^=]+)=([^;]+); (.*)$/.exec(cookies[0] ?? '') ?? [];
    const maxAge = Number(/Max-Age=(\d+)/.exec(attributes)?.[1]);
    expect(name).toBe('clusterlog');
    expect(maxAge).toBeGreaterThan(590);
    expect(maxAge).toBeLessThanOrEqual(600);
    expect(attributes.replace(/Max-Age=\d+; /, '')).toBe('Path=/; HttpOnly; SameSite=Strict');
    const log = await get(port, path, { headers: { cookie: `clusterlog=${token}` } });
    expect(log.status).toBe(200);
  });

  test('keeps it through TLS under a name that no other host can set, and only by TLS', async () => {
    const { port } = await behindProxy();
    const { status, cookies } = await signIn(port, {}, { headers: throughTls(port) });
    expect([status, cookies.length]).toEqual([200, 1]);
    expect(cookies[0]).toMatch(/^__Host-clusterlog=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  });

  test('keeps nothing where it could be read on its way', async () => {
    const { port } = await startGateway(secretPath);
    const headers = { host: 'logs.example', origin: 'http://logs.example' };
    const { status, cookies, body } = await signIn(port, {}, { headers });
    expect([status, cookies]).toEqual([200, []]);
    expect(JSON.parse(body)).toMatchObject({ kept: false, why_not: 'needs-https' });
  });

  test('says so when a token is longer than browsers keep', async () => {
    const { port } = await startGateway(secretPath);
    const { status, cookies, body } = await signIn(port, { groups: 'x'.repeat(4_000) });
    expect([status, cookies]).toEqual([200, []]);
    expect(JSON.parse(body)).toMatchObject({ kept: false, why_not: 'too-long' });
  });

  test('sets nothing for a token that does not count', async () => {
    const { port, metrics } = await startGateway(secretPath);
    for (const token of ['nonsense', await sign({ exp: now() - 1 }), await sign({}, Buffer.alloc(32, 'f'))]) {
      const { status, cookies, body } = await post(port, { body: JSON.stringify({ token, keep: true }) });
      expect([status, cookies, JSON.parse(body).code]).toEqual([401, [], 'unauthenticated']);
    }
    expect(await metrics.registry.metrics()).toMatch(/clusterlog_unauthenticated_total\{reason="expired"\} 1/);
  });
});

describe('POST /logs/session/end', () => {
  test('clears the cookie', async () => {
    const { port } = await startGateway(secretPath);
    const { status, cookies } = await post(port, { to: `${path}/end` });
    expect(status).toBe(204);
    expect(cookies).toEqual([expect.stringMatching(/^clusterlog=; Max-Age=0; Path=\/;.* HttpOnly; SameSite=Strict$/)]);
    const secure = await behindProxy();
    const cleared = await post(secure.port, { to: `${path}/end`, headers: throughTls(secure.port) });
    expect(cleared.cookies).toEqual([expect.stringMatching(/^__Host-clusterlog=; Max-Age=0; Path=\/;.*Secure/)]);
  });
});

describe("another site's page", () => {
  const attacks: [name: string, headers: Record<string, string | undefined>][] = [
    ['of another origin', { origin: 'https://evil.example' }],
    ['of another port', { origin: 'http://127.0.0.1:1' }],
    ['of the same host without TLS', { host: 'logs.example', origin: 'https://logs.example' }],
    ['without an origin', { origin: undefined }],
    ['of an opaque origin', { origin: 'null' }],
    ['of another subdomain', { 'sec-fetch-site': 'same-site' }],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    [
      'that says how it came without being a trusted proxy',
      { 'x-forwarded-host': 'evil.example', origin: 'http://evil.example' },
    ],
  ];
  test.each(attacks)('%s signs nobody in or out', async (_name, headers) => {
    const { port } = await startGateway(secretPath);
    for (const to of [path, `${path}/end`]) {
      const { status, cookies, body } = await signIn(port, {}, { to, headers });
      expect([status, cookies, JSON.parse(body).code]).toEqual([403, [], 'other-origin']);
    }
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', undefined])(
    'with a form signs nobody in: %s',
    async (type) => {
      const { port } = await startGateway(secretPath);
      const { status, cookies } = await signIn(port, {}, { headers: { 'content-type': type } });
      expect([status, cookies]).toEqual([400, []]);
    },
  );

  test('reads nothing with the cookie, nor does anything', async () => {
    const { port } = await startGateway(secretPath);
    const cookie = `clusterlog=${await sign({})}`;
    for (const site of ['cross-site', 'same-site']) {
      const headers = { cookie, 'sec-fetch-site': site };
      expect((await get(port, '/system/v1/logs/v3/tasks', { headers })).status).toBe(401);
      expect((await get(port, path, { headers })).status).toBe(401);
    }
    expect((await get(port, '/mesos/api/v1', { method: 'POST', headers: { cookie } })).status).toBe(401);
  });

  test('cannot bring a cookie of its own where only TLS counts', async () => {
    const { port } = await behindProxy();
    const cookie = `clusterlog=${await sign({})}`;
    expect((await get(port, path, { headers: { ...throughTls(port), cookie } })).status).toBe(401);
    const open = await startGateway(secretPath);
    expect((await get(open.port, path, { headers: { host: 'logs.example', cookie } })).status).toBe(401);
    const host = `__Host-clusterlog=${await sign({})}`;
    expect((await get(open.port, path, { headers: { cookie: host } })).status).toBe(401);
  });
});

test('with the viewer switched off nobody signs in', async () => {
  const { port } = await startGateway(secretPath, { router: testRouter({ without: new Set(['viewer']) }) });
  const { status, cookies } = await signIn(port, {}, { headers: { authorization: `token=${await sign({})}` } });
  expect([status, cookies]).toEqual([404, []]);
});
