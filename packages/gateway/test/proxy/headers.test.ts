import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { keyDirectory, secret, sign } from '../auth/keys.ts';
import { get, getAs, startAgent, startGateway } from '../gateway.ts';

const secretPath = keyDirectory()('secret', secret);
const byAgent = '/system/v1/agent/S1/logs/v1/range/';
const ownNode = '/system/v1/logs/v1/range/';

async function gateway(answer: OutgoingHttpHeaders = {}) {
  const requests: IncomingMessage[] = [];
  const { port: agentPort, origin } = await startAgent((request, response) => {
    requests.push(request);
    response.writeHead(200, answer).end('line\n');
  });
  const { port } = await startGateway(secretPath, { agentPort, localAgent: { id: 'local', origin } });
  return { port, requests };
}

describe('towards the agent', () => {
  test('the caller’s token and cookies are left out, a gateway token stands in their place', async () => {
    const { port, requests } = await gateway();
    const token = await sign({});
    await get(port, byAgent, {
      headers: { authorization: `token=${token}`, cookie: 'other=1', 'proxy-authorization': 'x' },
    });
    await get(port, byAgent, { headers: { cookie: `dcos-acs-auth-cookie=${token}; dcos-acs-info-cookie=i; other=1` } });
    for (const { headers } of requests) {
      expect(headers.authorization).toMatch(/^Bearer /);
      expect(JSON.stringify(headers)).not.toContain(token);
      expect(headers.cookie).toBeUndefined();
      expect(headers['proxy-authorization']).toBeUndefined();
    }
    expect(requests).toHaveLength(2);
  });

  test('it is said who asked and how, as Admin Router says it', async () => {
    const { port, requests } = await gateway();
    await getAs('alice', port, byAgent, { host: 'logs.example:8443', 'x-forwarded-for': '192.0.2.1' });
    expect(requests[0]?.headers).toMatchObject({
      host: 'logs.example:8443',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
    });
  });

  test('what reading depends on is passed on, what concerns one connection is not', async () => {
    const { port, requests } = await gateway();
    await getAs('alice', port, byAgent, {
      accept: 'text/event-stream',
      'last-event-id': 's=1;i=2',
      'user-agent': 'test',
      'accept-encoding': 'gzip',
      'x-hop': '1',
      connection: 'close, x-hop, authorization',
      te: 'trailers',
    });
    const { headers, httpVersion } = requests[0] as IncomingMessage;
    expect(httpVersion).toBe('1.1');
    expect(headers).toMatchObject({ accept: 'text/event-stream', 'last-event-id': 's=1;i=2', 'user-agent': 'test' });
    expect(headers.authorization).toMatch(/^Bearer /);
    for (const name of ['accept-encoding', 'x-hop', 'te']) expect([name, headers[name]]).toEqual([name, undefined]);
    expect(headers.connection).toBe('keep-alive');
  });

  test('a body sent with GET is left out', async () => {
    const { port, requests } = await gateway();
    const sent = request({
      port,
      path: byAgent,
      headers: { authorization: `token=${await sign({})}`, 'content-type': 'text/plain' },
    });
    sent.end('GET /other HTTP/1.1\r\n\r\n');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(requests).toHaveLength(1);
    for (const name of ['content-length', 'transfer-encoding', 'content-type']) {
      expect([name, requests[0]?.headers[name]]).toEqual([name, undefined]);
    }
  });

  test('the request id and the trace are carried on', async () => {
    const { port, requests } = await gateway();
    const traceId = 'a'.repeat(32);
    const { headers } = await getAs('alice', port, byAgent, {
      'x-request-id': 'mine-1',
      traceparent: `00-${traceId}-${'b'.repeat(16)}-01`,
    });
    expect(requests[0]?.headers['x-request-id']).toBe('mine-1');
    expect(requests[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b{16})[0-9a-f]{16}-01$`));
    expect(headers['x-request-id']).toBe('mine-1');
  });
});

describe('towards the caller', () => {
  test('dcos-log’s headers pass', async () => {
    const journal = {
      'content-type': 'application/json',
      'x-journal-skip-next': '1',
      'x-journal-skip-prev': '2',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
      'content-disposition': 'attachment; filename=task.log.gz',
    };
    const { port } = await gateway(journal);
    expect((await getAs('alice', port, byAgent)).headers).toMatchObject(journal);
  });

  test('headers of the connection to the agent do not, nor those named by Connection', async () => {
    const { port } = await gateway({
      connection: 'keep-alive, x-hop',
      'keep-alive': 'timeout=99',
      'x-hop': '1',
      server: 'agent',
    });
    const { headers } = await getAs('alice', port, byAgent, { connection: 'close' });
    expect(headers.connection).toBe('close');
    expect(headers['keep-alive']).toBeUndefined();
    expect(headers['x-hop']).toBeUndefined();
    expect(headers.server).toBeUndefined();
  });

  test('nothing passes with which a node could speak for the gateway to browsers', async () => {
    const { port } = await gateway({
      'set-cookie': 'dcos-acs-auth-cookie=mine; Path=/',
      'clear-site-data': '"*"',
      'strict-transport-security': 'max-age=1',
      'access-control-allow-credentials': 'true',
      location: 'https://elsewhere.example/',
      refresh: '0; url=https://elsewhere.example/',
      'x-accel-redirect': '/etc/shadow',
      'content-type': 'text/html',
    });
    const { headers } = await getAs('alice', port, byAgent);
    for (const name of [
      'set-cookie',
      'clear-site-data',
      'strict-transport-security',
      'location',
      'refresh',
      'x-accel-redirect',
    ]) {
      expect([name, headers[name]]).toEqual([name, undefined]);
    }
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test.each([
    'text/plain',
    'application/json',
    'text/event-stream',
    'text/plain; charset=utf-8',
    'application/problem+json',
  ])('the type %s passes as it is', async (type) => {
    const { port } = await gateway({ 'content-type': type });
    expect((await getAs('alice', port, byAgent)).headers['content-type']).toBe(type);
  });

  test('X-Accel-Buffering passes on the own node’s routes and is kept back on the routes by agent id', async () => {
    const { port } = await gateway({ 'x-accel-buffering': 'no' });
    expect((await getAs('alice', port, ownNode)).headers['x-accel-buffering']).toBe('no');
    expect((await getAs('alice', port, byAgent)).headers['x-accel-buffering']).toBeUndefined();
  });
});
