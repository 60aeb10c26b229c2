import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { World } from './world.ts';

const now = () => Math.floor(Date.now() / 1000);

/** A token that lives for ten minutes, unless the claims say something else. */
export async function signed(claims: object, key: Uint8Array | KeyObject, alg = 'HS256'): Promise<string> {
  return new SignJWT({ exp: now() + 600, ...claims }).setProtectedHeader({ alg }).sign(key);
}

/** The same, over since a second. */
export async function expired(claims: object, key: Uint8Array): Promise<string> {
  return signed({ ...claims, exp: now() - 1 }, key);
}

/** The same, signed by nobody. */
export function unsigned(claims: object): string {
  return `${base64url({ alg: 'none' })}.${base64url({ exp: now() + 600, ...claims })}.`;
}

/** The key of the cluster's callers, as the gateway reads it. */
export function callerSecret({ cluster }: World): Uint8Array {
  return Buffer.from(readFileSync(join(cluster.directory, 'caller-secret'), 'utf8').trimEnd());
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
