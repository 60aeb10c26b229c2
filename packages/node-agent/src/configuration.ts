import {
  ConfigurationError,
  checkClientTls,
  checkServerTls,
  commonOptions,
  isLoopback,
  type ListenAddress,
  listenPattern,
  mesosTlsOptions,
  metricsListenOption,
  parseListen,
  serverTlsOptions,
  text,
  texts,
  toggle,
  whole,
} from '@clusterlog/shared/server';
import { type Static, Type } from 'typebox';
import { usualReadingLimits } from './routes/reading-places.ts';

/** Every option of `clusterlog-agent`: flags, environment variables, file keys, help and documentation come from here. */
export const agentOptions = Type.Object({
  listen: text({
    placeholder: 'HOST:PORT',
    pattern: listenPattern,
    expected: 'HOST:PORT or unix:/PATH',
    default: '127.0.0.1:61001',
    description: 'Where requests are answered; also unix:/PATH. A socket passed by systemd wins.',
  }),
  journal: texts({
    placeholder: 'DIR',
    default: ['/var/log/journal', '/run/log/journal'],
    description: 'Directory of journal files, read with its machine-id subdirectories.',
  }),
  agentId: text({
    placeholder: 'ID',
    pattern: '^[^\\s/]+$',
    description: 'The Mesos agent id of this node. Asked from the Mesos agent unless given.',
  }),
  mesosAgent: text({
    placeholder: 'URL',
    pattern: '^https?://[^/\\s]+/?$',
    expected: 'an http or https URL without a path',
    default: 'http://127.0.0.1:5051',
    description: 'The Mesos agent of this node.',
  }),
  ...mesosTlsOptions,
  mesosCredentialFile: text({
    placeholder: 'FILE',
    description:
      'What the Mesos agent wants as Authorization: a file with "principal secret", the whole header value, or the secret of a DC/OS service account; re-read when it changes.',
  }),
  mesosWorkDir: text({
    placeholder: 'DIR',
    pattern: '^/',
    expected: 'an absolute path',
    description: 'The --work_dir of the Mesos agent, where sandboxes lie. Asked from the Mesos agent unless given.',
  }),
  gatewayKeys: texts({
    placeholder: 'FILE|URL',
    description: 'JWKS with the public keys of the gateways; a URL must be https, or loopback.',
  }),
  insecureOpen: toggle({
    description: 'Answer without gateway tokens. Only on loopback or a unix socket.',
  }),
  gatewayKeysCa: text({
    placeholder: 'FILE',
    description: 'PEM of the CA that an https URL of --gateway-keys is checked by, re-read when it changes.',
  }),
  ...serverTlsOptions,
  maximumFieldSize: whole({
    placeholder: 'MIB',
    minimum: 1,
    maximum: 64,
    default: 16,
    description: 'The largest journal field delivered, in MiB; entries come without larger ones.',
    details:
      'Fields are decompressed in one go: one of 16 MiB keeps everyone else waiting for up to 50 ms (XZ, used before systemd 246: 150 ms).',
  }),
  gatewayd: toggle({
    description:
      "Also serve systemd-journal-gatewayd's interface, without tokens. Only on loopback, a unix socket, or with --tls-client-ca.",
  }),
  follows: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 1_000_000,
    default: usualReadingLimits.follows,
    description: 'Follows open at once; one more is answered 503.',
  }),
  scans: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 100_000,
    default: usualReadingLimits.scans,
    description: 'Answers that end (ranges, pages, counts) being read at once; one more is answered 503.',
  }),
  metricsListen: metricsListenOption(61009),
  ...commonOptions,
});
export type AgentConfiguration = Static<typeof agentOptions>;

/**
 * What the options must be together.
 *
 * @throws ConfigurationError with one line that says what is missing or in conflict
 */
export function checkAgentConfiguration(configuration: AgentConfiguration): void {
  const { listen = '', mesosAgent = '', insecureOpen, gatewayKeys, gatewayd, tlsClientCa } = configuration;
  if (insecureOpen && gatewayKeys.length > 0) {
    throw new ConfigurationError('--insecure-open and --gateway-keys contradict each other: give one of them');
  }
  if (!insecureOpen && gatewayKeys.length === 0) {
    throw new ConfigurationError(
      '--gateway-keys is needed: the public keys of the gateways (or --insecure-open, on loopback only)',
    );
  }
  if (insecureOpen) checkOpenReach(parseListen(listen), listen);
  checkServerTls(configuration);
  checkClientTls('mesos', { cert: configuration.mesosClientCert, key: configuration.mesosClientKey });
  if (!URL.canParse(mesosAgent)) {
    throw new ConfigurationError(`--mesos-agent: expected an http or https URL, found ${JSON.stringify(mesosAgent)}`);
  }
  if (gatewayd) checkGatewaydReach(parseListen(listen), listen, tlsClientCa);
  for (const source of gatewayKeys) checkKeySource(source);
}

/**
 * @param address where the agent listens, `found` how that is said to the operator
 * @throws ConfigurationError unless only this machine can connect
 */
export function checkOpenReach(address: ListenAddress, found: string): void {
  if (isLoopback(address)) return;
  throw new ConfigurationError(`--insecure-open: expected --listen on loopback or a unix socket, found ${found}`);
}

/**
 * gatewayd's clients send no token, so something else must say who connects.
 *
 * @param address where the agent listens, `found` how that is said to the operator
 * @throws ConfigurationError unless only this machine can connect, or only who has a client certificate
 */
export function checkGatewaydReach(address: ListenAddress, found: string, tlsClientCa: string | undefined): void {
  if (tlsClientCa !== undefined || isLoopback(address)) return;
  throw new ConfigurationError(
    `--gatewayd: expected --listen on loopback or a unix socket, or --tls-client-ca, found ${found}`,
  );
}

function checkKeySource(source: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return;
  const url = URL.parse(source);
  if (url?.protocol === 'https:') return;
  if (url?.protocol === 'http:' && isLoopback({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: 0 })) return;
  throw new ConfigurationError(
    `--gateway-keys: expected https, or http on loopback, or a file, found ${JSON.stringify(source)}`,
  );
}
