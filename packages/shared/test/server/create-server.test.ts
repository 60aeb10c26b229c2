import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { CodedError } from '@clusterlog/shared';
import {
  createLogger,
  createMetricsServer,
  createServer,
  type Face,
  health,
  Metrics,
  type Server,
} from '@clusterlog/shared/server';
import { pino } from 'pino';
import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

function server(): Server {
  const app = createServer({ log: createLogger('test', 'silent'), accessLog: true, metrics: new Metrics() });
  open.push(app);
  return app;
}

/** Sends bytes on a connection of its own and gives all that comes back until it is closed. */
async function exchange(
  app: Server,
  bytes: string,
  onData: (received: string, socket: Socket) => void = () => undefined,
): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
    onData(received, socket);
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

/** A server with routes to ask, and what it has logged. */
function audited() {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const log = pino({ base: null }, { write });
  const metrics = new Metrics();
  const app = createServer({ log, accessLog: true, metrics });
  open.push(app);
  app.get('/known', { schema: { ...schema, querystring: Type.Object({}) } }, async () => 'x');
  app.get('/x/:id', { schema: { ...schema, params: Type.Object({ id: Type.String() }) } }, async () => 'x');
  const lines = () =>
    text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; reqId: string; audit: object });
  return { app, lines, metrics };
}

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}),
  headers: Type.Object({}),
  response: { 200: Type.String() },
};

function failing(face: Face, raise: () => Error): Server {
  const app = server();
  app.get('/fails', { schema, config: { face } }, async () => {
    throw raise();
  });
  return app;
}

describe('a server of the house', () => {
  it('refuses to start with a route that declares no schemas', async () => {
    const app = server();
    app.get('/bare', { schema: { params: Type.Object({}) } }, async () => 'x');
    await expect(app.ready()).rejects.toThrow('GET /bare (querystring, headers, response)');
  });

  it('keeps a harmless request id of the caller and replaces a strange one', async () => {
    const app = server();
    app.get('/id', { schema }, async (request) => request.id);
    expect((await app.inject({ url: '/id', headers: { 'x-request-id': 'abc-1' } })).body).toBe('abc-1');
    const replaced = await app.inject({ url: '/id', headers: { 'x-request-id': 'a b"c' } });
    expect(replaced.body).toMatch(/^[0-9a-f-]{36}$/);
    expect(replaced.headers['x-request-id']).toBe(replaced.body);
  });

  it('continues the caller’s trace', async () => {
    const app = server();
    app.get('/trace', { schema }, async (request) => request.trace.traceId);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const given = await app.inject({ url: '/trace', headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect(given.body).toBe(traceId);
    const none = await app.inject({
      url: '/trace',
      headers: { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` },
    });
    expect(none.body).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  });

  it('says nothing of the inside when a route breaks', async () => {
    const answer = await failing('problem', () => new Error('connect ECONNREFUSED 10.0.0.7:5051')).inject('/fails');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'internal', status: 500 });
    expect(answer.body).not.toContain('10.0.0.7');
  });

  it('answers 404 to HEAD and POST on a GET route', async () => {
    const app = server();
    app.get('/only', { schema }, async () => 'x');
    expect((await app.inject({ method: 'HEAD', url: '/only' })).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/only' })).statusCode).toBe(404);
  });

  it('takes a path parameter of 1,000 characters', async () => {
    const app = server();
    app.get(
      '/x/:id',
      { schema: { ...schema, params: Type.Object({ id: Type.String() }) } },
      async (request) => request.params.id,
    );
    expect((await app.inject(`/x/${'i'.repeat(1000)}`)).body).toHaveLength(1000);
  });

  it('takes headers of 60 KiB', async () => {
    const app = server();
    app.get('/', { schema }, async () => 'ok');
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(url, { headers: { authorization: `Bearer ${'t'.repeat(60_000)}` } });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['bytes that are not HTTP', 'nonsense\r\n\r\n', 400, 'not-http'],
    [
      'a request whose end two servers could see at different places',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'not-http',
    ],
    ['headers of 70 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70 * 1024)}\r\n\r\n`, 431, 'headers-too-large'],
  ])('answers %s with problem details, counts it by its code, and closes', async (_what, bytes, status, code) => {
    const { app, metrics } = audited();
    const answer = await exchange(app, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('content-type: application/problem+json\r\n');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status, code });
    expect((await metrics.errors.get()).values).toMatchObject([{ labels: { code }, value: 1 }]);
  });

  it('puts no error into an answer that it has begun, and counts what it has refused all the same', async () => {
    const { app, metrics } = audited();
    app.get('/stream', { schema }, (_request, reply) => {
      const lines = new PassThrough();
      lines.write('first\n');
      reply.send(lines as never);
    });
    const answer = await exchange(app, 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\n', (received, socket) => {
      if (received.includes('first')) socket.write('nonsense\r\n\r\n');
    });
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect((await metrics.errors.get()).values).toMatchObject([{ labels: { code: 'not-http' }, value: 1 }]);
  });

  it('refuses a request with two Hosts, which two servers could take for different ones', async () => {
    const { app, lines } = audited();
    const received = await exchange(app, 'GET /known HTTP/1.1\r\nhost: a\r\nHOST: b\r\nconnection: close\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"not-http"/);
    expect(lines().at(-1)).toMatchObject({ audit: { decision: 'not-http', status: 400 } });
  });

  it.each(['/known', '/%'])(
    'closes the connection behind a request that wants another protocol, at %s: what follows has no certain beginning',
    async (path) => {
      const { app } = audited();
      const upgrade = `GET ${path} HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n`;
      const received = await exchange(app, `${upgrade}GET /known HTTP/1.1\r\nhost: x\r\n\r\n`);
      expect(received.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
      expect(received.toLowerCase()).toContain('\r\nconnection: close\r\n');
    },
  );

  it.each(['61', 'Infinity', '-Infinity', '1e309', 'NaN', '-1'])(
    'holds a number to its bounds, however it is written: %s',
    async (text) => {
      const app = server();
      const bounded = { minimum: 0, maximum: 60 };
      const querystring = Type.Object({
        whole: Type.Optional(Type.Integer(bounded)),
        any: Type.Optional(Type.Number(bounded)),
      });
      app.get('/bounded', { schema: { ...schema, querystring } }, async () => 'x');
      for (const name of ['whole', 'any']) {
        const { statusCode, body } = await app.inject(`/bounded?${name}=${text}`);
        expect([statusCode, body]).toEqual([400, expect.stringContaining(`Parameter ${name}: `)]);
      }
      expect((await app.inject('/bounded?whole=60&any=0.5')).statusCode).toBe(200);
    },
  );

  it('says of a body that is too large how large it may be, and closes the connection', async () => {
    const app = server();
    app.post('/body', { schema: { ...schema, body: Type.Unknown() } }, async () => 'x');
    const head = 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 70000\r\n\r\n';
    const received = await exchange(app, head + 'x'.repeat(70_000));
    expect(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body-too-large"/);
    expect(received).toContain('larger than 65536 bytes');
  });

  it('says of an id in the path that is too long how long it may be', async () => {
    const app = server();
    app.get('/x/:id', { schema: { ...schema, params: Type.Object({ id: Type.String() }) } }, async () => 'x');
    const answer = await app.inject(`/x/${'i'.repeat(1025)}`);
    expect(answer.json()).toMatchObject({ status: 414, code: 'parameter-too-long' });
    expect(answer.json().detail).toContain('1024');
  });
});

describe('the audit', () => {
  it.each([
    ['is answered', '/known', { status: 200, route: '/known' }],
    ['has no route', '/unknown', { status: 404, decision: 'not-found' }],
    ['has a path that cannot be decoded', '/%zz', { status: 400, decision: 'bad-request-target' }],
    ['has an id that is too long', `/x/${'i'.repeat(1025)}`, { status: 414, decision: 'parameter-too-long' }],
  ])('is one line for a request that %s, under the id it is answered with, and counted', async (_what, url, audit) => {
    const { app, lines, metrics } = audited();
    const { headers } = await app.inject(url);
    await app.close();
    const requests = lines().filter(({ msg }) => msg === 'request');
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ reqId: headers['x-request-id'], audit: { method: 'GET', url, ...audit } });
    expect(await metrics.registry.metrics()).toContain(`,status="${audit.status}"} 1`);
  });

  it('holds no token that was put into the URL', async () => {
    const { app, lines } = audited();
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiJhbGljZSJ9.c2lnbmF0dXJl';
    await app.inject(`/known?token=${token}&limit=1`);
    await app.close();
    expect(JSON.stringify(lines())).not.toContain(token.slice(0, 30));
    expect(lines().at(-1)).toMatchObject({ audit: { url: '/known?token=<token>&limit=1' } });
  });
});

describe('an error', () => {
  it('is none where a client is gone, and what was done for it was stopped', async () => {
    const { app, lines, metrics } = audited();
    app.get('/search', { schema }, (_request, reply) => {
      const gone = new AbortController();
      const search = once(new PassThrough(), 'never', { signal: gone.signal });
      reply.raw.once('close', () => gone.abort());
      return search.then(() => 'x');
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const asked = once(app.server, 'request');
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /search HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;
    socket.destroy();
    await expect.poll(() => lines().some(({ msg }) => msg === 'request')).toBe(true);
    expect(lines().filter(({ msg }) => msg !== 'request' && !msg.startsWith('Server listening'))).toEqual([]);
    expect((await metrics.errors.get()).values).toEqual([]);
  });

  const unauthenticated = () => new CodedError('unauthenticated', {});

  it('speaks dcos-log’s words on v1', async () => {
    const answer = await failing('dcos-log-v1', () => new CodedError('bad-filter', { problem: 'Expected x' })).inject(
      '/fails',
    );
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.body).toMatch(
      /^Message: Expected x \[request URI: \/fails; remote address: 127\.0\.0\.1:\d*(undefined)?; Accept: ; Proto: HTTP\/1\.1\]\n$/,
    );
  });

  it('tells of no other address than the caller’s own, where a gateway stands before it', async () => {
    const app = failing('dcos-log-v1', () => new CodedError('bad-filter', { problem: 'Expected x' }));
    const { body } = await app.inject({ url: '/fails', headers: { 'x-real-ip': '10.1.2.3' } });
    expect(body).toContain('remote address: 10.1.2.3;');
    expect(body).not.toContain('127.0.0.1');
  });

  it('is bare text on v2', async () => {
    const answer = await failing('dcos-log-v2', () => new CodedError('bad-filter', { problem: 'Expected x' })).inject(
      '/fails',
    );
    expect(answer.body).toBe('Expected x\n');
  });

  it('speaks Admin Router’s words on its routes', async () => {
    const answer = await failing('admin-router', () => new CodedError('unknown-agent', { agent: 'S0' })).inject(
      '/fails',
    );
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.body).toBe('404 Not Found: agent `S0` unknown.\n');
  });

  it('sends browsers to the login page where Admin Router did', async () => {
    const answer = await failing('admin-router', unauthenticated).inject('/fails');
    expect(answer.headers['www-authenticate']).toBe('oauthjwt');
    expect(answer.headers['content-type']).toBe('text/html; charset=UTF-8');
    expect(answer.body).toContain('/#/login?redirect=');
  });

  it.each(['dcos-log-v1', 'dcos-log-v2', 'admin-router'] as const)(
    'is problem details on %s when Accept asks for JSON',
    async (face) => {
      const answer = await failing(face, unauthenticated).inject({
        url: '/fails',
        headers: { accept: 'application/json' },
      });
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 401, code: 'unauthenticated', title: 'unauthenticated' });
      expect(answer.json().hint).toContain('Authorization');
    },
  );

  it('repeats at most 512 characters of what was sent', () => {
    expect(new CodedError('bad-filter', { problem: 'x'.repeat(10_000) }).message.length).toBeLessThan(600);
  });
});

describe('health', () => {
  it('is not ready while a check fails, and says what is wrong', async () => {
    const app = server();
    let state: 'ok' | 'failing' | 'degraded' = 'failing';
    app.register(health, { checks: () => [{ check: 'journal', state, detail: 'no permission' }] });
    const failed = await app.inject('/health/ready');
    expect(failed.statusCode).toBe(503);
    expect(failed.json()).toEqual({
      status: 'not-ready',
      checks: [{ check: 'journal', state: 'failing', detail: 'no permission' }],
    });
    state = 'degraded';
    expect((await app.inject('/health/ready')).json()).toMatchObject({ status: 'degraded' });
    state = 'ok';
    expect((await app.inject('/health/ready')).json()).toMatchObject({ status: 'ready' });
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'live' });
  });
});

describe('metrics', () => {
  it('count requests by route and are served by a listener of their own', async () => {
    const metrics = new Metrics();
    const app = createServer({ log: createLogger('test', 'silent'), accessLog: false, metrics });
    open.push(app);
    app.get('/x/:id', { schema: { ...schema, params: Type.Object({ id: Type.String() }) } }, async () => 'x');
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    await (await fetch(`${url}/x/1`)).text();
    await (await fetch(`${url}/x/2`)).text();
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    const listener = createMetricsServer(metrics);
    open.push(listener);
    const text = (await listener.inject('/metrics')).body;
    expect(text).toContain('clusterlog_http_requests_total{method="GET",route="/x/:id",status="200"} 2');
    expect(text).toContain('process_cpu_seconds_total');
  });
});
