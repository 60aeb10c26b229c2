import { ConfigurationError } from '@clusterlog/shared/server';
import type { Dispatcher } from 'undici';
import { isTrustworthyUrl, keySetFile, keySetUrl } from './jwks.ts';
import type { KeySource, ReportProblem } from './key-source.ts';
import { publicKeyFile } from './public-key-file.ts';
import { secretFile } from './secret-file.ts';

/** The `--auth-*` options that name keys. */
export interface KeyOptions {
  readonly authSecretFile: readonly string[];
  readonly authPublicKeyFile: readonly string[];
  readonly authJwks: readonly string[];
  readonly authAudience?: string;
}

/**
 * The sources of the keys that callers' tokens are verified with.
 *
 * @param dispatcher how URLs are asked. Default: undici's own connections
 * @throws ConfigurationError when there is none, a file cannot be used, or a URL is not one to take keys from
 */
export function openKeySources(options: KeyOptions, report: ReportProblem, dispatcher?: Dispatcher): KeySource[] {
  const sources = [
    ...options.authSecretFile.map((path) => opened('--auth-secret-file', path, () => secretFile(path, report))),
    ...options.authPublicKeyFile.map((path) =>
      opened('--auth-public-key-file', path, () => publicKeyFile(path, report)),
    ),
    ...options.authJwks.map((place) =>
      opened('--auth-jwks', place, () => openKeySet(place, options.authAudience, report, dispatcher)),
    ),
  ];
  if (sources.length === 0) {
    throw new ConfigurationError(
      'no key to verify tokens with: give --auth-secret-file, --auth-public-key-file or --auth-jwks (clusterlog-gateway token makes tokens for a secret)',
    );
  }
  return sources;
}

function openKeySet(
  place: string,
  audience: string | undefined,
  report: ReportProblem,
  dispatcher: Dispatcher | undefined,
): KeySource {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return keySetFile(place, report);
  const url = URL.parse(place);
  if (url === null || !isTrustworthyUrl(url)) {
    throw new Error('expected a file, an https URL or an http URL on this machine');
  }
  if (audience === undefined) {
    throw new Error("a URL needs --auth-audience, else any application's token of the same identity provider would do");
  }
  return keySetUrl(url, report, undefined, dispatcher);
}

function opened(flag: string, place: string, open: () => KeySource): KeySource {
  try {
    return open();
  } catch (error) {
    throw new ConfigurationError(`${flag} ${place}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  return message;
}
