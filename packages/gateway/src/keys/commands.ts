import { readFileSync } from 'node:fs';
import { ConfigurationError, seconds } from '@clusterlog/shared/server';
import { createKeyFile, parseKeyFile, replaceKeyFile } from './key-file.ts';
import { type KeyTurn, turnsOf } from './key-turns.ts';
import { makeSigningKey, type SigningKey } from './signing-key.ts';
import { keyFileError } from './signing-keys.ts';

export interface KeyFileOptions {
  readonly signingKeyFile?: string;
}

export interface KeyTurnOptions extends KeyFileOptions {
  /** A duration. */
  readonly signingKeyDelay: string;
}

/**
 * `keys new`: makes the file.
 *
 * @returns what to print, as the other commands
 * @throws ConfigurationError where there is a file, as all of them for a file that cannot be used
 */
export function newKeys({ signingKeyFile: path = '' }: KeyFileOptions): string {
  const key = makeSigningKey(now());
  let isMade: boolean;
  try {
    isMade = createKeyFile(path, [key]);
  } catch (error) {
    throw keyFileError(path, error);
  }
  if (!isMade) throw new ConfigurationError(`--signing-key-file ${path}: there is a file already; rotate its keys`);
  return `${path}: made, with key ${key.kid}`;
}

/** `keys list`: what each key is for; or the public keys, for node agents that read a file. */
export function listKeys(options: KeyTurnOptions & { readonly public: boolean }): string {
  const turns = turnsOf(keysOf(options.signingKeyFile), seconds(options.signingKeyDelay), now());
  if (!options.public) return turns.map(lineOf).join('\n');
  const keys = turns.filter(({ turn }) => turn !== 'retired').map(({ key }) => key.publicJwk);
  return JSON.stringify({ keys }, undefined, 2);
}

/** `keys rotate`: adds a key, which signs once it was published for long enough, and drops those that are retired. */
export function rotateKeys(options: KeyTurnOptions & { readonly atOnce: boolean }): string {
  const { signingKeyFile: path = '', atOnce } = options;
  const delay = seconds(options.signingKeyDelay);
  const kept = turnsOf(keysOf(path), delay, now()).filter(({ turn }) => turn !== 'retired' && !atOnce);
  if (kept.some(({ turn }) => turn === 'next')) {
    throw new ConfigurationError(`--signing-key-file ${path}: a key is waiting to sign already; see keys list`);
  }
  const keys = [...kept.map(({ key }) => key), makeSigningKey(now())];
  try {
    replaceKeyFile(path, keys);
  } catch (error) {
    throw keyFileError(path, error);
  }
  return turnsOf(keys, delay, now()).map(lineOf).join('\n');
}

function keysOf(path = ''): readonly SigningKey[] {
  try {
    return parseKeyFile(readFileSync(path, 'utf8'));
  } catch (error) {
    throw keyFileError(path, error);
  }
}

function lineOf({ key, turn, signsFrom }: KeyTurn): string {
  const made = key.madeAt === 0 ? 'made at a time unknown' : `made ${timeOf(key.madeAt)}`;
  return `${key.kid}  ${made}  ${turn === 'next' ? `signs from ${timeOf(signsFrom)}` : turn}`;
}

function timeOf(time: number): string {
  return new Date(time * 1000).toISOString().replace('.000', '');
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
