import { X509Certificate } from 'node:crypto';

const beginning = /-----BEGIN /g;
const ending = /-----END [^-]+-----/g;
const block = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** From when until when something is of use, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/**
 * The validity of each certificate of a PEM file, in its order.
 *
 * @throws Error when there is none, or one that is none or not whole
 */
export function validitiesOf(pem: string): Validity[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length === 0) throw new Error('expected PEM certificates, found none');
  // A file that is still being written would have fewer authorities, or a shorter chain.
  if (countOf(pem, beginning) !== countOf(pem, ending))
    throw new Error('expected whole PEM blocks, found a part of one');
  return blocks.map((text) => {
    const { validFromDate, validToDate } = new X509Certificate(text);
    return { from: validFromDate.getTime(), to: validToDate.getTime() };
  });
}

function countOf(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

/** A chain is of use while all of its certificates are. */
export function validityOfChain(chain: readonly Validity[]): Validity {
  return { from: Math.max(...chain.map(({ from }) => from)), to: Math.min(...chain.map(({ to }) => to)) };
}

/** Authorities are each of use by themselves: an old one may stay in the file until nobody is of it any more. */
export function validityOfAuthorities(authorities: readonly Validity[], now: number): Validity {
  const inForce = authorities.filter(({ to }) => to > now);
  const counted = inForce.length > 0 ? inForce : authorities;
  return { from: Math.min(...counted.map(({ from }) => from)), to: Math.min(...counted.map(({ to }) => to)) };
}
