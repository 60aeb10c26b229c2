import { createPrivateKey, X509Certificate } from 'node:crypto';

const block = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/**
 * The certificates of a PEM file, in its order.
 *
 * @throws Error when there is none, or one that is none
 */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0) throw new Error('expected PEM certificates, found none');
  return blocks.map((text) => new X509Certificate(text));
}

/** When the first of them ends, and the last begins, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** A chain is of use while all of its certificates are. */
export function validityOfChain(pem: string): Validity {
  const chain = certificatesOf(pem);
  return {
    from: Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime())),
    to: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  };
}

/** Authorities are each of use by themselves: an old one may stay in the file until nobody is of it any more. */
export function validityOfAuthorities(pem: string, now: number): Validity {
  const authorities = certificatesOf(pem).map(({ validFromDate, validToDate }) => ({
    from: validFromDate.getTime(),
    to: validToDate.getTime(),
  }));
  const inForce = authorities.filter(({ to }) => to > now);
  const counted = inForce.length > 0 ? inForce : authorities;
  return {
    from: Math.min(...counted.map(({ from }) => from)),
    to: Math.min(...counted.map(({ to }) => to)),
  };
}

/** Whether a PEM private key is that of the first certificate of a chain. A key with a passphrase is none. */
export function isKeyOf(key: string, chain: string): boolean {
  try {
    return certificatesOf(chain)[0]?.checkPrivateKey(createPrivateKey(key)) ?? false;
  } catch {
    return false;
  }
}
