import {
  certificatesFinding,
  closeOnSignal,
  createLogger,
  type Finding,
  type Logger,
  listen,
  logWarnings,
  Metrics,
  observeCertificates,
  openClientTls,
  openServerTls,
  parseListen,
  RenewedDispatcher,
  seconds,
  serveMetrics,
  type TlsFiles,
} from '@clusterlog/shared/server';
import { Agent } from 'undici';
import { openAdminRouter } from './admin-router/open-admin-router.ts';
import { createGateway } from './app.ts';
import { openKeySources } from './auth/key-sources.ts';
import { knowingCallers } from './auth/known-callers.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { agentOverrides, checkGatewayConfiguration, type GatewayConfiguration, originOf } from './configuration.ts';
import { keysFinding, mesosFinding, observeIndex, policyFinding } from './findings.ts';
import { openSigningKeys } from './keys/signing-keys.ts';
import { limitsOf } from './limits/options.ts';
import { type ClusterIndex, createClusterIndex, type MasterClientOptions, startMasterClient } from './mesos/index.ts';
import { type MesosAccess, openMesosAccess } from './mesos/mesos-access.ts';
import { openPolicy } from './policy/policy-options.ts';
import { createAgentDispatcher } from './proxy/agent-dispatcher.ts';
import { isViewerBuilt, viewerDirectory } from './viewer/built-viewer.ts';

/** Runs the gateway until a signal ends it. */
export async function serve(configuration: GatewayConfiguration): Promise<void> {
  checkGatewayConfiguration(configuration);
  const { logLevel, accessLog, agentScheme, agentPort, localAgent, localAgentId = '', mesosMaster } = configuration;
  const log = createLogger('clusterlog-gateway', logLevel);
  logWarnings(log);
  const metrics = new Metrics();
  const jwksTls = openClientTls('auth-jwks', { ca: configuration.authJwksCa }, log);
  const jwksDispatcher = new RenewedDispatcher(jwksTls, (texts) => new Agent({ connect: texts }));
  const sources = openKeySources(
    configuration,
    (source, problem) =>
      log.warn({ source, problem: problem.message }, 'keys cannot be read; the last good ones stay in force'),
    jwksDispatcher,
  );
  const addressing = { scheme: agentScheme, port: agentPort, overrides: agentOverrides(configuration) };
  const local =
    localAgent === undefined ? undefined : { id: localAgentId, origin: originOf('--local-agent', localAgent) };
  const tls = openServerTls(configuration, log);
  const agentTls = openAgentTls(configuration, log);
  const mesos = openMesosAccess(configuration, log);
  const certificates = [tls, agentTls, mesos.tls, jwksTls].filter((files) => files !== undefined);
  observeCertificates(metrics, certificates);
  const dispatcher = createAgentDispatcher(agentTls);
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
  const masters = masterOptions(configuration, mesos, index, log);
  const router = openAdminRouter(configuration, mesos, log);
  const checks = (): Finding[] => [
    ...(mesosMaster.length === 0 ? [] : [mesosFinding(index)]),
    ...mesos.findings(),
    keysFinding(sources),
    policyFinding(policy),
    ...certificatesFinding(certificates),
  ];
  const app = createGateway({
    server: {
      log,
      accessLog,
      metrics,
      trustedProxies: configuration.trustedProxy,
      greatestStall: seconds(configuration.maxStall),
      ...(tls === undefined ? {} : { tls }),
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
    await masters?.dispatcher?.destroy();
    await mesos.close();
    agentTls?.close();
    for (const source of sources) source.close?.();
    jwksTls?.close();
    await jwksDispatcher.destroy();
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

function openAgentTls(
  { agentCa: ca, agentClientCert: cert, agentClientKey: key }: GatewayConfiguration,
  log: Logger,
): TlsFiles | undefined {
  return openClientTls('agent', { ca, cert, key }, log);
}

/** Everything about the masters that can be wrong in the configuration has been read; they are asked later. */
function masterOptions(
  { mesosMaster }: GatewayConfiguration,
  { connect, masterCredential }: MesosAccess,
  index: ClusterIndex,
  log: Logger,
): MasterClientOptions | undefined {
  if (mesosMaster.length === 0) return undefined;
  return { masters: mesosMaster, index, log, dispatcher: connect(), credential: masterCredential };
}
