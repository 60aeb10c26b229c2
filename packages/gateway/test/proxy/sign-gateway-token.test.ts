import { GatewayTokenClaims, wholeNode } from '@clusterlog/shared';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { makeSigningKey } from '../../src/keys/signing-key.ts';
import { signGatewayToken } from '../../src/proxy/sign-gateway-token.ts';

test('a gateway token has the shape that agents take, and lives for half a minute', async () => {
  const key = makeSigningKey(0);
  const asked = { agentId: 'S1', uid: 'alice', method: 'GET', path: '/v1/range/', scope: wholeNode };
  const token = await signGatewayToken(asked, key);
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'clusterlog-gateway+jwt', kid: key.kid });
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [key.publicJwk] }), { audience: 'S1' });
  expect(Value.Check(GatewayTokenClaims, payload)).toBe(true);
  expect(payload).toMatchObject({ uid: 'alice', route: 'GET /v1/range/', scope: wholeNode });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(30);
});
