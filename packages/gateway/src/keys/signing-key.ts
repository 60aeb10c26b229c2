import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { gatewayTokenAlgorithm } from '@clusterlog/shared';
import type { JWK } from 'jose';

/** The public half of a key, as it is published. */
export type PublicJwk = JWK & {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
};

/** A key that gateway tokens are signed with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  /** When it was made, in seconds since 1970; 0 where the file does not say. */
  readonly madeAt: number;
  readonly publicJwk: PublicJwk;
}

export function makeSigningKey(madeAt: number): SigningKey {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey, madeAt);
}

/**
 * Reads a private key (RFC 8037, Ed25519) as a JWK. Its member `iat` says when it was made, in seconds since 1970.
 *
 * @throws Error with a sentence that says what was expected
 */
export function parseSigningKey(jwk: unknown): SigningKey {
  const expected = 'expected a private Ed25519 key as a JWK';
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: jwk as JWK, format: 'jwk' });
  } catch {
    throw new Error(`${expected}, found something else`);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${expected}, found another key`);
  const { iat = 0 } = jwk as { iat?: unknown };
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat) || iat < 0) {
    throw new Error('expected iat, when the key was made, in whole seconds since 1970');
  }
  return signingKeyOf(privateKey, iat);
}

/** The key with its private half, as its file has it. */
export function privateJwkOf({ privateKey, kid, madeAt }: SigningKey): JWK & { readonly iat: number } {
  return { ...privateKey.export({ format: 'jwk' }), kid, iat: madeAt };
}

function signingKeyOf(privateKey: KeyObject, madeAt: number): SigningKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  // RFC 7638: the members that are needed, in alphabetical order, without blanks.
  const thumbprint = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  const kid = createHash('sha256').update(thumbprint).digest('base64url');
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: gatewayTokenAlgorithm, use: 'sig' } as const;
  return { privateKey, kid, madeAt, publicJwk };
}
