import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayTokenClaims, wholeNode } from '@clusterlog/shared';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { Value } from 'typebox/value';
import { afterAll, describe, expect, test } from 'vitest';
import { signGatewayToken } from '../../src/proxy/sign-gateway-token.ts';
import { openSigningKey } from '../../src/proxy/signing-key.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-signing-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the signing key', () => {
  test('is made once, for its owner only, and nothing else is left behind', async () => {
    const place = join(directory, 'made');
    const path = join(place, 'key.json');
    const first = await openSigningKey(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(place)).toEqual(['key.json']);
    const second = await openSigningKey(path);
    expect(second.kid).toBe(first.kid);
    expect(second.publicJwk).toEqual(first.publicJwk);
  });

  test('is the same for gateways that start at once on one file', async () => {
    const path = join(directory, 'shared.json');
    const keys = await Promise.all(Array.from({ length: 8 }, () => openSigningKey(path)));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
  });

  test('is published without its private part', async () => {
    const path = join(directory, 'public.json');
    const { publicJwk } = await openSigningKey(path);
    expect(Object.keys(publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(JSON.stringify(publicJwk)).not.toContain(JSON.parse(readFileSync(path, 'utf8')).d);
  });

  test.each([
    ['no JSON', 'x'],
    ['a public key', JSON.stringify(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }))],
    [
      'another kind of key',
      JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })),
    ],
    ['an Ed448 key', JSON.stringify(generateKeyPairSync('ed448').privateKey.export({ format: 'jwk' }))],
  ])('is refused where the file holds %s', async (_what, content) => {
    const path = join(directory, 'wrong.json');
    writeFileSync(path, content);
    await expect(openSigningKey(path)).rejects.toThrow(
      `--signing-key-file ${path}: expected a private Ed25519 key as a JWK`,
    );
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test('signs tokens in the shape that agents take, for at most a minute', async () => {
    const key = await openSigningKey(join(directory, 'signing.json'));
    const token = await signGatewayToken(
      { agentId: 'S1', uid: 'alice', method: 'GET', path: '/v1/range/', scope: wholeNode },
      key,
    );
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'clusterlog-gateway+jwt', kid: key.kid });
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [key.publicJwk] }), { audience: 'S1' });
    expect(Value.Check(GatewayTokenClaims, payload)).toBe(true);
    expect(payload).toMatchObject({ uid: 'alice', route: 'GET /v1/range/', scope: wholeNode });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });
});
