import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { pemOf } from '@clusterlog/test/fixtures/pem-files';
import { fc } from '@fast-check/vitest';
import { base64url, SignJWT } from 'jose';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keySetFile, keySetUrl } from '../../src/auth/jwks.ts';
import type { KeySource } from '../../src/auth/key-source.ts';
import { publicKeyFile } from '../../src/auth/public-key-file.ts';
import { RefusedToken } from '../../src/auth/refused-token.ts';
import { secretFile } from '../../src/auth/secret-file.ts';
import { createTokenVerifier, type TokenRules } from '../../src/auth/token-verifier.ts';
import { ec, ed, keyDirectory, now, pem, rsa, secret, sign } from './keys.ts';

const file = keyDirectory();
const ignore = () => undefined;
const verifier = (sources: KeySource[], rules: Partial<TokenRules> = {}) =>
  createTokenVerifier(sources, { uidClaim: 'uid', groupsClaim: 'groups', allowNoExpiry: false, ...rules });

const secretPath = file('secret', secret);
const bySecret = secretFile(secretPath, ignore, 0);
const byRsa = publicKeyFile(file('rsa.pem', pem(rsa.publicKey)), ignore);

const unsigned = (claims: object) =>
  `${base64url.encode(JSON.stringify({ alg: 'none' }))}.${base64url.encode(JSON.stringify({ uid: 'alice', exp: now() + 60, ...claims }))}.`;

describe('a token', () => {
  const verify = verifier([bySecret]);

  test('names its caller, his groups and its end', async () => {
    const exp = now() + 60;
    expect(await verify(await sign({ uid: 'alice', groups: ['a', 'b'], exp }))).toEqual({
      uid: 'alice',
      groups: ['a', 'b'],
      expiresAt: exp,
    });
  });

  test('may name one group as a text', async () => {
    expect(await verify(await sign({ groups: 'a' }))).toMatchObject({ groups: ['a'] });
  });

  test.each([undefined, null, []])('gives no groups when its claim is %j', async (groups) => {
    expect(await verify(await sign({ groups }))).toMatchObject({ groups: [] });
  });

  test.each([{ a: true }, ['a', 7], [['a']], 7, true])(
    'whose groups are %j is refused: a rule that denies would not hold',
    async (groups) => {
      await expect(verify(await sign({ groups }))).rejects.toMatchObject({ reason: 'bad-claim' });
    },
  );

  test.each([
    ['without a signature (alg none)', () => unsigned({}), 'malformed'],
    ['signed with another secret', () => sign({}, Buffer.alloc(32, 'x')), 'bad-signature'],
    ['of another HMAC', () => sign({}, Buffer.alloc(64, 'x'), 'HS512'), 'algorithm-refused'],
    [
      'whose payload was changed',
      async () => (await sign({})).replace(/\.[^.]+\./, `.${base64url.encode('{"uid":"root","exp":9999999999}')}.`),
      'bad-signature',
    ],
    ['that has expired', () => sign({ exp: now() - 1 }), 'expired'],
    ['that never expires', () => sign({ exp: undefined }), 'no-expiry'],
    ['whose end is a text', () => sign({ exp: '9999999999' }), 'bad-claim'],
    ['that is not valid yet', () => sign({ nbf: now() + 60 }), 'not-yet-valid'],
    ['without uid', () => sign({ uid: undefined }), 'no-uid'],
    ['whose uid is null', () => sign({ uid: null }), 'no-uid'],
    ['whose uid is empty', () => sign({ uid: '' }), 'no-uid'],
    ['whose uid is a number', () => sign({ uid: 7 }), 'no-uid'],
    ['that is no JWT', () => 'abc', 'malformed'],
    ['that is two parts of a JWT', async () => (await sign({})).replace(/\.[^.]+$/, ''), 'malformed'],
  ])('%s is refused', async (_what, token, reason) => {
    await expect(verify(await token())).rejects.toMatchObject({ reason });
  });

  test('without exp is taken where that is allowed', async () => {
    const lenient = verifier([bySecret], { allowNoExpiry: true });
    expect(await lenient(await sign({ exp: undefined }))).toMatchObject({ uid: 'alice', expiresAt: undefined });
    await expect(lenient(await sign({ exp: now() - 1 }))).rejects.toMatchObject({ reason: 'expired' });
  });

  test('must come from the issuer and be for the audience that are set', async () => {
    const strict = verifier([bySecret], { issuer: 'https://id', audience: 'logs' });
    expect(await strict(await sign({ iss: 'https://id', aud: ['other', 'logs'] }))).toMatchObject({ uid: 'alice' });
    await expect(strict(await sign({ iss: 'https://other', aud: 'logs' }))).rejects.toMatchObject({
      reason: 'wrong-issuer',
    });
    await expect(strict(await sign({ iss: 'https://id', aud: 'other' }))).rejects.toMatchObject({
      reason: 'wrong-audience',
    });
    await expect(strict(await sign({ iss: 'https://id' }))).rejects.toMatchObject({ reason: 'wrong-audience' });
  });

  test('names its caller and groups in the claims that are set', async () => {
    const renamed = verifier([bySecret], { uidClaim: 'sub', groupsClaim: 'roles' });
    expect(await renamed(await sign({ uid: undefined, sub: 'bob', roles: ['ops'] }))).toMatchObject({
      uid: 'bob',
      groups: ['ops'],
    });
  });

  test('meant for a node agent is not taken for a caller’s', async () => {
    const token = await new SignJWT({ uid: 'alice', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', typ: 'clusterlog-gateway+jwt' })
      .sign(secret);
    await expect(verify(token)).rejects.toMatchObject({ reason: 'malformed' });
  });
});

describe('a token of which anything was changed', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ %';
  const change = fc.record({
    at: fc.nat(),
    removed: fc.integer({ min: 0, max: 3 }),
    put: fc.array(fc.constantFrom(...letters), { maxLength: 3 }).map((list) => list.join('')),
  });

  test.each([
    ['HS256', secret, bySecret],
    ['RS256', rsa.privateKey, byRsa],
    ['ES256', ec.privateKey, publicKeyFile(file('changed-ec.pem', pem(ec.publicKey)), ignore)],
    ['EdDSA', ed.privateKey, publicKeyFile(file('changed-ed.pem', pem(ed.publicKey)), ignore)],
  ] as const)('is refused, wherever and whatever it was: %s', async (alg, key, source) => {
    const verify = verifier([source]);
    const token = await sign({ groups: ['a'] }, key, alg);
    await fc.assert(
      fc.asyncProperty(change, async ({ at, removed, put }) => {
        const place = at % (token.length + 1);
        const changed = `${token.slice(0, place)}${put}${token.slice(place + removed)}`;
        if (changed === token) await verify(changed);
        else await expect(verify(changed)).rejects.toBeInstanceOf(RefusedToken);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a public key in a PEM file', () => {
  test.each([
    ['RSA', rsa, 'RS256'],
    ['EC', ec, 'ES256'],
    ['Ed25519', ed, 'EdDSA'],
  ])('verifies tokens of its own type: %s', async (type, { publicKey, privateKey }, alg) => {
    const verify = verifier([publicKeyFile(file(`${type}.pem`, pem(publicKey)), ignore)]);
    expect(await verify(await sign({}, privateKey, alg))).toMatchObject({ uid: 'alice' });
  });

  test('is never an HS256 secret, neither alone nor beside a secret', async () => {
    const text = pem(rsa.publicKey);
    for (const forged of [await sign({}, Buffer.from(text)), await sign({}, Buffer.from(text.trimEnd()))]) {
      await expect(verifier([byRsa])(forged)).rejects.toMatchObject({ reason: 'algorithm-refused' });
      await expect(verifier([byRsa, bySecret])(forged)).rejects.toMatchObject({ reason: 'bad-signature' });
    }
  });

  test('takes RS256 only, as Admin Router does', async () => {
    await expect(verifier([byRsa])(await sign({}, rsa.privateKey, 'RS512'))).rejects.toMatchObject({
      reason: 'algorithm-refused',
    });
    await expect(verifier([byRsa])(await sign({}, rsa.privateKey, 'PS256'))).rejects.toMatchObject({
      reason: 'algorithm-refused',
    });
  });

  test('refuses a token of another key of its type', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await expect(verifier([byRsa])(await sign({}, other.privateKey, 'RS256'))).rejects.toMatchObject({
      reason: 'bad-signature',
    });
  });
});

describe('a JWK set', () => {
  const jwk = (key: typeof rsa.publicKey, kid?: string) => ({
    ...key.export({ format: 'jwk' }),
    ...(kid === undefined ? {} : { kid }),
  });

  test('in a file verifies by key id and type', async () => {
    const path = file('set.json', JSON.stringify({ keys: [jwk(rsa.publicKey, 'r'), jwk(ec.publicKey, 'e')] }));
    const verify = verifier([keySetFile(path, ignore)]);
    expect(await verify(await sign({}, rsa.privateKey, 'RS256', 'r'))).toMatchObject({ uid: 'alice' });
    expect(await verify(await sign({}, ec.privateKey, 'ES256', 'e'))).toMatchObject({ uid: 'alice' });
    await expect(verify(await sign({}, ec.privateKey, 'ES256', 'r'))).rejects.toMatchObject({
      reason: 'no-matching-key',
    });
    await expect(verify(await sign({}, Buffer.from(pem(rsa.publicKey)), 'HS256', 'r'))).rejects.toMatchObject({
      reason: 'algorithm-refused',
    });
  });

  test('tries every key of the type for a token without key id', async () => {
    const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const path = file('several.json', JSON.stringify({ keys: [jwk(ec.publicKey, 'a'), jwk(second.publicKey, 'b')] }));
    const verify = verifier([keySetFile(path, ignore)]);
    expect(await verify(await sign({}, second.privateKey, 'ES256'))).toMatchObject({ uid: 'alice' });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(verify(await sign({}, stranger.privateKey, 'ES256'))).rejects.toMatchObject({
      reason: 'bad-signature',
    });
  });

  test('behind a URL is fetched, and its keys stay in force while the URL does not answer', async () => {
    const server = createHttpServer((_request, response) =>
      response.end(JSON.stringify({ keys: [jwk(ed.publicKey, 'k')] })),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const problems: string[] = [];
    const failed = Promise.withResolvers<void>();
    const report = (source: string) => {
      problems.push(source);
      failed.resolve();
    };
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
    const source = keySetUrl(url, report, 20);
    const verify = verifier([source]);
    expect(await verify(await sign({}, ed.privateKey, 'EdDSA', 'k'))).toMatchObject({ uid: 'alice' });
    expect(source.problem?.()).toBeUndefined();
    server.closeAllConnections();
    server.close();
    await failed.promise;
    expect(await verify(await sign({}, ed.privateKey, 'EdDSA', 'k'))).toMatchObject({ uid: 'alice' });
    expect(problems[0]).toBe(`--auth-jwks ${url.href}`);
    source.close?.();
  });

  test('behind an https URL is fetched by the CA that is given for it, and not without', async () => {
    const keys = JSON.stringify({ keys: [jwk(ed.publicKey, 'k')] });
    const server = createHttpsServer({ cert: pemOf('agent.pem'), key: pemOf('agent.key') }, (_request, response) =>
      response.end(keys),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
    for (const [ca, isTrusted] of [
      ['authority', true],
      ['stranger', false],
    ] as const) {
      const dispatcher = new Agent({ connect: { ca: pemOf(`${ca}.pem`) } });
      const source = keySetUrl(url, ignore, undefined, dispatcher);
      const verified = verifier([source])(await sign({}, ed.privateKey, 'EdDSA', 'k'));
      if (isTrusted) expect(await verified).toMatchObject({ uid: 'alice' });
      else await expect(verified).rejects.toMatchObject({ reason: 'keys-unavailable' });
      source.close?.();
      await dispatcher.destroy();
    }
  });

  test('must hold public keys only, and at least one', () => {
    const sets = [
      [{ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, 'found a symmetric one'],
      [{ keys: [ec.privateKey.export({ format: 'jwk' })] }, 'found a private one'],
      [{ keys: [] }, 'with at least one key'],
      [{ keys: 'x' }, 'with at least one key'],
      [[], 'with at least one key'],
    ] as const;
    for (const [set, reason] of sets) {
      expect(() => keySetFile(file('wrong.json', JSON.stringify(set)), ignore)).toThrow(reason);
    }
  });

  test('that was never fetched refuses every token and says so to operators', async () => {
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const source = keySetUrl(new URL(`http://127.0.0.1:${port}/`), ignore);
    await expect(verifier([source])(await sign({}, ed.privateKey, 'EdDSA'))).rejects.toMatchObject({
      reason: 'keys-unavailable',
    });
    expect(source.problem?.()).toContain('no keys have been fetched');
    source.close?.();
  });
});

describe('several sources', () => {
  test('are all tried', async () => {
    const old = Buffer.alloc(32, 'o');
    const verify = verifier([byRsa, secretFile(file('old', old), ignore), bySecret]);
    expect(await verify(await sign({}, old))).toMatchObject({ uid: 'alice' });
    expect(await verify(await sign({}, secret))).toMatchObject({ uid: 'alice' });
    expect(await verify(await sign({}, rsa.privateKey, 'RS256'))).toMatchObject({ uid: 'alice' });
  });

  test('do not hide that the token has expired', async () => {
    const verify = verifier([bySecret, secretFile(file('other', Buffer.alloc(32, 'p')), ignore)]);
    await expect(verify(await sign({ exp: now() - 1 }))).rejects.toMatchObject({ reason: 'expired' });
  });
});

describe('a secret file', () => {
  test('that changes counts at once; one that becomes too short does not', async () => {
    const path = file('rotating', secret);
    const problems: string[] = [];
    const verify = verifier([secretFile(path, (source, { message }) => problems.push(`${source}: ${message}`), 0)]);
    const next = Buffer.alloc(40, 'n');
    writeFileSync(`${path}.new`, `${next}\n`);
    renameSync(`${path}.new`, path);
    await expect(verify(await sign({}))).rejects.toMatchObject({ reason: 'bad-signature' });
    expect(await verify(await sign({}, next))).toMatchObject({ uid: 'alice' });
    writeFileSync(path, 'short');
    expect(await verify(await sign({}, next))).toMatchObject({ uid: 'alice' });
    expect(problems).toEqual([`--auth-secret-file ${path}: expected a secret of at least 32 bytes, found 5`]);
  });
});
