import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';
import type { KeySource } from './key-source.ts';
import type { VerifyToken } from './token-verifier.ts';

interface Known {
  readonly caller: Caller;
  /** Of the keys of each source, when the token was verified. */
  readonly versions: readonly unknown[];
  /** When that was, in milliseconds since 1970. */
  readonly at: number;
}

/** How long a verified token is known, in milliseconds. */
const longest = 60_000;

/** Bytes of tokens that are known at a time: one may name as many groups as a header holds. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Verifies callers' tokens as `verify` does, but those of callers who ask often not each time. Only tokens that were found good are
 * known, by their hash: not beyond their end, not beyond a minute, not once the keys of any source have changed, and not before the
 * time at which they were found good, should the clock go back.
 */
export function knowingCallers(verify: VerifyToken, sources: readonly KeySource[]): VerifyToken {
  const callers = new LRUCache<string, Known>({ maxSize: mostBytes });
  return async (token) => {
    const name = hash('sha256', token, 'base64');
    const versions = sources.map(versionOf);
    const known = callers.get(name);
    if (known !== undefined && stillHolds(known, versions)) return known.caller;
    const at = Date.now();
    const caller = await verify(token);
    callers.set(name, { caller, versions, at }, { size: token.length + 512 });
    return caller;
  };
}

function stillHolds({ caller, versions, at }: Known, now: readonly unknown[]): boolean {
  const age = Date.now() - at;
  return age >= 0 && age < longest && !hasEnded(caller) && versions.every((version, i) => version === now[i]);
}

/** To the second, as tokens are verified. */
function hasEnded({ expiresAt }: Caller): boolean {
  return expiresAt !== undefined && expiresAt <= Math.floor(Date.now() / 1_000);
}

/** Another value whenever the keys of a source may have changed. */
function versionOf(source: KeySource): unknown {
  const { key, version = key } = source.current();
  return version;
}
