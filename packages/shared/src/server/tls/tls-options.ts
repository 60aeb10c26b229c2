import { ConfigurationError } from '../configuration/configuration-error.ts';
import { text } from '../configuration/option.ts';
import type { Logger } from '../logger.ts';
import { TlsFiles } from './tls-files.ts';
import type { TlsFileNames } from './tls-texts.ts';

/** How Mesos is reached by https. */
export const mesosTlsOptions = {
  mesosCa: text({
    placeholder: 'FILE',
    description: 'PEM of the CA that the certificates of Mesos are checked by, re-read when it changes.',
  }),
  mesosClientCert: text({ placeholder: 'FILE', description: 'PEM certificate chain shown to Mesos.' }),
  mesosClientKey: text({ placeholder: 'FILE', description: 'PEM private key of --mesos-client-cert.' }),
};

/** How a server speaks https. Its files are read again when they change. */
export const serverTlsOptions = {
  tlsCert: text({
    placeholder: 'FILE',
    description: 'PEM certificate chain, re-read when it changes; with --tls-key it speaks https.',
  }),
  tlsKey: text({ placeholder: 'FILE', description: 'PEM private key of --tls-cert.' }),
  tlsClientCa: text({ placeholder: 'FILE', description: 'PEM of the CA whose client certificates are required.' }),
};

interface ServerTlsConfiguration {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
}

/** @throws ConfigurationError when one is missing that another needs */
export function checkServerTls({ tlsCert, tlsKey, tlsClientCa }: ServerTlsConfiguration): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new ConfigurationError('--tls-cert and --tls-key go together: one is missing');
  if (tlsClientCa !== undefined && tlsCert === undefined)
    throw new ConfigurationError('--tls-client-ca needs --tls-cert and --tls-key');
}

/**
 * What the server shows and asks for; undefined for plain http.
 *
 * @throws ConfigurationError
 */
export function openServerTls(
  { tlsCert, tlsKey, tlsClientCa }: ServerTlsConfiguration,
  log: Pick<Logger, 'info' | 'warn'>,
): TlsFiles | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = { flag: '--tls-cert', path: tlsCert };
  const key = { flag: '--tls-key', path: tlsKey };
  const ca = tlsClientCa === undefined ? undefined : { flag: '--tls-client-ca', path: tlsClientCa };
  return new TlsFiles({ cert, key, ca }, { log });
}

/** The paths that options give for connections to others. */
interface ClientTlsPaths {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** @throws ConfigurationError when a certificate has no key, or the other way round */
export function checkClientTls(whose: 'agent' | 'mesos', { cert, key }: ClientTlsPaths): void {
  if ((cert === undefined) === (key === undefined)) return;
  throw new ConfigurationError(`--${whose}-client-cert and --${whose}-client-key go together: one is missing`);
}

/**
 * What is shown to others and what theirs is checked by; undefined where no file is named.
 *
 * @throws ConfigurationError
 */
export function openClientTls(
  whose: 'agent' | 'mesos' | 'gateway-keys' | 'auth-jwks',
  { ca, cert, key }: ClientTlsPaths,
  log: Pick<Logger, 'info' | 'warn'>,
): TlsFiles | undefined {
  const named = (option: string, path: string | undefined): TlsFileNames['ca'] =>
    path === undefined ? undefined : { flag: `--${whose}-${option}`, path };
  const names = { ca: named('ca', ca), cert: named('client-cert', cert), key: named('client-key', key) };
  return Object.values(names).some((name) => name !== undefined) ? new TlsFiles(names, { log }) : undefined;
}
