import { ConfigurationError, WatchedFile } from '@clusterlog/shared/server';
import { createKeyFile, parseKeyFile } from './key-file.ts';
import { turnsOf } from './key-turns.ts';
import { makeSigningKey, type PublicJwk, type SigningKey } from './signing-key.ts';

/** The keys of this gateway, as they are at the moment they are asked for. */
export interface SigningKeys {
  /** What tokens are signed with. */
  readonly current: SigningKey;
  /** What node agents check tokens with: the current key, ones that will sign, ones whose last tokens may be under way. */
  readonly published: readonly PublicJwk[];
}

export interface SigningKeysOptions {
  /** Private keys: a JWK set, or one JWK. Made when missing; several gateways that start at once on one file end with one key. */
  readonly path: string;
  /** How long a key is published before it signs, in seconds. */
  readonly delay: number;
  /** Told of a changed file that is not usable; the last good keys stay in force. */
  readonly onProblem: (problem: Error) => void;
  /** Told when another key begins to sign. */
  readonly onTurn: (key: SigningKey) => void;
}

/**
 * Opens the file of signing keys; it is looked at again every second.
 *
 * @throws ConfigurationError
 */
export function openSigningKeys({ path, delay, onProblem, onTurn }: SigningKeysOptions): SigningKeys {
  const file = readOrCreate(path, onProblem);
  const turns = () => turnsOf(file.content, delay, Date.now() / 1000);
  const signing = (): SigningKey => {
    const key = turns().find(({ turn }) => turn === 'signs')?.key;
    if (key === undefined) throw new Error('expected at least one signing key, found none');
    return key;
  };
  let { kid } = signing();
  return {
    get current() {
      const key = signing();
      if (key.kid !== kid) onTurn(key);
      kid = key.kid;
      return key;
    },
    get published() {
      return turns().flatMap(({ key, turn }) => (turn === 'retired' ? [] : [key.publicJwk]));
    },
  };
}

function readOrCreate(path: string, onProblem: (problem: Error) => void): WatchedFile<readonly SigningKey[]> {
  const options = { path, parse: (bytes: Buffer) => parseKeyFile(bytes.toString()), onProblem };
  try {
    try {
      return new WatchedFile(options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    createKeyFile(path, [makeSigningKey(Math.floor(Date.now() / 1000))]);
    return new WatchedFile(options);
  } catch (error) {
    throw keyFileError(path, error);
  }
}

/** What is wrong with the file, in one line. */
export function keyFileError(path: string, error: unknown): ConfigurationError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? message : `cannot be read or made (${code})`;
  return new ConfigurationError(`--signing-key-file ${path}: ${reason}`);
}
