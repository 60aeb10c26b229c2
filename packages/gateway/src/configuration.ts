import { isIP } from 'node:net';
import {
  ConfigurationError,
  checkClientTls,
  checkServerTls,
  choice,
  commonOptions,
  duration,
  isLoopback,
  listenPattern,
  mesosTlsOptions,
  metricsListenOption,
  serverTlsOptions,
  text,
  texts,
  toggle,
  whole,
} from '@clusterlog/shared/server';
import { type Static, Type } from 'typebox';
import { adminRouterOptions } from './admin-router/options.ts';
import { claimOptions } from './auth/claim-options.ts';
import { signingKeyOptions } from './keys/options.ts';
import { limitOptions } from './limits/options.ts';

/** An http or https origin. */
const originPattern = '^https?://[^/?#@\\s]+/?$';

/** Every option of `clusterlog-gateway`: flags, environment variables, file keys, help and documentation come from here. */
export const gatewayOptions = Type.Object({
  listen: text({
    placeholder: 'HOST:PORT',
    pattern: listenPattern,
    expected: 'HOST:PORT or unix:/PATH',
    default: '127.0.0.1:8080',
    description: 'Where requests are answered; also unix:/PATH. A socket passed by systemd wins.',
  }),
  ...serverTlsOptions,
  trustedProxy: texts({
    placeholder: 'ADDRESS',
    pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$',
    expected: 'IP addresses and networks such as 10.0.0.0/8',
    description: 'An nginx before this gateway, or its network: its X-Forwarded-For and -Proto are believed.',
  }),
  mesosMaster: texts({
    placeholder: 'URL',
    pattern: originPattern,
    expected: 'http or https URLs without a path',
    description: 'A Mesos master; any of them may be a follower, the leader is found and followed.',
  }),
  ...mesosTlsOptions,
  mesosCredentialFile: text({
    placeholder: 'FILE',
    description:
      'What masters want as Authorization: a file with "principal secret", the whole header value, or the secret of a DC/OS service account; re-read when it changes.',
  }),
  mesosForwardCaller: toggle({
    description:
      'Mesos agents are asked about sandboxes with the caller’s own token, which so reaches node agents; by https only.',
  }),
  localAgent: text({
    placeholder: 'URL',
    pattern: originPattern,
    expected: 'an http or https URL without a path',
    description: 'The node agent of the gateway’s own node, asked for /system/v1/logs/….',
  }),
  localAgentId: text({
    placeholder: 'ID',
    pattern: '^[^\\s/]+$',
    expected: 'an agent id',
    default: 'local',
    description: 'The --agent-id of that node agent.',
    details: 'Tokens for it are signed for this id; on a master, start clusterlog-agent with --agent-id local.',
  }),
  agentPort: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 65_535,
    default: 61_001,
    description: 'The port of node agents, at the address in the pid of the Mesos agent.',
  }),
  agentScheme: choice(['http', 'https'], { default: 'http', description: 'How node agents are reached.' }),
  agentUrl: texts({
    placeholder: 'ID=URL',
    pattern: '^[^=\\s]+=https?://[^/?#@\\s]+/?$',
    expected: 'ID=URL, an agent id and an http or https URL without a path',
    description: 'Where the node agent of one agent id is instead.',
  }),
  agentCa: text({
    placeholder: 'FILE',
    description: 'PEM of the CA that node agents’ certificates are checked by, re-read when it changes.',
  }),
  agentClientCert: text({
    placeholder: 'FILE',
    description: 'PEM certificate chain shown to node agents, re-read when it changes.',
  }),
  agentClientKey: text({ placeholder: 'FILE', description: 'PEM private key of --agent-client-cert.' }),
  authSecretFile: texts({
    placeholder: 'FILE',
    description: 'Secret of at least 32 bytes that callers’ HS256 tokens are verified with; re-read when it changes.',
  }),
  authPublicKeyFile: texts({
    placeholder: 'FILE',
    description:
      'PEM public key that callers’ tokens are verified with: RSA (RS256), EC or Ed25519; re-read when it changes.',
  }),
  authJwks: texts({
    placeholder: 'FILE|URL',
    description:
      'JWK set that callers’ tokens are verified with. A URL must be https or loopback, and needs --auth-audience.',
  }),
  authJwksCa: text({
    placeholder: 'FILE',
    description: 'PEM of the CA that an https URL of --auth-jwks is checked by, re-read when it changes.',
  }),
  ...claimOptions,
  authAllowNoExpiry: toggle({ description: 'Take tokens without exp, which never end.' }),
  ...signingKeyOptions,
  policy: text({
    placeholder: 'FILE',
    description:
      'YAML file that says who may read what, re-read when it changes. Without, every authenticated caller reads everything.',
    details: 'See docs/policy.md.',
  }),
  taskForm: texts({
    placeholder: 'stream',
    pattern: '^stream$',
    expected: 'stream',
    description: 'Take lines for a task’s that carry only its id as SYSLOG_IDENTIFIER, too.',
    details: 'Any task may be named like a daemon, but only lines of stdout streams without FRAMEWORK_ID are taken.',
  }),
  taskTrustedMatch: texts({
    placeholder: 'FIELD=VALUE',
    pattern: '^[A-Z_][A-Z0-9_]{0,63}=.*$',
    expected: 'FIELD=VALUE, such as _UID=0',
    description: 'Asked of every entry of a task on top of its form.',
  }),
  ...adminRouterOptions,
  maxFollowAge: duration({ default: '24h', description: 'After this long a follow is cut; clients resume.' }),
  mergeWait: duration({
    default: '250ms',
    description: 'How long a merged follow holds an entry back for a node that is behind.',
  }),
  ...limitOptions,
  merges: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 100_000,
    default: 200,
    description: 'Answers put together from many nodes at once; one more is answered 503.',
  }),
  mergesPerCaller: whole({
    placeholder: 'N',
    minimum: 1,
    maximum: 100_000,
    default: 50,
    description: 'Of those, as many as one caller may have; one more is answered 429.',
  }),
  metricsListen: metricsListenOption(8081),
  ...commonOptions,
});
export type GatewayConfiguration = Static<typeof gatewayOptions>;

/**
 * What the options must be together.
 *
 * @throws ConfigurationError with one line that says what is missing or in conflict
 */
export function checkGatewayConfiguration(configuration: GatewayConfiguration): void {
  const { mesosMaster, localAgent, agentClientCert, agentClientKey, trustedProxy, marathon } = configuration;
  if (mesosMaster.length === 0 && localAgent === undefined) {
    throw new ConfigurationError('--mesos-master or --local-agent is needed: without either there is nothing to read');
  }
  for (const master of mesosMaster) originOf('--mesos-master', master);
  for (const url of marathon) originOf('--marathon', url);
  for (const network of trustedProxy) checkNetwork(network);
  checkServerTls(configuration);
  checkClientTls('agent', { cert: agentClientCert, key: agentClientKey });
  checkClientTls('mesos', { cert: configuration.mesosClientCert, key: configuration.mesosClientKey });
  if (configuration.mesosForwardCaller) checkCallersTokens(configuration);
}

/** Whoever reads along must not be able to use a caller's token. */
function checkCallersTokens({ agentScheme, agentUrl, localAgent }: GatewayConfiguration): void {
  if (agentScheme !== 'https') {
    throw new ConfigurationError('--mesos-forward-caller: expected --agent-scheme https, found http');
  }
  const urls = agentUrl.map((pair) => pair.slice(pair.indexOf('=') + 1));
  for (const url of localAgent === undefined ? urls : [...urls, localAgent]) {
    const { protocol, hostname } = URL.parse(url) ?? { protocol: 'http:', hostname: '' };
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (protocol === 'https:' || isLoopback({ host, port: 0 })) continue;
    throw new ConfigurationError(
      `--mesos-forward-caller: expected node agents by https, or on loopback, found ${JSON.stringify(url)}`,
    );
  }
}

function checkNetwork(network: string): void {
  const [address = '', length = '0'] = network.split('/');
  const version = isIP(address);
  if (version !== 0 && Number(length) <= (version === 6 ? 128 : 32)) return;
  throw new ConfigurationError(
    `--trusted-proxy: expected an IP address or a network such as 10.0.0.0/8, found ${JSON.stringify(network)}`,
  );
}

/** The origins of `--agent-url`, by agent id. */
export function agentOverrides({ agentUrl }: Pick<GatewayConfiguration, 'agentUrl'>): Map<string, string> {
  const overrides = new Map<string, string>();
  for (const pair of agentUrl) {
    const equals = pair.indexOf('=');
    const id = pair.slice(0, equals);
    if (overrides.has(id)) throw new ConfigurationError(`--agent-url: agent ${id} is given twice`);
    overrides.set(id, originOf('--agent-url', pair.slice(equals + 1)));
  }
  return overrides;
}

/** The origin of a URL that an option gives. */
export function originOf(flag: string, given: string): string {
  const url = URL.parse(given);
  if (url === null)
    throw new ConfigurationError(`${flag}: expected an http or https URL, found ${JSON.stringify(given)}`);
  return url.origin;
}
