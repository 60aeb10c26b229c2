import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gatewayTokenAlgorithm } from '@clusterlog/shared';
import { ConfigurationError } from '@clusterlog/shared/server';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** The key this gateway signs gateway tokens with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  /** The public half, as published at `/.well-known/jwks.json`. */
  readonly publicJwk: JWK & { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
}

/**
 * Opens a private JWK file (RFC 8037, Ed25519). A missing file is made, readable by its owner only; several gateways that
 * start at once on one file end with the same key.
 *
 * @throws ConfigurationError
 */
export async function openSigningKey(path: string): Promise<SigningKey> {
  try {
    return await parseSigningKey(readOrCreate(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? message : `cannot be read or made (${code})`;
    throw new ConfigurationError(`--signing-key-file ${path}: ${reason}`);
  }
}

async function parseSigningKey(source: string): Promise<SigningKey> {
  const expected = 'expected a private Ed25519 key as a JWK';
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: JSON.parse(source), format: 'jwk' });
  } catch {
    throw new Error(`${expected}, found something else`);
  }
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (privateKey.asymmetricKeyType !== 'ed25519' || x === undefined) throw new Error(`${expected}, found another key`);
  const essence = { kty: 'OKP', crv: 'Ed25519', x } as const;
  const kid = await calculateJwkThumbprint(essence);
  return { privateKey, kid, publicJwk: { ...essence, kid, alg: gatewayTokenAlgorithm, use: 'sig' } };
}

function readOrCreate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`, { mode: 0o600, flag: 'wx' });
    // A link is made whole or not at all, and never over a key that another gateway has just made.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}
