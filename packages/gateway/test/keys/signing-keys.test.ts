import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listKeys, newKeys, rotateKeys } from '../../src/keys/commands.ts';
import { openSigningKeys, type SigningKeys } from '../../src/keys/signing-keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'clusterlog-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const fresh = (): string => join(directory, `keys-${++files}`, 'keys.json');

interface Opened {
  readonly keys: SigningKeys;
  readonly problems: string[];
  readonly turns: string[];
}

function open(path: string, delay = 600): Opened {
  const problems: string[] = [];
  const turns: string[] = [];
  const keys = openSigningKeys({
    path,
    delay,
    onProblem: ({ message }) => problems.push(message),
    onTurn: ({ kid }) => turns.push(kid),
  });
  return { keys, problems, turns };
}

const kids = ({ keys }: Opened): (string | undefined)[] => keys.published.map(({ kid }) => kid);
const options = (path: string) => ({ signingKeyFile: path, signingKeyDelay: '10m', atOnce: false });

describe('the signing keys', () => {
  test('are made once, for their owner only, and nothing else is left behind', () => {
    const path = fresh();
    const first = open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['keys.json']);
    const second = open(path);
    expect(second.keys.current.kid).toBe(first.keys.current.kid);
    expect(second.keys.published).toEqual(first.keys.published);
  });

  test('are published without their private part, by their thumbprint', async () => {
    const path = fresh();
    const [jwk] = open(path).keys.published;
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(jwk?.kid).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: jwk?.x ?? '' }));
    expect(JSON.stringify(jwk)).not.toContain(JSON.parse(readFileSync(path, 'utf8')).keys[0].d);
  });

  test('may be one JWK, as older gateways made it', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    const { d, x } = JSON.parse(readFileSync(path, 'utf8')).keys[0];
    writeFileSync(path, JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d, x }));
    expect(open(path).keys.published).toMatchObject([{ x }]);
  });

  test.each([
    ['no JSON', 'x', 'expected a private Ed25519 key as a JWK, or a JWK set'],
    [
      'a public key',
      JSON.stringify(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })),
      'as a JWK, found',
    ],
    [
      'another kind of key',
      JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })),
      'expected a private Ed25519 key as a JWK, found another key',
    ],
    [
      'an Ed448 key',
      JSON.stringify(generateKeyPairSync('ed448').privateKey.export({ format: 'jwk' })),
      'found another key',
    ],
    ['no keys', '{"keys":[]}', 'expected a JWK set of 1 to 10 keys'],
  ])('are refused where the file holds %s', (_what, content, reason) => {
    const path = join(directory, 'wrong.json');
    writeFileSync(path, content);
    expect(() => open(path)).toThrow(`--signing-key-file ${path}: `);
    expect(() => open(path)).toThrow(reason);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });
});

describe('a rotation', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 }));
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);

  test('publishes the new key at once, signs with it after the delay, and lets go of the old one later', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    const gateway = open(path);
    const old = gateway.keys.current.kid;
    pass(86_400);
    rotateKeys(options(path));
    pass(2);
    expect(gateway.keys.current.kid).toBe(old);
    expect(kids(gateway)).toHaveLength(2);
    pass(596);
    expect(gateway.keys.current.kid).toBe(old);
    pass(10);
    const current = gateway.keys.current.kid;
    expect(kids(gateway)).toEqual([old, current]);
    expect(gateway.turns).toEqual([current]);
    pass(280);
    expect(kids(gateway)).toContain(old);
    pass(20);
    expect(kids(gateway)).toEqual([current]);
    pass(1000);
    rotateKeys(options(path));
    expect(JSON.parse(readFileSync(path, 'utf8')).keys).toHaveLength(2);
  });

  test('leaves the file to its owner, and one that waits is not overtaken by another', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    rotateKeys(options(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['keys.json']);
    expect(() => rotateKeys(options(path))).toThrow('a key is waiting to sign already');
  });

  test('at once leaves nothing of a key that leaked', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    const gateway = open(path);
    const leaked = gateway.keys.current.kid;
    rotateKeys({ ...options(path), atOnce: true });
    pass(2);
    expect(gateway.keys.current.kid).not.toBe(leaked);
    expect(kids(gateway)).toEqual([gateway.keys.current.kid]);
  });

  test('to a file that is none leaves the last good keys in force', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    const gateway = open(path);
    const { kid } = gateway.keys.current;
    writeFileSync(path, '{"keys":');
    pass(2);
    expect(gateway.keys.current.kid).toBe(kid);
    expect(gateway.problems).toHaveLength(1);
  });

  test('is told by list, also as what node agents need', () => {
    const path = fresh();
    newKeys({ signingKeyFile: path });
    pass(86_400);
    rotateKeys(options(path));
    const [old, next] = listKeys({ ...options(path), public: false }).split('\n');
    expect(old).toMatch(/^\S{43} {2}made 2023-11-14T22:13:20Z {2}signs$/);
    expect(next).toMatch(/^\S{43} {2}made 2023-11-15T22:13:20Z {2}signs from 2023-11-15T22:23:20Z$/);
    const set = listKeys({ ...options(path), public: true });
    expect(JSON.parse(set).keys).toEqual(open(path).keys.published);
    expect(set).not.toContain('"d"');
  });

  test('needs a file that is there, and new one that is not', () => {
    const path = fresh();
    expect(() => rotateKeys(options(path))).toThrow(`--signing-key-file ${path}: cannot be read or made (ENOENT)`);
    newKeys({ signingKeyFile: path });
    expect(() => newKeys({ signingKeyFile: path })).toThrow('there is a file already');
  });
});
