import {
  createServer,
  type Finding,
  health,
  type Metrics,
  observeHealth,
  observeVersion,
  type Server,
  type ServerOptions,
} from '@clusterlog/shared/server';
import { EncodingCache } from './encode/encoding-cache.ts';
import type { Sandboxes } from './files/sandboxes.ts';
import type { JournalSource } from './journal/source.ts';
import { NewestEntry } from './read/newest-entry.ts';
import { gatewaydRoutes } from './routes/gatewayd.ts';
import { type ReadingLimits, ReadingPlaces, readingPlaces, usualReadingLimits } from './routes/reading-places.ts';
import { v1Routes } from './routes/v1.ts';
import { v2ComponentRoutes } from './routes/v2-component.ts';
import { v2TaskRoutes } from './routes/v2-task.ts';
import { v3Routes } from './routes/v3.ts';
import { authenticate } from './token/authenticate.ts';
import type { GatewayKeys } from './token/gateway-keys.ts';
import { version } from './version.ts';

export interface AgentOptions {
  readonly server: ServerOptions;
  readonly journal: JournalSource;
  /** The gateways' public keys; `open` answers everyone. */
  readonly keys: GatewayKeys | 'open';
  /** The Mesos agent id that gateway tokens must be for; undefined while it is not known. */
  readonly agentId: () => string | undefined;
  /** The files of this node's tasks; closed with the server. Default: they are not served. */
  readonly sandboxes?: Sandboxes;
  /** Serve gatewayd's interface as well, without tokens. Default: false. */
  readonly gatewayd?: boolean;
  /** How much is read at once. */
  readonly limits?: ReadingLimits;
  /** Further checks for /health/ready. */
  readonly checks?: () => readonly Finding[];
}

/** Builds the node agent: a gateway token in, journal entries out. It does not listen yet. */
export function createAgent(options: AgentOptions): Server {
  const { server, journal, keys, agentId, sandboxes, gatewayd = false, limits = usualReadingLimits, checks } = options;
  const app = createServer(server);
  app.register(authenticate, { keys, agentId });
  const places = new ReadingPlaces(limits, server.metrics);
  app.register(readingPlaces, { places });
  const findings = () => [journalFinding(journal), ...(checks?.() ?? []), ...places.findings()];
  app.register(health, { checks: findings });
  observeHealth(server.metrics, findings);
  observeVersion(server.metrics, version);
  const sent = { entries: 0, gaps: 0 };
  server.metrics.total('clusterlog_entries_sent_total', 'Journal entries sent to clients.', () => sent.entries);
  server.metrics.total('clusterlog_gaps_total', 'Gaps in journals that answers met.', () => sent.gaps);
  const onNews = (realtime: number): void => server.metrics.followed(realtime);
  const context = { journal, cache: new EncodingCache(), sent, onNews };
  const v3 = { ...context, agentId, newest: new NewestEntry(journal), pages: { bytes: 0 } };
  for (const prefix of ['', '/system/v1/logs']) {
    app.register((scope) => v1Routes(scope as unknown as Server, context), { prefix });
    app.register((scope) => v2ComponentRoutes(scope as unknown as Server, context), { prefix });
    app.register((scope) => v3Routes(scope as unknown as Server, v3), { prefix });
    if (sandboxes === undefined) continue;
    const files = { ...context, sandboxes, open: keys === 'open', agentId };
    app.register((scope) => v2TaskRoutes(scope as unknown as Server, files), { prefix });
  }
  if (sandboxes !== undefined) app.addHook('onClose', () => sandboxes.close());
  if (gatewayd) app.register((scope) => gatewaydRoutes(scope as unknown as Server, context));
  observeJournal(server.metrics, journal);
  return app;
}

function journalFinding(journal: JournalSource): Finding {
  const { kind, directories } = journal.status();
  const unreadable = directories.filter(({ state }) => state === 'denied' || state === 'incompatible');
  const detail = unreadable.map(({ path, state, reason }) => reason ?? `${path} is ${state}`).join('; ');
  if (unreadable.length > 0) return { check: 'journal', state: 'failing', detail };
  if (directories.every(({ state }) => state === 'missing')) {
    return {
      check: 'journal',
      state: 'degraded',
      detail: `no journal directory is there yet: ${directories.map(({ path }) => path).join(', ')}`,
    };
  }
  if (kind === 'journalctl')
    return { check: 'journal', state: 'degraded', detail: 'read through journalctl: a format flag is unknown here' };
  return { check: 'journal', state: 'ok' };
}

function observeJournal(metrics: Metrics, journal: JournalSource): void {
  metrics.gauge('clusterlog_journal_files', 'Journal files known.', () => journal.status().files);
  for (const kind of ['data', 'entries', 'arrays', 'files'] as const) {
    metrics.gauge(
      `clusterlog_journal_damaged_${kind}`,
      `Damaged ${kind} found since the start.`,
      () => journal.status().damage[kind],
    );
  }
  metrics.gauge('clusterlog_journal_second_source', '1 while the journal is read through journalctl.', () =>
    journal.status().kind === 'journalctl' ? 1 : 0,
  );
}
