import { WatchedFile } from '@clusterlog/shared/server';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type RemoteJWKSet } from 'jose';
import { type Dispatcher, fetch } from 'undici';
import type { KeySource, ReportProblem } from './key-source.ts';

/** Algorithms taken from key sets: asymmetric ones only; which key fits which of them jose decides by the key's type. */
const keySetAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** How often the set behind a URL is fetched again, in milliseconds. */
const reloadInterval = 5 * 60_000;

/** How long after a fetch a token with an unknown key id may cause another, in milliseconds. */
const reloadCooldown = 30_000;

/** A JWK set (RFC 7517, section 5). Keys that jose cannot use are left for it to pass over; private keys are refused. */
export function parseKeySet(bytes: Buffer): JSONWebKeySet {
  let set: unknown;
  try {
    set = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Error('expected a JWK set, {"keys":[…]}, found no JSON', { cause });
  }
  if (!isKeySet(set)) throw new Error('expected a JWK set, {"keys":[…]} with at least one key, found other JSON');
  for (const key of set.keys) {
    if (key.kty === 'oct')
      throw new Error('expected public keys, found a symmetric one (--auth-secret-file takes secrets)');
    if ('d' in key) throw new Error('expected public keys, found a private one');
  }
  return set;
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== 'object' || value === null || !('keys' in value)) return false;
  const { keys } = value;
  return (
    Array.isArray(keys) &&
    keys.length > 0 &&
    keys.every((key) => typeof key === 'object' && key !== null && 'kty' in key)
  );
}

/** The public keys of a JWK set in a file. */
export function keySetFile(path: string, report: ReportProblem, interval?: number): KeySource {
  const name = `--auth-jwks ${path}`;
  const file = new WatchedFile({
    path,
    parse: (bytes) => createLocalJWKSet(parseKeySet(bytes)),
    onProblem: (problem) => report(name, problem),
    ...(interval === undefined ? {} : { interval }),
  });
  return { name, current: () => ({ algorithms: keySetAlgorithms, key: file.content }) };
}

/** Whether keys may be fetched from there: https, or this machine. */
export function isTrustworthyUrl(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}

/**
 * The public keys of the JWK set behind a URL, fetched now, every five minutes, and when a token names an unknown key.
 * While the endpoint is down the keys last fetched stay in force.
 *
 * @param dispatcher how it is asked. Default: undici's own connections
 */
export function keySetUrl(
  url: URL,
  report: ReportProblem,
  interval = reloadInterval,
  dispatcher?: Dispatcher,
): KeySource {
  const name = `--auth-jwks ${url.href}`;
  // jose's own ageing would refuse every token once the endpoint is down for longer than that.
  const keys: RemoteJWKSet = createRemoteJWKSet(url, {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: reloadCooldown,
    [customFetch]: (place, { headers, method, redirect, signal }) =>
      fetch(place, {
        headers: [...headers],
        method,
        redirect,
        signal,
        ...(dispatcher === undefined ? {} : { dispatcher }),
      }) as unknown as Promise<Response>,
  });
  const reload = () => keys.reload().catch((problem: Error) => report(name, problem));
  const timer = setInterval(reload, interval).unref();
  void reload();
  return {
    name,
    // jose keeps one function for all sets that it fetches.
    current: () => ({ algorithms: keySetAlgorithms, key: keys, version: keys.jwks() }),
    problem: () => (keys.jwks() === undefined ? `${name}: no keys have been fetched yet` : undefined),
    close: () => clearInterval(timer),
  };
}
