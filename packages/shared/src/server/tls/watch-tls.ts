import type { Server as TlsServer } from 'node:tls';
import type { Finding } from '../health.ts';
import type { Metrics } from '../metrics.ts';
import type { TlsFiles } from './tls-files.ts';
import type { TlsTexts } from './tls-texts.ts';

/** What a server of node:https takes. */
export function serverOptions({ cert, key, ca }: TlsTexts) {
  return { cert, key, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }) };
}

/**
 * Lets a server shake hands with what is in force now. Connections that are open stay; no session is resumed across a
 * change, for a new context has ticket keys of its own.
 */
export function renewServer(server: TlsServer, texts: TlsTexts): void {
  server.setSecureContext(serverOptions(texts));
}

/** When each certificate in force ends. Without files the metric is there, with no value. */
export function observeCertificates(metrics: Metrics, all: readonly TlsFiles[]): void {
  metrics.gauges(
    'clusterlog_certificate_end_timestamp_seconds',
    'When the certificates in a file end, the first of a chain or of the authorities in force, in seconds since 1970.',
    'file',
    () => all.flatMap((files) => files.ends().map(({ path, end }) => [path, end / 1000] as const)),
  );
}

/** What /health/ready says of all of them; nothing where there is none. */
export function certificatesFinding(all: readonly TlsFiles[]): Finding[] {
  if (all.length === 0) return [];
  const problems = all.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (problems.length > 0) return [{ check: 'certificates', state: 'degraded', detail: problems.join('; ') }];
  const end = Math.min(...all.flatMap((files) => files.ends().map((file) => file.end)));
  return [{ check: 'certificates', state: 'ok', detail: `the first ends at ${new Date(end).toISOString()}` }];
}
