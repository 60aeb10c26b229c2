import { createPublicKey, type KeyObject } from 'node:crypto';
import { WatchedFile } from '@clusterlog/shared/server';
import type { KeySource, ReportProblem } from './key-source.ts';

/** Least size of an RSA key in bits (RFC 7518, section 3.3). */
const minimumRsaBits = 2048;

const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** A public key in PEM form, or that of a PEM certificate, with the algorithms of its type. */
export function parsePublicKey(bytes: Buffer): { algorithms: string[]; key: KeyObject } {
  const pem = bytes.toString('latin1');
  if (pem.includes('PRIVATE KEY')) throw new Error('expected a public key in PEM form, found a private key');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new Error('expected a public key in PEM form, found something else', { cause });
  }
  return { algorithms: algorithmsOf(key), key };
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  if (asymmetricKeyType === 'rsa') {
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits < minimumRsaBits) throw new Error(`expected an RSA key of at least ${minimumRsaBits} bits, found ${bits}`);
    return ['RS256'];
  }
  if (asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const algorithm = curveAlgorithms[asymmetricKeyDetails?.namedCurve ?? ''];
  if (asymmetricKeyType === 'ec' && algorithm !== undefined) return [algorithm];
  throw new Error(`expected an RSA, EC (P-256, P-384, P-521) or Ed25519 key, found ${asymmetricKeyType ?? 'another'}`);
}

/** One public key in a PEM file. */
export function publicKeyFile(path: string, report: ReportProblem, interval?: number): KeySource {
  const name = `--auth-public-key-file ${path}`;
  const file = new WatchedFile({
    path,
    parse: parsePublicKey,
    onProblem: (problem) => report(name, problem),
    ...(interval === undefined ? {} : { interval }),
  });
  return { name, current: () => file.content };
}
