import { createSecureContext } from 'node:tls';
import {
  boundAddress,
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
  type ServerOptions,
  seconds,
  serveMetrics,
} from '@clusterlog/shared/server';
import { createAgent } from './app.ts';
import {
  type AgentConfiguration,
  checkAgentConfiguration,
  checkGatewaydReach,
  checkOpenReach,
} from './configuration.ts';
import { Sandboxes } from './files/sandboxes.ts';
import { openJournal } from './journal/open-source.ts';
import { MesosAgentId } from './mesos-agent-id.ts';
import { GatewayKeys } from './token/gateway-keys.ts';
import { keySource } from './token/key-source.ts';

/** Runs the node agent until a signal ends it. */
export async function serve(configuration: AgentConfiguration): Promise<void> {
  checkAgentConfiguration(configuration);
  const { logLevel, accessLog, insecureOpen, gatewayKeys, journal: directories, metricsListen } = configuration;
  const metrics = new Metrics();
  const tls = tlsOf(configuration);
  const log = createLogger('clusterlog-agent', logLevel);
  const largestField = configuration.maximumFieldSize * 1024 * 1024;
  const journal = await openJournal({ directories, log, largestField });
  const keys = insecureOpen ? 'open' : new GatewayKeys(gatewayKeys.map(keySource), log);
  const authorization = mesosAuthorization(configuration);
  const agentId = await knowAgentId(configuration, authorization, log);
  const app = createAgent({
    server: {
      log,
      accessLog,
      metrics,
      greatestStall: seconds(configuration.maxStall),
      ...(tls === undefined ? {} : { tls }),
    },
    journal,
    keys,
    agentId: () => agentId.current,
    sandboxes: sandboxesOf(configuration, authorization),
    gatewayd: configuration.gatewayd,
    limits: { follows: configuration.follows, scans: configuration.scans },
    checks: () => [...keyFindings(keys), ...(keys === 'open' ? [] : [idFinding(agentId)])],
  });
  if (keys !== 'open') await keys.load();
  if (keys === 'open') app.log.warn({}, '--insecure-open: everyone who can connect here reads the whole journal');

  const url = await listen(app, '--listen', parseListen(configuration.listen ?? ''), true);
  // A socket that systemd passes is where systemd says, whatever --listen is.
  if (insecureOpen) checkOpenReach(boundAddress(app), url);
  if (configuration.gatewayd) {
    checkGatewaydReach(boundAddress(app), url, configuration.tlsClientCa);
    app.log.warn({}, '--gatewayd: everyone who can connect here reads the whole journal');
  }
  app.log.info({ url, journal: directories, agentId: agentId.current ?? null }, 'answering');
  const closeMetrics = await serveMetrics(metrics, metricsListen ?? 'off', log);
  closeOnSignal(app, closeMetrics, async () => {
    agentId.close();
    if (keys !== 'open') keys.close();
    await journal.close();
  });
}

interface KnownId {
  readonly current: string | undefined;
  readonly problem: string | undefined;
  close(): void;
}

async function knowAgentId(
  { agentId, mesosAgent = '', insecureOpen }: AgentConfiguration,
  authorization: string | undefined,
  log: Logger,
): Promise<KnownId> {
  if (agentId !== undefined || insecureOpen) return { current: agentId, problem: undefined, close: () => {} };
  const asked = new MesosAgentId(mesosAgent, authorization, log);
  await asked.start();
  return asked;
}

function mesosAuthorization({ mesosCredentialFile }: AgentConfiguration): string | undefined {
  return mesosCredentialFile === undefined ? undefined : readMesosCredential(mesosCredentialFile);
}

function sandboxesOf(
  { mesosAgent = '', agentId, mesosWorkDir }: AgentConfiguration,
  authorization: string | undefined,
): Sandboxes {
  return new Sandboxes({ mesosAgent, authorization, agentId, workDirectory: mesosWorkDir });
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: AgentConfiguration): ServerOptions['tls'] {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = readNamedFile('--tls-cert', tlsCert);
  const key = readNamedFile('--tls-key', tlsKey);
  const clientCa = tlsClientCa === undefined ? undefined : readNamedFile('--tls-client-ca', tlsClientCa);
  checkPem(`--tls-cert: expected PEM certificates in ${tlsCert}`, { cert });
  checkPem(`--tls-key: expected the PEM private key of --tls-cert in ${tlsKey}`, { cert, key });
  if (clientCa === undefined) return { cert, key };
  checkPem(`--tls-client-ca: expected PEM certificates in ${tlsClientCa}`, { cert: clientCa });
  return { cert, key, clientCa };
}

function checkPem(expectation: string, pem: { cert: string; key?: string }): void {
  try {
    createSecureContext(pem);
  } catch {
    throw new ConfigurationError(`${expectation}, found something else`);
  }
}

function keyFindings(keys: GatewayKeys | 'open'): Finding[] {
  if (keys === 'open')
    return [{ check: 'gateway-keys', state: 'degraded', detail: '--insecure-open: answering without tokens' }];
  const detail = keys.failures.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
  if (keys.count === 0)
    return [{ check: 'gateway-keys', state: 'failing', detail: `no key of a gateway is known; ${detail}` }];
  return [
    detail === '' ? { check: 'gateway-keys', state: 'ok' } : { check: 'gateway-keys', state: 'degraded', detail },
  ];
}

function idFinding({ current, problem }: KnownId): Finding {
  if (current === undefined) return { check: 'agent-id', state: 'failing', detail: problem ?? 'not known yet' };
  return problem === undefined
    ? { check: 'agent-id', state: 'ok' }
    : { check: 'agent-id', state: 'degraded', detail: problem };
}
