import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, SignJWT } from 'jose';
import { afterAll } from 'vitest';

/** A directory for one test file's keys, removed after its tests. */
export function keyDirectory(): (name: string, content: string | Buffer) => string {
  const directory = mkdtempSync(join(tmpdir(), 'clusterlog-keys-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  return (name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}

export const secret = Buffer.from('0123456789abcdef0123456789abcdef');

export const now = () => Math.floor(Date.now() / 1000);

/** A token that lives an hour, unless the claims say something else. */
export function sign(
  claims: Record<string, unknown>,
  key: CryptoKey | KeyObject | Uint8Array = secret,
  alg = 'HS256',
  kid?: string,
): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid };
  return new SignJWT({ uid: 'alice', exp: now() + 3600, ...claims }).setProtectedHeader(header).sign(key);
}

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const ed = generateKeyPairSync('ed25519');

export const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
