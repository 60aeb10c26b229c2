import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import {
  ConfigurationError,
  closeOnSignal,
  createLogger,
  type Finding,
  type Logger,
  listen,
  Metrics,
  parseListen,
  readMesosCredential,
  readNamedFile,
  seconds,
  serveMetrics,
} from '@clusterlog/shared/server';
import type { Dispatcher } from 'undici';
import { type MastersAccess, openAdminRouter } from './admin-router/open-admin-router.ts';
import { createGateway } from './app.ts';
import { openKeySources } from './auth/key-sources.ts';
import { knowingCallers } from './auth/known-callers.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { agentOverrides, checkGatewayConfiguration, type GatewayConfiguration, originOf } from './configuration.ts';
import { keysFinding, mesosFinding, observeIndex, policyFinding } from './findings.ts';
import { openSigningKeys } from './keys/signing-keys.ts';
import { limitsOf } from './limits/options.ts';
import { type ClusterIndex, createClusterIndex, type MasterClientOptions, startMasterClient } from './mesos/index.ts';
import { openPolicy } from './policy/policy-options.ts';
import { createAgentDispatcher } from './proxy/agent-dispatcher.ts';
import { isViewerBuilt, viewerDirectory } from './viewer/built-viewer.ts';

/** Runs the gateway until a signal ends it. */
export async function serve(configuration: GatewayConfiguration): Promise<void> {
  checkGatewayConfiguration(configuration);
  const { logLevel, accessLog, agentScheme, agentPort, localAgent, localAgentId = '', mesosMaster } = configuration;
  const log = createLogger('clusterlog-gateway', logLevel);
  const metrics = new Metrics();
  const sources = openKeySources(configuration, (source, problem) =>
    log.warn({ source, problem: problem.message }, 'keys cannot be read; the last good ones stay in force'),
  );
  const addressing = { scheme: agentScheme, port: agentPort, overrides: agentOverrides(configuration) };
  const local =
    localAgent === undefined ? undefined : { id: localAgentId, origin: originOf('--local-agent', localAgent) };
  const dispatcher = agentDispatcher(configuration);
  const signingKeys = openSigningKeys({
    path: configuration.signingKeyFile ?? '',
    delay: seconds(configuration.signingKeyDelay),
    onProblem: (problem) =>
      log.error({ problem: problem.message }, 'the signing keys cannot be read; the last good ones stay in force'),
    onTurn: ({ kid }) => log.info({ kid }, 'gateway tokens are signed with another key from now on'),
  });

  const index = createClusterIndex();
  const policy = openPolicy(configuration, {
    index,
    onProblem: (problem) =>
      log.error({ problem: problem.message }, 'the policy cannot be read; the last good one stays in force'),
  });
  observeIndex(metrics, index);
  const masters = masterOptions(configuration, index, log);
  const router = openAdminRouter(configuration, mastersAccess(configuration), log);
  const checks = (): Finding[] => [
    ...(mesosMaster.length === 0 ? [] : [mesosFinding(index)]),
    keysFinding(sources),
    policyFinding(policy),
  ];
  const app = createGateway({
    server: {
      log,
      accessLog,
      metrics,
      trustedProxies: configuration.trustedProxy,
      greatestStall: seconds(configuration.maxStall),
    },
    verify: knowingCallers(createTokenVerifier(sources, tokenRules(configuration)), sources),
    policy,
    index,
    localAgent: local,
    addressing,
    signingKeys,
    dispatcher,
    router,
    forwardCaller: configuration.mesosForwardCaller,
    maxFollowAge: seconds(configuration.maxFollowAge),
    limits: limitsOf(configuration),
    mergeLimits: {
      holdBack: seconds(configuration.mergeWait) * 1_000,
      merges: configuration.merges ?? 1,
      mergesPerCaller: configuration.mergesPerCaller ?? 1,
    },
    checks,
  });
  log.warn({}, policy.description);
  if (!router.without.has('viewer') && !isViewerBuilt(viewerDirectory())) {
    log.warn({}, 'the log viewer has not been built: /logs/ is answered 503');
  }

  const url = await listen(app, '--listen', parseListen(configuration.listen ?? ''), true);
  const closeMetrics = await serveMetrics(metrics, configuration.metricsListen ?? 'off', log);
  const client = masters === undefined ? undefined : startMasterClient(masters);
  log.info({ url, masters: mesosMaster, kid: signingKeys.current.kid }, 'answering');
  closeOnSignal(app, closeMetrics, async () => {
    await client?.close();
    for (const source of sources) source.close?.();
  });
}

function tokenRules({
  authUidClaim = '',
  authGroupsClaim = '',
  authIssuer,
  authAudience,
  authAllowNoExpiry,
}: GatewayConfiguration) {
  return {
    uidClaim: authUidClaim,
    groupsClaim: authGroupsClaim,
    allowNoExpiry: authAllowNoExpiry,
    ...(authIssuer === undefined ? {} : { issuer: authIssuer }),
    ...(authAudience === undefined ? {} : { audience: authAudience }),
  };
}

function agentDispatcher({ agentCa, agentClientCert, agentClientKey }: GatewayConfiguration): Dispatcher {
  const tls = {
    ...(agentCa === undefined ? {} : { ca: readCertificates('--agent-ca', agentCa) }),
    ...(agentClientCert === undefined ? {} : { cert: readCertificates('--agent-client-cert', agentClientCert) }),
    ...(agentClientKey === undefined ? {} : { key: readNamedFile('--agent-client-key', agentClientKey) }),
  };
  try {
    createSecureContext(tls);
  } catch {
    throw new ConfigurationError(
      `--agent-client-key: ${agentClientKey} is not the PEM private key of --agent-client-cert`,
    );
  }
  return createAgentDispatcher(tls);
}

function readCertificates(flag: string, path: string): string {
  const pem = readNamedFile(flag, path);
  try {
    new X509Certificate(pem);
  } catch {
    throw new ConfigurationError(`${flag}: expected PEM certificates in ${path}, found something else`);
  }
  return pem;
}

/** Everything about the masters that can be wrong in the configuration is read here; the masters are asked later. */
function masterOptions(
  configuration: GatewayConfiguration,
  index: ClusterIndex,
  log: Logger,
): MasterClientOptions | undefined {
  const { mesosMaster } = configuration;
  if (mesosMaster.length === 0) return undefined;
  return { masters: mesosMaster, index, log, ...mastersAccess(configuration) };
}

function mastersAccess({ mesosCa, mesosCredentialFile }: GatewayConfiguration): MastersAccess {
  return {
    ...(mesosCa === undefined ? {} : { ca: readCertificates('--mesos-ca', mesosCa) }),
    ...(mesosCredentialFile === undefined ? {} : { credential: readMesosCredential(mesosCredentialFile) }),
  };
}
