import type { OutgoingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { get, getAs, startAgent, startGateway } from '../gateway.ts';
import { keyDirectory, now, secret, sign } from './keys.ts';

const secretPath = keyDirectory()('secret', secret);
const path = '/system/v1/agent/S1/logs/v1/range/';

async function gateway() {
  const { port: agentPort } = await startAgent((_request, response) => response.end('line\n'));
  return startGateway(secretPath, { agentPort });
}

describe('a request through the gateway', () => {
  test('is let in by token=, Bearer, or the cookie', async () => {
    const { port } = await gateway();
    const token = await sign({});
    for (const headers of [
      { authorization: `token=${token}` },
      { authorization: `Bearer ${token}` },
      { cookie: `a=b; dcos-acs-auth-cookie=${token}` },
      { cookie: `dcos-acs-auth-cookie=${token}`, 'sec-fetch-site': 'same-origin' },
    ]) {
      expect(await get(port, path, { headers })).toMatchObject({ status: 200, body: 'line\n' });
    }
  });

  test('is kept out with anything else', async () => {
    const { port } = await gateway();
    const token = await sign({});
    for (const headers of [
      { accept: '*/*' },
      { authorization: 'Basic eDp5', cookie: `dcos-acs-auth-cookie=${token}` },
      { authorization: '', cookie: `dcos-acs-auth-cookie=${token}` },
      { cookie: `dcos-acs-auth-cookie=${token}`, 'sec-fetch-site': 'cross-site' },
      { authorization: [`token=${token}`, `token=${token}`] },
      { authorization: `token=${await sign({ exp: now() - 1 })}` },
      { authorization: `token=${await sign({}, Buffer.alloc(32, 'f'))}` },
    ] as OutgoingHttpHeaders[]) {
      expect((await get(port, path, { headers })).status).toBe(401);
    }
  });

  test('without a token is answered as Admin Router does: its page, with the way to the login', async () => {
    const { port } = await gateway();
    const { status, headers, body } = await get(port, path);
    expect(status).toBe(401);
    expect(headers['content-type']).toBe('text/html; charset=UTF-8');
    expect(headers['www-authenticate']).toBe('oauthjwt');
    expect(body).toContain('/#/login?redirect=');
  });

  test('without a token is answered with problem details where JSON is asked for', async () => {
    const { port } = await gateway();
    const { headers, body } = await get(port, path, { headers: { accept: 'application/json' } });
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test.each([
    '/system/v1/agent/nobody/logs/v1/range/',
    '/system/v1/logs/v1/range/task/nobody',
    '/system/v1/logs/v1/nothing',
    '/system/v1/logs',
    '/nothing',
  ])('without a token learns nothing else: %s is 401', async (unknown) => {
    const { port } = await gateway();
    expect((await get(port, unknown)).status).toBe(401);
  });

  test('may be for health and the public keys without a token', async () => {
    const { port } = await gateway();
    for (const open of ['/health/live', '/health/ready', '/.well-known/jwks.json']) {
      expect((await get(port, open)).status).toBe(200);
    }
  });

  test('that is refused counts by reason, and the token stands nowhere', async () => {
    const { port, metrics } = await gateway();
    await getAs('alice', port, path);
    await get(port, path, { headers: { authorization: `token=${await sign({ exp: 1 })}` } });
    const text = await metrics.registry.metrics();
    expect(text).toContain('clusterlog_unauthenticated_total{reason="expired"} 1');
    expect(text).not.toContain('reason="no-token"');
  });
});

test('the public keys of the gateway hold no private part', async () => {
  const { port } = await gateway();
  const { keys } = JSON.parse((await get(port, '/.well-known/jwks.json')).body);
  expect(keys).toHaveLength(1);
  expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});
