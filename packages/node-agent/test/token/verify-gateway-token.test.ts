import { type Scope, wholeNode } from '@clusterlog/shared';
import { createLocalJWKSet, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyGatewayToken } from '../../src/token/verify-gateway-token.ts';
import { GatewaySigner, type SignedRequest } from './gateway-signer.ts';

const path = '/v1/range/';
const route = `GET ${path}`;
let gateway: GatewaySigner;
let keys: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  gateway = await GatewaySigner.create('g1');
  keys = createLocalJWKSet({ keys: [gateway.publicJwk] });
});

async function verify(request: Partial<SignedRequest>): Promise<unknown> {
  return verifyGatewayToken(await gateway.sign({ path, ...request }), keys, 'S0', route);
}

describe('a gateway token', () => {
  it('tells who asks and what may be read', async () => {
    const scope: Scope = { v: 1, read: [[{ field: 'FRAMEWORK_ID', in: ['f'] }]], files: [], withhold: [] };
    expect(await verify({ scope })).toMatchObject({ uid: 'alice', scope });
  });

  it.each<[string, Partial<SignedRequest>, RegExp]>([
    ['for another agent', { audience: 'S1' }, /aud/],
    [
      'for another path',
      { path: '/v1/stream/' },
      /expected a token for GET \/v1\/range\/, found one for GET \/v1\/stream\//,
    ],
    ['for another method', { method: 'POST' }, /found one for POST/],
    ['that has expired', { issuedAt: -120, expiresAt: -90 }, /was signed 12[01] s ago; taken is one of the last 45 s/],
    ['from the future', { issuedAt: 120, expiresAt: 150 }, /was signed 1(20|19) s in the future/],
    ['that lives too long', { expiresAt: 3600 }, /at most 30 s, found 3600/],
    ['that ends before it begins', { issuedAt: 10, expiresAt: 5 }, /an end after the beginning/],
    ['older than a minute however long it lives', { issuedAt: -120, expiresAt: 60 }, /was signed 12[01] s ago/],
    ['of another type', { type: 'JWT' }, /typ/],
    ['with an unknown claim', { extra: { admin: true } }, /unknown shape/],
    ['without a uid', { extra: { uid: '' } }, /unknown shape/],
    ['with a scope of an unknown version', { scope: { ...wholeNode, v: 2 } as unknown as Scope }, /unknown shape/],
    ['with an unknown member in its scope', { scope: { ...wholeNode, until: 5 } as unknown as Scope }, /unknown shape/],
    ['with a group that has no condition', { scope: { ...wholeNode, read: [[]] } }, /unknown shape/],
  ])('%s is refused', async (_case, request, reason) => {
    await expect(verify(request)).rejects.toThrow(reason);
  });

  it('signed by someone else is refused', async () => {
    const stranger = await GatewaySigner.create('g1');
    await expect(verifyGatewayToken(await stranger.sign({ path }), keys, 'S0', route)).rejects.toThrow(/signature/);
  });

  it('without a signature is refused', async () => {
    const claims = { uid: 'alice', route, scope: wholeNode };
    const token = new UnsecuredJWT(claims).setAudience('S0').setIssuedAt().setExpirationTime('30s').encode();
    await expect(verifyGatewayToken(token, keys, 'S0', route)).rejects.toThrow();
  });

  it('signed with the public key as an HMAC secret is refused', async () => {
    const secret = Buffer.from(gateway.publicJwk.x ?? '', 'base64url');
    const token = await new SignJWT({ uid: 'alice', route, scope: wholeNode })
      .setProtectedHeader({ alg: 'HS256', kid: 'g1', typ: 'clusterlog-gateway+jwt' })
      .setAudience('S0')
      .setIssuedAt()
      .setExpirationTime('30s')
      .sign(secret);
    await expect(verifyGatewayToken(token, keys, 'S0', route)).rejects.toThrow(/alg/);
  });
});
