import {
  type Authorization,
  boundAddress,
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
  openMesosConnections,
  openServerTls,
  parseListen,
  RenewedDispatcher,
  seconds,
  serveMetrics,
} from '@clusterlog/shared/server';
import { Agent, type Dispatcher } from 'undici';
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
import { bootTime } from './read/machine.ts';
import { GatewayKeys } from './token/gateway-keys.ts';
import { keySource } from './token/key-source.ts';

/** Runs the node agent until a signal ends it. */
export async function serve(configuration: AgentConfiguration): Promise<void> {
  checkAgentConfiguration(configuration);
  const { logLevel, accessLog, insecureOpen, gatewayKeys, journal: directories, metricsListen } = configuration;
  const metrics = new Metrics();
  const log = createLogger('clusterlog-agent', logLevel);
  logWarnings(log);
  const tls = openServerTls(configuration, log);
  const mesos = openMesosConnections(configuration, log);
  const credential = mesos.credential('--mesos-credential-file', configuration.mesosCredentialFile);
  const keysTls = openClientTls('gateway-keys', { ca: configuration.gatewayKeysCa }, log);
  const keysDispatcher = new RenewedDispatcher(keysTls, (texts) => new Agent({ connect: texts }));
  const certificates = [tls, mesos.tls, keysTls].filter((files) => files !== undefined);
  observeCertificates(metrics, certificates);
  // While there is a descriptor for it.
  bootTime();
  const largestField = configuration.maximumFieldSize * 1024 * 1024;
  const journal = await openJournal({ directories, log, largestField });
  const keySources = gatewayKeys.map((name) => keySource(name, keysDispatcher));
  const keys = insecureOpen ? 'open' : new GatewayKeys(keySources, log);
  const agentId = await knowAgentId(configuration, { credential, dispatcher: mesos.dispatcher }, log);
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
    sandboxes: sandboxesOf(configuration, { credential, dispatcher: mesos.connect() }),
    gatewayd: configuration.gatewayd,
    limits: { follows: configuration.follows, scans: configuration.scans },
    checks: () => [
      ...keyFindings(keys),
      ...(keys === 'open' ? [] : [idFinding(agentId)]),
      ...mesos.findings(),
      ...certificatesFinding(certificates),
    ],
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
    keysTls?.close();
    await keysDispatcher.destroy();
    await mesos.close();
    await journal.close();
  });
}

/** How this node's Mesos agent is asked. */
interface MesosAccess {
  readonly credential: Authorization | undefined;
  readonly dispatcher: Dispatcher;
}

interface KnownId {
  readonly current: string | undefined;
  readonly problem: string | undefined;
  close(): void;
}

async function knowAgentId(
  { agentId, mesosAgent = '', insecureOpen }: AgentConfiguration,
  { credential, dispatcher }: MesosAccess,
  log: Logger,
): Promise<KnownId> {
  if (agentId !== undefined || insecureOpen) return { current: agentId, problem: undefined, close: () => {} };
  const asked = new MesosAgentId(mesosAgent, { credential, dispatcher }, log);
  await asked.start();
  return asked;
}

function sandboxesOf(
  { mesosAgent = '', agentId, mesosWorkDir }: AgentConfiguration,
  { credential, dispatcher }: MesosAccess,
): Sandboxes {
  return new Sandboxes({ mesosAgent, credential, dispatcher, agentId, workDirectory: mesosWorkDir });
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
