import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gatewayTokenType, wholeNode } from '@clusterlog/shared';
import {
  base64url,
  constant,
  forge,
  hmac,
  type Signer,
  signedBy,
  statusOfRaw,
} from '@clusterlog/test/fixtures/forged-token';
import { expectAllRefused, named } from '@clusterlog/test/fixtures/token-attacks';
import { CompactEncrypt } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { keySetFile } from '../../src/auth/jwks.ts';
import type { KeySource } from '../../src/auth/key-source.ts';
import { openKeySources } from '../../src/auth/key-sources.ts';
import { knowingCallers } from '../../src/auth/known-callers.ts';
import { publicKeyFile } from '../../src/auth/public-key-file.ts';
import { secretFile } from '../../src/auth/secret-file.ts';
import { createTokenVerifier, type TokenRules } from '../../src/auth/token-verifier.ts';
import { signGatewayToken } from '../../src/proxy/sign-gateway-token.ts';
import { get, signingKey, startAgent, startGateway } from '../gateway.ts';
import { ec, ed, keyDirectory, now, pem, rsa, secret } from './keys.ts';

// Hundreds of requests in a test; a loaded machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const file = keyDirectory();
const ignore = (): void => undefined;
const secretPath = file('secret', secret);
const path = '/system/v1/agent/S1/logs/v1/range/';
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject): object => key.export({ format: 'jwk' });

/** Each kind of key that a gateway can have; its name is the algorithm of its tokens. */
const sources = {
  HS256: () => secretFile(secretPath, ignore),
  RS256: () => publicKeyFile(file('rsa.pem', pem(rsa.publicKey)), ignore),
  ES256: () => publicKeyFile(file('ec.pem', pem(ec.publicKey)), ignore),
  EdDSA: () => publicKeyFile(file('ed.pem', pem(ed.publicKey)), ignore),
  set: () => {
    const keys = Object.entries({ r: rsa, e: ec, d: ed }).map(([kid, key]) => ({ ...jwkOf(key.publicKey), kid }));
    return keySetFile(file('set.json', JSON.stringify({ keys })), ignore);
  },
} satisfies Record<string, () => KeySource>;
const everySource = () => Object.values(sources).map((open) => open());

const signers = { HS256: hmac(secret), RS256: signedBy(rsa.privateKey), ES256: signedBy(ec.privateKey) };

const claims = (more: object = {}): Record<string, unknown> => ({ uid: 'alice', exp: now() + 3600, ...more });
const good = (header: object = {}, more: object = {}): string =>
  forge({ alg: 'HS256', typ: 'JWT', ...header }, claims(more), hmac(secret));

/** What is sent: a token as `Authorization: token=…`, or other headers, or another path. */
type Attack = string | { readonly headers?: Record<string, string | string[]>; readonly path?: string };

interface Gateway {
  readonly port: number;
  /** Requests that reached the agent. */
  asked: number;
}

async function gatewayWith(opened: readonly KeySource[], rules: Partial<TokenRules> = {}): Promise<Gateway> {
  const gateway = { port: 0, asked: 0 };
  const { port: agentPort } = await startAgent((_request, response) => {
    gateway.asked++;
    response.end('line\n');
  });
  const all = { uidClaim: 'uid', groupsClaim: 'groups', allowNoExpiry: false, ...rules };
  const verify = knowingCallers(createTokenVerifier(opened, all), opened);
  gateway.port = (await startGateway(secretPath, { agentPort, verify })).port;
  return gateway;
}

async function statusOf({ port }: Gateway, attack: Attack): Promise<number> {
  const { headers, path: asked = path } =
    typeof attack === 'string' ? { headers: { authorization: `token=${attack}` } } : attack;
  return (await get(port, asked, headers === undefined ? {} : { headers })).status;
}

/** All of them must be 401, and none reach the agent. */
async function expectRefused(gateway: Gateway, control: Attack, attacks: Record<string, Attack>): Promise<void> {
  const before = gateway.asked;
  await expectAllRefused({ statusOf: (attack) => statusOf(gateway, attack), control: () => control, attacks });
  // The two good requests.
  expect(gateway.asked).toBe(before + 2);
}

describe('a caller is not let in by a token', () => {
  test('without a signature, however "none" is written', async () => {
    const spellings = [
      'none',
      'None',
      'NONE',
      'nOnE',
      ' none',
      'none ',
      'none\u0000',
      'null',
      '',
      'HS256\u0000',
      'any',
    ];
    const kinds = [...spellings, null, undefined, false, 0, [], ['none'], {}, ['HS256']];
    const gateway = await gatewayWith(everySource());
    for (const signature of ['', 'AA']) {
      const unsigned = named(kinds, (alg) => `${base64url({ alg, typ: 'JWT' })}.${base64url(claims())}.${signature}`);
      await expectRefused(gateway, good(), unsigned);
    }
    await expectRefused(gateway, good(), {
      'two parts': `${base64url({ alg: 'none' })}.${base64url(claims())}`,
      'HS256 and nothing': `${base64url({ alg: 'HS256' })}.${base64url(claims())}.`,
      'signed with the secret, and none': forge({ alg: 'none' }, claims(), hmac(secret)),
      'signed with the secret, and ["HS256"]': forge({ alg: ['HS256'] }, claims(), hmac(secret)),
    });
  });

  test.each([
    ['RS256', rsa, signedBy(rsa.privateKey)],
    ['ES256', ec, signedBy(ec.privateKey)],
    ['EdDSA', ed, signedBy(ed.privateKey)],
  ] as const)('whose HMAC has the public key of %s as its secret, in any form', async (alg, { publicKey }, signer) => {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const text = pem(publicKey);
    const jwk = jwkOf(publicKey) as Record<string, string>;
    const numbers = ['n', 'x', 'y', 'e'].flatMap((name) => (jwk[name] === undefined ? [] : [jwk[name]]));
    const secrets: Record<string, string | Buffer> = {
      PEM: text,
      'PEM without its last newline': text.trimEnd(),
      'PEM with CRLF': text.replaceAll('\n', '\r\n'),
      'PEM without its lines': text.replace(/-----.*?-----|\n/g, ''),
      DER: spki,
      'DER in base64': spki.toString('base64'),
      JWK: JSON.stringify(jwk),
      'JWK set': JSON.stringify({ keys: [jwk] }),
      ...Object.fromEntries(numbers.flatMap((text, i) => [[`number ${i}`, Buffer.from(text, 'base64url')]])),
      ...Object.fromEntries(numbers.map((text, i) => [`text of number ${i}`, text])),
      nothing: '',
    };
    const control = forge({ alg, typ: 'JWT' }, claims(), signer);
    const attacks: Record<string, Attack> = {};
    const inSet = alg === 'RS256' ? 'r' : alg === 'ES256' ? 'e' : 'd';
    for (const [name, value] of Object.entries(secrets)) {
      attacks[name] = forge({ alg: 'HS256' }, claims(), hmac(value));
      attacks[`${name}, with kid`] = forge({ alg: 'HS256', kid: inSet }, claims(), hmac(value));
    }
    for (const bits of [384, 512]) attacks[`HS${bits}`] = forge({ alg: `HS${bits}` }, claims(), hmac(text, bits));
    await expectRefused(await gatewayWith([sources[alg](), sources.HS256()]), control, attacks);
    await expectRefused(await gatewayWith([sources.set()]), control, attacks);
  });

  test('of an algorithm that is not the one of the key', async () => {
    const pss = (input: string): Buffer =>
      signBytes('sha256', Buffer.from(input), { key: rsa.privateKey, padding: 6, saltLength: 32 });
    const der = (input: string): Buffer => signBytes('sha256', Buffer.from(input), ec.privateKey);
    const gateway = await gatewayWith([sources.HS256(), sources.RS256(), sources.ES256(), sources.EdDSA()]);
    const made = (alg: string, signer: Signer): string => forge({ alg }, claims(), signer);
    for (const [alg, signer] of Object.entries(signers)) expect(await statusOf(gateway, made(alg, signer))).toBe(200);
    await expectRefused(gateway, good(), {
      'RS256 by the EC key': made('RS256', signedBy(ec.privateKey)),
      'RS256 by the Ed25519 key': made('RS256', signedBy(ed.privateKey)),
      'RS256 by the secret': made('RS256', hmac(secret)),
      'ES256 by the RSA key': made('ES256', signedBy(rsa.privateKey)),
      'ES256 by the Ed25519 key, as long': made('ES256', signedBy(ed.privateKey)),
      'ES256 in DER': made('ES256', der),
      'ES384 by the P-256 key': made('ES384', signedBy(ec.privateKey, 384)),
      'ES256K by the P-256 key': made('ES256K', signedBy(ec.privateKey)),
      'EdDSA by the EC key, as long': made('EdDSA', signedBy(ec.privateKey)),
      'PS256 by the RSA key': made('PS256', pss),
      'RS256 with the padding of PS256': made('RS256', pss),
      'RS512 by the RSA key': made('RS512', signedBy(rsa.privateKey, 512)),
      'RS1 by the RSA key': made('RS1', (input) => signBytes('sha1', Buffer.from(input), rsa.privateKey)),
      'HS512 by the secret': made('HS512', hmac(secret, 512)),
      'HS1 by the secret': made('HS1', (input) => createHmac('sha1', secret).update(input).digest()),
      'hs256 by the secret': made('hs256', hmac(secret)),
      'EdDSA by the secret': made('EdDSA', hmac(secret)),
    });
  });

  test('that brings its own key, or says where it is', async () => {
    let fetched = 0;
    const jwk = { ...jwkOf(stranger.publicKey), kid: 'r', alg: 'RS256', use: 'sig' };
    const server = createServer((_request, response) => {
      fetched++;
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const der = stranger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const bringing = {
      jwk: { jwk },
      'jwk in a set': { jwk: { keys: [jwk] } },
      jku: { jku: url },
      x5u: { x5u: url },
      x5c: { x5c: [der] },
      'all of them': { jwk, jku: url, x5u: url, x5c: [der], x5t: 'AAAA' },
    };
    const attacks: Record<string, Attack> = {};
    for (const [name, more] of Object.entries(bringing)) {
      for (const kid of [undefined, 'r', 'stranger']) {
        const header = { alg: 'RS256', ...(kid === undefined ? {} : { kid }), ...more };
        attacks[`${name}, kid ${kid}`] = forge(header, claims(), signedBy(stranger.privateKey));
      }
    }
    attacks['a secret of its own'] = forge(
      { alg: 'HS256', jwk: { kty: 'oct', k: base64url('x'.repeat(32)) } },
      claims(),
      hmac('x'.repeat(32)),
    );
    const right = forge({ alg: 'RS256', kid: 'r', ...bringing['all of them'] }, claims(), signedBy(rsa.privateKey));
    await expectRefused(await gatewayWith(everySource()), right, attacks);
    expect(fetched).toBe(0);
  });

  test('whose kid names a file, a query, another key, or is no text', async () => {
    const kids = [
      '/dev/null',
      '../../../../../../dev/null',
      `../${secretPath}`,
      'file:///dev/null',
      "x' UNION SELECT 'secret' -- ",
      '| cat /etc/passwd',
      '$(id)',
      'r\u0000',
      'R',
      'unknown',
      '',
      '__proto__',
      'constructor',
      'k'.repeat(20_000),
    ];
    const gateway = await gatewayWith(everySource());
    const known = forge({ alg: 'RS256', kid: 'r' }, claims(), signedBy(rsa.privateKey));
    for (const guess of ['', 'secret']) {
      await expectRefused(
        gateway,
        known,
        named(kids, (kid) => forge({ alg: 'HS256', kid }, claims(), hmac(guess))),
      );
    }
    await expectRefused(
      gateway,
      good({ kid: 'any' }),
      named([['any'], { any: 1 }, 7, null], (kid) => good({ kid })),
    );
    const ofSet = await gatewayWith([sources.set()]);
    await expectRefused(ofSet, known, {
      ...named(kids, (kid) => forge({ alg: 'RS256', kid }, claims(), signedBy(rsa.privateKey))),
      ...named([['r'], { r: 1 }, 7, true, null], (kid) =>
        forge({ alg: 'RS256', kid }, claims(), signedBy(rsa.privateKey)),
      ),
      'that of the EC key': forge({ alg: 'RS256', kid: 'e' }, claims(), signedBy(rsa.privateKey)),
      'the right one, by another key': forge({ alg: 'RS256', kid: 'r' }, claims(), signedBy(stranger.privateKey)),
    });
  });

  test('that wants to be read in a way of its own: crit, b64, zip, nested, encrypted', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const unsecured = `${base64url({ alg: 'none' })}.${base64url(claims())}.`;
    const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(secret);
    const unencoded = `${base64url({ alg: 'HS256', b64: false, crit: ['b64'] })}.${JSON.stringify(claims())}`;
    await expectRefused(gateway, good({ b64: true, x5t: 'abc', cty: 'JWT' }), {
      'crit of something unknown': good({ crit: ['exp'], exp: 1 }),
      'crit of what is not there': good({ crit: ['nowhere'] }),
      'crit that is empty': good({ crit: [] }),
      'crit that is a text': good({ crit: 'exp' }),
      'b64 false, said to be critical': good({ crit: ['b64'], b64: false }),
      'b64 false, and claims as they are': {
        headers: { authorization: `token=${unencoded}.${hmac(secret)(unencoded).toString('base64url')}` },
      },
      'a token as claims': forge({ alg: 'HS256', cty: 'JWT' }, unsecured, hmac(secret)),
      'a token as a text of JSON': forge({ alg: 'HS256', cty: 'JWT' }, JSON.stringify(good()), hmac(secret)),
      'encrypted with the secret': encrypted,
      'a list of claims': forge({ alg: 'HS256' }, [claims()], hmac(secret)),
      'no claims': forge({ alg: 'HS256' }, 'null', hmac(secret)),
      'the JSON form of JWS': base64url({ payload: base64url(claims()), signatures: [] }),
    });
  });

  test('that is not written as one', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const token = good();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flipped = Buffer.from(signature, 'base64url');
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    const [last = 'A'] = signature.slice(-1);
    const loose = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const alike = loose[loose.indexOf(last) ^ 1] ?? '';
    await expectRefused(gateway, token, {
      'no signature': `${header}.${payload}.`,
      'no signature, no dot': `${header}.${payload}`,
      'one bit of the signature': `${header}.${payload}.${flipped.toString('base64url')}`,
      'bits of the signature that no byte needs': `${header}.${payload}.${signature.slice(0, -1)}${alike}`,
      ...Object.fromEntries([1, 2, 10, 42].map((cut) => [`cut by ${cut}`, token.slice(0, -cut)])),
      'one character more': `${token}A`,
      'a part more': `${token}.AAAA`,
      'an empty part more': `${token}.`,
      padding: `${token}=`,
      'an ampersand': `${token}&x=1`,
      'a comma and another': `${token},${token}`,
      'a semicolon': `${token};x`,
      quotes: `"${token}"`,
      'a blank inside': `${header}. ${payload}.${signature}`,
      'base64 that is not for URLs': `${header}.${payload}.${signature}+/`,
      'no base64': `${header}.${payload}.!!!!`,
      'an empty header': `.${payload}.${signature}`,
      'empty claims': `${header}..${signature}`,
      dots: '..',
      'characters of Latin-1': `${header}.${payload}.${signature.slice(0, -2)}\u00e9\u00e9`,
      'a non-breaking blank': `${header}.${payload}.${signature}\u00a0x`,
    });
  });

  test('that comes in another way, several times, or beside another', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const token = good();
    const bad = forge({ alg: 'HS256' }, claims(), hmac('x'.repeat(32)));
    const control = { headers: { authorization: `Bearer ${token}` } };
    await expectRefused(gateway, control, {
      'twice the same': { headers: { authorization: [`token=${token}`, `token=${token}`] } },
      'a bad one first': { headers: { authorization: [`token=${bad}`, `token=${token}`] } },
      'a bad one last': { headers: { authorization: [`token=${token}`, `token=${bad}`] } },
      'two in one header': { headers: { authorization: `Bearer ${token}, Bearer ${token}` } },
      'two in one header without blanks': { headers: { authorization: `token=${token},token=${token}` } },
      'token= in Bearer': { headers: { authorization: `Bearer token=${token}` } },
      'no scheme': { headers: { authorization: token } },
      'another scheme': { headers: { authorization: `Basic ${base64url(`alice:${token}`)}` } },
      'a scheme in lower case': { headers: { authorization: `bearer ${token}` } },
      'something before it': { headers: { authorization: `x token=${token}` } },
      'in the query': { path: `${path}?token=${token}&access_token=${token}&authorization=token%3D${token}` },
      'in another header': {
        headers: { 'x-authorization': `token=${token}`, 'proxy-authorization': `Bearer ${token}` },
      },
      'an empty header, and a cookie': { headers: { authorization: '', cookie: `dcos-acs-auth-cookie=${token}` } },
      'in a cookie of another name': { headers: { cookie: `token=${token}; dcos-acs-info-cookie=${token}` } },
      'in a cookie, by another site': {
        headers: { cookie: `dcos-acs-auth-cookie=${token}`, 'sec-fetch-site': 'same-site' },
      },
    });
  });

  test('that is broken by control characters on the way', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const token = good();
    const request = (authorization: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\n${authorization}\r\nConnection: close\r\n\r\n`;
    expect(await statusOfRaw(gateway.port, request(`Authorization: token=${token}`))).toBe(200);
    const { asked } = gateway;
    for (const line of [
      `Authorization: token=\r\n ${token}`,
      `Authorization: Bearer\r\n\t${token}`,
      `Authorization: token=${token.slice(0, 20)}\r\n${token.slice(20)}`,
      `Authorization: token=${token.slice(0, 20)}\n${token.slice(20)}`,
      `Authorization: token=${token}\u0000`,
      `Authorization : token=${token}`,
      `Authorization: token=${token}\u0001`,
      `Authorization: token=${token}\u00ff`,
      `Authorization: Bearer\u00a0${token}`,
      `Authorization: Bearer\t${token}`,
      `X: y\rAuthorization: token=${token}`,
      `Authorization\u0000: token=${token}`,
    ]) {
      expect([400, 401]).toContain(await statusOfRaw(gateway.port, request(line)));
    }
    expect(gateway.asked).toBe(asked);
  });

  test('whose times are not now, or none', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    // As text: JSON.stringify writes neither NaN nor 1e999.
    const timed = (times: string): string => forge({ alg: 'HS256' }, `{"uid":"alice",${times}}`, hmac(secret));
    const end = `"exp":${now() + 3600}`;
    const control = timed(`"exp":${now() + 3600}.5,"nbf":${now() - 5},"iat":${now() + 5}`);
    await expectRefused(
      gateway,
      control,
      named(
        [
          '"x":1',
          `"exp":${now() - 1}`,
          `"exp":${now()}`,
          '"exp":0',
          '"exp":-1',
          '"exp":-9999999999',
          '"exp":1e999',
          '"exp":1e300',
          '"exp":9007199254740993',
          `"exp":${(now() + 3600) * 1000}`,
          '"exp":null',
          '"exp":true',
          '"exp":"9999999999"',
          '"exp":[9999999999]',
          '"exp":{"a":9999999999}',
          '"exp":NaN',
          '"exp":Infinity',
          '"EXP":9999999999',
          '"exp ":9999999999',
          `${end},"nbf":${now() + 60}`,
          `${end},"nbf":1e999`,
          `${end},"nbf":-1e999`,
          `${end},"nbf":"0"`,
          `${end},"nbf":null`,
          `${end},"iat":${now() + 3600}`,
          `${end},"iat":1e999`,
          `${end},"iat":"0"`,
          `${end},"iat":null`,
        ],
        timed,
      ),
    );
  });

  test('that names nobody, or groups that are none', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    await expectRefused(gateway, good({}, { groups: ['a', 'b'] }), {
      ...named([undefined, null, '', 0, 7, true, [], ['alice'], {}, { uid: 'alice' }], (uid) => good({}, { uid })),
      'in another claim': good({}, { uid: undefined, sub: 'alice', UID: 'alice', user: 'alice' }),
      'in the header': good({ uid: 'alice' }, { uid: undefined }),
      'on the prototype': forge({ alg: 'HS256' }, `{"__proto__":{"uid":"root"},"exp":${now() + 60}}`, hmac(secret)),
      ...Object.fromEntries(
        [7, true, {}, { admin: true }, [['admin']], ['a', 7], ['a', null], [{ name: 'admin' }]].map((groups) => [
          `groups ${JSON.stringify(groups)}`,
          good({}, { groups }),
        ]),
      ),
    });
  });

  test('whose signature fits every key, or none: zeros, the order of the curve, somebody else’s', async () => {
    const gateway = await gatewayWith(everySource());
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const zero = Buffer.alloc(32);
    const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
    const pairs: Record<string, Buffer[]> = {
      'r and s 0': [zero, zero],
      'r 0': [zero, one],
      's 0': [one, zero],
      'r and s 1': [one, one],
      'r and s the order': [order, order],
      'r 0, s the order': [zero, order],
      'r the order': [order, one],
    };
    const forged = (alg: string, kid: string | undefined, signer: Signer): string =>
      forge({ alg, ...(kid === undefined ? {} : { kid }) }, claims(), signer);
    const attacks: Record<string, Attack> = {};
    for (const kid of [undefined, 'e']) {
      for (const [name, pair] of Object.entries(pairs)) {
        attacks[`ECDSA ${name} ${kid}`] = forged('ES256', kid, constant(Buffer.concat(pair)));
      }
      attacks[`ECDSA nothing ${kid}`] = forged('ES256', kid, constant(Buffer.alloc(1)));
      attacks[`ECDSA too long ${kid}`] = forged('ES256', kid, constant(Buffer.alloc(65, 1)));
      attacks[`ECDSA by another key ${kid}`] = forged('ES256', kid, signedBy(strangerEc.privateKey));
    }
    for (const kid of [undefined, 'd']) {
      attacks[`Ed25519 zeros ${kid}`] = forged('EdDSA', kid, constant(Buffer.alloc(64)));
      // R is the neutral element and s is 0: what passes where a public key of small order does.
      attacks[`Ed25519 neutral ${kid}`] = forged(
        'EdDSA',
        kid,
        constant(Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])),
      );
    }
    for (const kid of [undefined, 'r']) {
      attacks[`RSA zeros ${kid}`] = forged('RS256', kid, constant(Buffer.alloc(256)));
      attacks[`RSA one ${kid}`] = forged('RS256', kid, constant(Buffer.concat([Buffer.alloc(255), Buffer.from([1])])));
      attacks[`RSA by another key ${kid}`] = forged('RS256', kid, signedBy(stranger.privateKey));
    }
    for (const key of ['', '\u0000', 'secret', 'x'.repeat(32), secret.subarray(1), `${secret}\n`]) {
      attacks[`HMAC by ${JSON.stringify(String(key))}`] = forged('HS256', undefined, hmac(key));
    }
    await expectRefused(gateway, forged('ES256', 'e', signers.ES256), attacks);
  });

  test('for another audience or of another issuer, however alike', async () => {
    const gateway = await gatewayWith([sources.HS256()], { issuer: 'https://id.example', audience: 'logs' });
    const of = (iss: unknown, aud: unknown): string => good({}, { iss, aud });
    const issuers = [
      undefined,
      null,
      '',
      'https://id.example/',
      'https://id.example.evil.example',
      'https://id.example@evil.example',
      'https://id.exampl',
      'HTTPS://ID.EXAMPLE',
      'https://id.example\u0000',
      ' https://id.example',
      'http://id.example',
      ['https://id.example'],
      { toString: 'https://id.example' },
    ];
    const audiences = [
      undefined,
      null,
      '',
      'log',
      'logs2',
      'LOGS',
      'logs ',
      ['log'],
      [],
      [['logs']],
      { 0: 'logs' },
      'x,logs',
    ];
    await expectRefused(gateway, of('https://id.example', ['other', 'logs']), {
      ...named(issuers, (iss) => of(iss, 'logs')),
      ...Object.fromEntries(audiences.map((aud) => [`aud ${JSON.stringify(aud)}`, of('https://id.example', aud)])),
    });
  });

  test('that two readers would read differently', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const exp = `"exp":${now() + 60}`;
    const twice = (header: string, payload: string): string => forge(header, payload, hmac(secret));
    const plain = '{"alg":"HS256"}';
    await expectRefused(gateway, twice(plain, `{"uid":"alice",${exp},"a":{"uid":"x"}}`), {
      'alg twice': twice('{"alg":"none","alg":"HS256"}', `{"uid":"alice",${exp}}`),
      'alg twice, none last': twice('{"alg":"HS256","alg":"none"}', `{"uid":"alice",${exp}}`),
      'uid twice': twice(plain, `{"uid":"alice","uid":"root",${exp}}`),
      'uid twice, once in escapes': twice(plain, `{"uid":"alice","\\u0075id":"root",${exp}}`),
      'exp twice': twice(plain, `{"uid":"alice","exp":1,${exp}}`),
      'groups twice': twice(plain, `{"uid":"alice",${exp},"groups":[],"groups":["ops"]}`),
      'bytes that are not UTF-8': forge({ alg: 'HS256' }, Buffer.from(`{"uid":"\xff",${exp}}`, 'latin1'), hmac(secret)),
      'UTF-16': forge({ alg: 'HS256' }, Buffer.from(`{"uid":"alice",${exp}}`, 'utf16le'), hmac(secret)),
      'a byte order mark': forge({ alg: 'HS256' }, Buffer.from(`\ufeff{"uid":"alice",${exp}}`), hmac(secret)),
      'something behind the JSON': twice(plain, `{"uid":"alice",${exp}}{}`),
      comments: twice(plain, `{"uid":"alice",/* */${exp}}`),
      'names without quotes': twice(plain, `{uid:"alice",${exp}}`),
    });
  });

  test('that is large or deep', async () => {
    const gateway = await gatewayWith([sources.HS256()]);
    const deep = (levels: number): string =>
      `{"uid":"alice","exp":${now() + 60},"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const large = good({}, { groups: Array.from({ length: 4_000 }, (_, i) => `g${i}`) });
    await expectRefused(gateway, large, {
      'as large, unsigned': `${large.slice(0, -43)}${'A'.repeat(43)}`,
      '15,000 levels': forge({ alg: 'HS256' }, deep(15_000), hmac(secret)),
      '15,000 levels in the header': forge(
        `{"alg":"HS256","a":${'['.repeat(15_000)}${']'.repeat(15_000)}}`,
        claims(),
        hmac(secret),
      ),
      '40,000 bytes of a signature': forge({ alg: 'HS256' }, claims(), constant(Buffer.alloc(40_000))),
      '20,000 dots': '.'.repeat(20_000),
    });
    const { asked } = gateway;
    for (const kilobytes of [80, 100, 1_000]) {
      const token = forge({ alg: 'HS256' }, claims({ pad: 'x'.repeat(kilobytes * 750) }), hmac(secret));
      // Its headers are not read to their end: the answer may be lost with the connection.
      const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: token=${token}\r\n\r\n`;
      expect([431, undefined]).toContain(await statusOfRaw(gateway.port, request));
    }
    expect(gateway.asked).toBe(asked);
    expect(await statusOf(gateway, good())).toBe(200);
  });

  test('that is a gateway’s for a node agent, even where the gateway’s own keys are callers’ keys', async () => {
    const own = keySetFile(file('own.json', JSON.stringify({ keys: [signingKey.publicJwk] })), ignore);
    const gateway = await gatewayWith([own, sources.HS256()]);
    const asked = { agentId: 'S1', uid: 'alice', method: 'GET', path: '/v1/range/', scope: wholeNode };
    const byOwnKey = signedBy(signingKey.privateKey);
    const typed = (typ: string): string => forge({ alg: 'EdDSA', kid: signingKey.kid, typ }, claims(), byOwnKey);
    await expectRefused(gateway, typed('JWT'), {
      'as it is sent': await signGatewayToken(asked, signingKey),
      'in capitals': typed(gatewayTokenType.toUpperCase()),
      'as a media type': typed(`application/${gatewayTokenType}`),
      'by the secret': good({ typ: gatewayTokenType }),
    });
  });

  test('that is given to the viewer’s sign-in, which sets no cookie for it', async () => {
    const { port } = await gatewayWith(everySource());
    const signIn = async (token: string): Promise<[number, string | null]> => {
      const { status, headers } = await fetch(`http://127.0.0.1:${port}/logs/session`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          origin: `http://127.0.0.1:${port}`,
          'sec-fetch-site': 'same-origin',
        },
        body: JSON.stringify({ token, keep: true }),
      });
      return [status, headers.get('set-cookie')];
    };
    expect(await signIn(good())).toEqual([200, expect.stringContaining('clusterlog=')]);
    for (const token of [
      `${base64url({ alg: 'none' })}.${base64url(claims())}.`,
      forge({ alg: 'HS256', kid: 'r' }, claims(), hmac(pem(rsa.publicKey))),
      forge({ alg: 'ES256', kid: 'e' }, claims(), constant(Buffer.alloc(64))),
      `${good()}; Path=/; Domain=evil.example`,
      `${good()}\r\nset-cookie: a=b`,
      good({}, { exp: now() - 1 }),
      good({}, { uid: '' }),
    ]) {
      expect(await signIn(token)).toEqual([401, null]);
    }
  });
});

describe('a weak secret', () => {
  test.each([
    ['a password', 'correct horse'],
    ['31 bytes', 'x'.repeat(31)],
    ['31 bytes and a newline', `${'x'.repeat(31)}\n`],
    ['nothing', ''],
  ])('such as %s refuses to start', (_what, text) => {
    const options = { authSecretFile: [file('weak', text)], authPublicKeyFile: [], authJwks: [] };
    expect(() => openKeySources(options, ignore)).toThrow('expected a secret of at least 32 bytes');
  });

  test('of an RSA key of 1,024 bits, or a private key, refuses to start, too', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const open = (text: string) => () =>
      openKeySources({ authSecretFile: [], authPublicKeyFile: [file('weak.pem', text)], authJwks: [] }, ignore);
    expect(open(pem(weak.publicKey))).toThrow('at least 2048 bits');
    expect(open(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow('found a private key');
  });
});
