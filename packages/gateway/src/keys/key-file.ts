import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, linkSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSigningKey, privateJwkOf, type SigningKey } from './signing-key.ts';

/** Keys in one file at most. */
const mostKeys = 10;

/**
 * Reads the text of a key file: a JWK set of private keys, or one key.
 *
 * @returns the oldest first; at least one
 * @throws Error with a sentence that says what was expected
 */
export function parseKeyFile(text: string): readonly SigningKey[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('expected a private Ed25519 key as a JWK, or a JWK set of such keys, found no JSON');
  }
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (keys === undefined) return [parseSigningKey(value)];
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > mostKeys) {
    throw new Error(`expected a JWK set of 1 to ${mostKeys} keys`);
  }
  const parsed = keys.map(parseSigningKey).sort((one, other) => one.madeAt - other.madeAt);
  if (new Set(parsed.map(({ kid }) => kid)).size !== parsed.length) throw new Error('expected each key once');
  return parsed;
}

/** Makes the file with its directory, readable by its owner only. Leaves a file alone that is there. @returns whether it was made */
export function createKeyFile(path: string, keys: readonly SigningKey[]): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = writeDraft(path, keys);
  try {
    // A link is made whole or not at all, and never over a key that another gateway has just made.
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Puts other keys into the file, which stays its owner's. */
export function replaceKeyFile(path: string, keys: readonly SigningKey[]): void {
  const { uid, gid, mode } = statSync(path);
  const draft = writeDraft(path, keys);
  try {
    chmodSync(draft, mode & 0o660);
    if (process.getuid?.() !== uid || process.getgid?.() !== gid) chownSync(draft, uid, gid);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDraft(path: string, keys: readonly SigningKey[]): string {
  const draft = `${path}.${randomUUID()}`;
  const text = `${JSON.stringify({ keys: keys.map(privateJwkOf) }, undefined, 2)}\n`;
  try {
    // On the disk before it takes the old one's place.
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    // A disk that is full has room for a part of it.
    rmSync(draft, { force: true });
    throw error;
  }
  return draft;
}
