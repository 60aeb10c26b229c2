import { wholeNode } from '@clusterlog/shared';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeSigningKey } from '../../src/keys/signing-key.ts';
import { GatewayTokens } from '../../src/proxy/gateway-tokens.ts';
import type { AgentRequest } from '../../src/proxy/sign-gateway-token.ts';

const start = Date.now();
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: start }));
afterEach(() => void vi.useRealTimers());

const asked: AgentRequest = { agentId: 'S1', uid: 'alice', method: 'GET', path: '/v1/range/', scope: wholeNode };

function gateway() {
  const keys = { current: makeSigningKey(0), published: [] };
  return { keys, tokens: new GatewayTokens(keys) };
}

test('equal requests within seconds share a token', async () => {
  const { tokens } = gateway();
  const token = await tokens.of(asked);
  vi.setSystemTime(start + 4_999);
  expect(await tokens.of({ ...asked, scope: structuredClone(wholeNode) })).toBe(token);
});

test('a token is signed anew while most of its life is left', async () => {
  const { tokens } = gateway();
  await tokens.of(asked);
  vi.setSystemTime(start + 5_000);
  expect(decodeJwt(await tokens.of(asked)).iat).toBe(Math.floor((start + 5_000) / 1_000));
});

test('a token is not from the future when the clock has gone back', async () => {
  const { tokens } = gateway();
  await tokens.of(asked);
  vi.setSystemTime(start - 60_000);
  expect(decodeJwt(await tokens.of(asked)).iat).toBe(Math.floor((start - 60_000) / 1_000));
});

test.each<[string, Partial<AgentRequest>, object]>([
  ['another agent', { agentId: 'S2' }, { aud: 'S2' }],
  ['another caller', { uid: 'bob' }, { uid: 'bob' }],
  ['another method', { method: 'POST' }, { route: 'POST /v1/range/' }],
  ['another path', { path: '/v1/stream/' }, { route: 'GET /v1/stream/' }],
  ['another scope', { scope: { ...wholeNode, read: [] } }, { scope: { ...wholeNode, read: [] } }],
  [
    'what is withheld',
    { scope: { ...wholeNode, withhold: [{ field: 'A' }] } },
    { scope: { withhold: [{ field: 'A' }] } },
  ],
])('a request that differs in %s gets a token of its own', async (_what, other, claims) => {
  const { tokens } = gateway();
  const token = await tokens.of(asked);
  const its = await tokens.of({ ...asked, ...other });
  expect(its).not.toBe(token);
  expect(decodeJwt(its)).toMatchObject(claims);
  expect(await tokens.of(asked)).toBe(token);
});

test('texts that only seem to be the same together are told apart', async () => {
  const { tokens } = gateway();
  await tokens.of({ ...asked, agentId: 'S1","alice', uid: 'x' });
  expect(decodeJwt(await tokens.of({ ...asked, agentId: 'S1', uid: 'alice","x' }))).toMatchObject({ aud: 'S1' });
});

test('a token is not used on once another key signs', async () => {
  const { keys, tokens } = gateway();
  await tokens.of(asked);
  keys.current = makeSigningKey(1);
  expect(decodeProtectedHeader(await tokens.of(asked)).kid).toBe(keys.current.kid);
});

test("a token that carries the caller's own is of one request", async () => {
  const { tokens } = gateway();
  const forwarded = { ...asked, mesosAuthorization: 'token=a.b.c' };
  const token = await tokens.of(forwarded);
  expect(decodeJwt(await tokens.of(asked))).not.toHaveProperty('mesosAuthorization');
  vi.setSystemTime(start + 1_000);
  expect(await tokens.of(forwarded)).not.toBe(token);
});
