import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevCluster } from '../dev-cluster/cluster.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const folder = mkdtempSync(join(tmpdir(), 'clusterlog-callers-'));
let cluster: DevCluster;

beforeAll(async () => {
  const file = join(folder, 'public.pem');
  writeFileSync(file, publicPem);
  cluster = await DevCluster.start({ nodes: 1, gatewayArguments: ['--auth-public-key-file', file] });
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true });
});

const claims = { uid: 'alice' };
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

function rsa(payload: JWTPayload, alg = 'RS256', key = privateKey): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(key);
}

async function ask(headers: Record<string, string>) {
  const url = `${cluster.gateway.url}/system/v1/agent/${cluster.nodes[0]?.agentId}/logs/v1/range/?limit=1`;
  const { statusCode, headers: answered, body } = await request(url, { headers });
  return { statusCode, headers: answered, text: await body.text() };
}

describe('a caller at the gateway', () => {
  it('is answered with a token of the identity provider, by header and by cookie', async () => {
    const token = await rsa({ ...claims, exp: inAnHour() });
    for (const headers of [
      { authorization: `token=${token}` },
      { authorization: `Bearer ${token}` },
      { cookie: `dcos-acs-auth-cookie=${token}` },
    ]) {
      expect((await ask(headers)).statusCode).toBeLessThan(300);
    }
  });

  it('is answered with a token that clusterlog-gateway token printed', async () => {
    expect((await ask({ authorization: `token=${cluster.token}` })).statusCode).toBeLessThan(300);
  });

  const refusals: Record<string, () => Promise<string> | string> = {
    'no token': () => '',
    'a word that is no token': () => 'token=nonsense',
    'an expired token': async () => `token=${await rsa({ ...claims, exp: inAnHour() - 7200 })}`,
    'a token without an end': async () => `token=${await rsa(claims)}`,
    'a token without uid': async () => `token=${await rsa({ exp: inAnHour() })}`,
    'alg none': () => `token=${new UnsecuredJWT({ ...claims, exp: inAnHour() }).encode()}`,
    'HS256 signed with the public key': async () =>
      `token=${await new SignJWT({ ...claims, exp: inAnHour() }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(publicPem))}`,
    'a forged signature': async () => {
      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      return `token=${await rsa({ ...claims, exp: inAnHour() }, 'RS256', stranger)}`;
    },
    'Basic credentials': () => 'Basic YWxpY2U6c2VjcmV0',
  };
  it.each(Object.keys(refusals))('is refused with %s', async (name) => {
    const authorization = await refusals[name]?.();
    const { statusCode, headers, text } = await ask(authorization ? { authorization } : {});
    expect(statusCode).toBe(401);
    expect(headers['www-authenticate']).toBe('oauthjwt');
    expect(headers['content-type']).toBe('text/html; charset=UTF-8');
    expect(text).toContain('Unauthorized');
  });

  it('cannot reach a node agent around the gateway', async () => {
    const url = `${cluster.nodes[0]?.agent.url}/v1/range/`;
    const token = await rsa({ ...claims, exp: inAnHour() });
    for (const headers of [{}, { authorization: `token=${token}` }, { authorization: `Bearer ${token}` }]) {
      expect((await request(url, { headers })).statusCode).toBe(401);
    }
  });
});
