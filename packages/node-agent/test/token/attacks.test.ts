import { KeyObject, type webcrypto } from 'node:crypto';
import { get, type OutgoingHttpHeaders } from 'node:http';
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
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { app, TaskWorld } from '../routes/task-world.ts';
import { GatewaySigner } from './gateway-signer.ts';

vi.setConfig({ testTimeout: 60_000 });

const path = '/v1/range/';
let world: TaskWorld;
let right: Signer;
let header: object;
let spki: Buffer;

beforeAll(async () => {
  world = await TaskWorld.start();
  world.log(app, 'STDOUT', 'mine');
  const key = KeyObject.from(world.signer.privateKey as webcrypto.CryptoKey);
  right = signedBy(key);
  header = { alg: 'EdDSA', typ: gatewayTokenType, kid: world.signer.kid };
  spki = Buffer.from(world.signer.publicJwk.x ?? '', 'base64url');
});
afterAll(() => world.stop());

const now = (): number => Math.floor(Date.now() / 1000);
const claims = (more: object = {}): Record<string, unknown> => ({
  aud: 'S0',
  iat: now(),
  exp: now() + 30,
  uid: 'alice',
  route: `GET ${path}`,
  scope: wholeNode,
  ...more,
});
const good = (more: object = {}): string => forge(header, claims(more), right);

async function statusOf(authorization: string | readonly string[], asked = path): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: world.port, path: asked, agent: false };
    // Typed as one text, and sent as several headers when it is a list.
    const headers = { authorization } as OutgoingHttpHeaders;
    get({ ...options, headers }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    }).on('error', reject);
  });
}

const expectRefused = (attacks: Record<string, string>): Promise<void> =>
  expectAllRefused({ statusOf: (token) => statusOf(`Bearer ${token}`), control: () => good(), attacks });

describe('a node agent does not take for a gateway’s a token', () => {
  test('without a signature, or with an HMAC by the public key', async () => {
    const kinds = ['none', 'None', 'NONE', 'nOnE', '', null, undefined, ['EdDSA'], 'Ed448', 'ES256', 'HS256'];
    const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    await expectRefused({
      ...named(kinds, (alg) => `${base64url({ ...header, alg })}.${base64url(claims())}.`),
      'two parts': `${base64url({ ...header, alg: 'none' })}.${base64url(claims())}`,
      ...named([spki, spki.toString('base64url'), JSON.stringify(world.signer.publicJwk), pem, ''], (secret) =>
        forge({ ...header, alg: 'HS256' }, claims(), hmac(secret)),
      ),
      zeros: forge(header, claims(), constant(Buffer.alloc(64))),
      'the neutral element': forge(header, claims(), constant(Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]))),
      'one byte less': forge(header, claims(), (input) => right(input).subarray(0, 63)),
    });
  });

  test('signed by somebody else, whatever its header says of the key', async () => {
    const stranger = await GatewaySigner.create('g');
    const theirs = signedBy(KeyObject.from(stranger.privateKey as webcrypto.CryptoKey));
    const jwk = stranger.publicJwk;
    await expectRefused({
      ...named(['g', undefined, 'other', '', '../../dev/null', "' OR 1=1 --"], (kid) =>
        forge({ ...header, kid }, claims(), theirs),
      ),
      'with its key': forge({ ...header, jwk }, claims(), theirs),
      'with a place': forge(
        { ...header, jku: `http://127.0.0.1:${world.port}/`, x5u: 'http://127.0.0.1/' },
        claims(),
        theirs,
      ),
      'with a key id that is a list': forge({ ...header, kid: ['g'] }, claims(), right),
      'with another key id': forge({ ...header, kid: 'other' }, claims(), right),
    });
  });

  test('of another type: a caller’s, or none', async () => {
    await expectRefused({
      ...named(['JWT', undefined, null, '', 7, [gatewayTokenType], `${gatewayTokenType}x`, 'at+jwt'], (typ) =>
        forge({ ...header, typ }, claims(), right),
      ),
      'as identity providers make them': forge({ alg: 'EdDSA', typ: 'JWT' }, { uid: 'alice', exp: now() + 60 }, right),
      critical: forge({ ...header, crit: ['exp'], exp: 1 }, claims(), right),
      'of b64 false': forge({ ...header, crit: ['b64'], b64: false }, claims(), right),
    });
  });

  test('for another agent, route or method', async () => {
    const routes = [
      'GET /v1/stream/',
      'GET /v1/range',
      'GET /v1/range/download',
      'GET /v1/range/?limit=1',
      'GET  /v1/range/',
      'get /v1/range/',
      'HEAD /v1/range/',
      'POST /v1/range/',
      'GET /v1/range/ ',
      'GET /V1/range/',
      'GET /v1/range/%',
      'GET //v1/range/',
      '/v1/range/',
      '*',
      'GET *',
      '',
    ];
    await expectRefused({
      ...named(routes, (route) => good({ route })),
      ...named(['S1', 'S', 'S00', 's0', '', ' S0', null, undefined, [], ['S1'], ['S0'], { S0: 1 }, '*'], (aud) =>
        good({ aud }),
      ),
    });
  });

  test('whose time is not now', async () => {
    const timed = (times: string): string =>
      forge(header, JSON.stringify(claims({ iat: undefined, exp: undefined })).replace('{', `{${times},`), right);
    const at = now();
    await expectRefused(
      named(
        [
          `"iat":${at}`,
          `"exp":${at + 30}`,
          `"iat":${at},"exp":${at + 31}`,
          `"iat":${at},"exp":9999999999`,
          `"iat":${at},"exp":1e999`,
          `"iat":${at},"exp":"${at + 30}"`,
          `"iat":${at},"exp":${at + 29}.5`,
          `"iat":${at},"exp":${at - 20}`,
          `"iat":${at + 10},"exp":${at + 10}`,
          `"iat":${at - 50},"exp":${at - 20}`,
          `"iat":${at - 3600},"exp":${at + 30}`,
          `"iat":${at + 20},"exp":${at + 50}`,
          '"iat":-1e999,"exp":1e999',
          `"iat":0,"exp":${at + 30}`,
          `"iat":"${at}","exp":${at + 30}`,
          `"iat":${at},"exp":${at + 30},"nbf":${at + 3600}`,
          `"iat":${at},"exp":${at + 30},"nbf":${at}`,
          `"iat":${at},"exp":${at + 30},"exp":${at + 30}`,
        ],
        timed,
      ),
    );
  });

  test('with claims of another shape', async () => {
    await expectRefused({
      ...named([undefined, '', null, 7, ['alice'], {}], (uid) => good({ uid })),
      ...named(
        [undefined, null, 'node', {}, [], { v: 1 }, { ...wholeNode, v: 2 }, { ...wholeNode, read: 'all' }],
        (scope) => good({ scope }),
      ),
      ...named(
        [{ admin: true }, { jti: 'x' }, { iss: 'x' }, { mesosAuthorization: '' }, { mesosAuthorization: 7 }],
        good,
      ),
      'a claim twice': forge(
        header,
        JSON.stringify(claims({ scope: { ...wholeNode, read: [] } })).replace(
          '{',
          `{"scope":${JSON.stringify(wholeNode)},`,
        ),
        right,
      ),
      '15,000 levels': forge(header, `${'['.repeat(15_000)}${']'.repeat(15_000)}`, right),
      'a list': forge(header, [claims()], right),
      'a token': forge(header, JSON.stringify(good()), right),
    });
  });

  test('that is not written as one, or comes twice', async () => {
    const token = good();
    for (const authorization of [
      token,
      `token=${token}`,
      `bearer ${token}`,
      `Bearer  ${token}`,
      `Bearer ${token} `.concat('x'),
      `Bearer ${token}=`,
      `Bearer ${token}.`,
      `Bearer ${token}A`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token},${token}`,
      `Bearer ${token}, Bearer ${token}`,
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${token}`, 'Bearer a.b.c'],
      ['Bearer a.b.c', `Bearer ${token}`],
    ]) {
      expect([authorization, await statusOf(authorization)]).toEqual([authorization, 401]);
    }
    for (const elsewhere of [`?token=${token}`, `?access_token=${token}&authorization=Bearer%20${token}`]) {
      expect(await statusOf('', `${path}${elsewhere}`)).toBe(401);
    }
    const raw = (line: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${line}\r\nConnection: close\r\n\r\n`;
    expect(await statusOfRaw(world.port, raw(`Authorization: Bearer ${token}`))).toBe(200);
    for (const line of [
      `Authorization: Bearer\r\n ${token}`,
      `Authorization: Bearer ${token}\u0000`,
      `Cookie: token=${token}`,
    ]) {
      expect([400, 401]).toContain(await statusOfRaw(world.port, raw(line)));
    }
    const huge = forge(header, claims({ pad: 'x'.repeat(100_000) }), right);
    expect([431, undefined]).toContain(await statusOfRaw(world.port, raw(`Authorization: Bearer ${huge}`)));
    expect(await statusOf(`Bearer ${good()}`)).toBe(200);
  });
});
