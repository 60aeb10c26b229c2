import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { listen, parseListen } from './listen.ts';
import type { Logger } from './logger.ts';
import { requireRouteSchemas } from './route-contract.ts';

/** A service's metrics: those of the process, those of its HTTP server, and what it registers itself. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Counter<'method' | 'route' | 'status'>;
  readonly duration: Histogram<'route'>;
  readonly open: Gauge<'route'>;
  readonly sentBytes: Counter<'route'>;
  readonly untilHeaders: Histogram<'route'>;
  readonly followLatency: Histogram<string>;
  readonly errors: Counter<'code'>;
  readonly stalled: Counter<string>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.requests = new Counter({
      name: 'clusterlog_http_requests_total',
      help: 'Requests answered, by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.duration = new Histogram({
      name: 'clusterlog_http_request_duration_seconds',
      help: 'From the request to the end of its answer; follows count when they end.',
      labelNames: ['route'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
      registers,
    });
    this.open = new Gauge({
      name: 'clusterlog_http_open_requests',
      help: 'Requests being answered now; on stream routes these are the followers.',
      labelNames: ['route'],
      registers,
    });
    this.sentBytes = new Counter({
      name: 'clusterlog_http_sent_bytes_total',
      help: 'Bytes written to clients, headers included.',
      labelNames: ['route'],
      registers,
    });
    this.untilHeaders = new Histogram({
      name: 'clusterlog_http_until_headers_seconds',
      help: 'From the request to the headers of its answer: how long callers wait for the first word.',
      labelNames: ['route'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 15],
      registers,
    });
    this.followLatency = new Histogram({
      name: 'clusterlog_follow_latency_seconds',
      help: 'From when journald received an entry until it was handed to the socket of a follower who waited for it: the oldest entry of each piece sent.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.errors = new Counter({
      name: 'clusterlog_errors_total',
      help: 'Errors answered, and refusals by agents that merged answers went on without, by their code (docs/api.md).',
      labelNames: ['code'],
      registers,
    });
    this.stalled = this.counter('clusterlog_stalled_clients_total', 'Clients cut because they took nothing any more.');
  }

  /** Counts a piece of a follow that is sent now; `realtime`: when its oldest entry was received, µs since 1970. */
  followed(realtime: number): void {
    this.followLatency.observe(Math.max(0, Date.now() - realtime / 1_000) / 1_000);
  }

  counter(name: string, help: string): Counter<string>;
  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label>;
  counter(name: string, help: string, labelNames: readonly string[] = []): Counter<string> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** A counter kept elsewhere, as a plain number, and asked for when metrics are read. */
  total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** A gauge with a value for each of some words, which are asked for when metrics are read. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [word: string, value: number]>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [word, value] of read()) this.set({ [label]: word }, value);
      },
    });
  }

  /** A gauge that is asked for its value when metrics are read. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/** Which version runs, as a metric that is always 1. */
export function observeVersion(metrics: Metrics, version: string): void {
  metrics.gauges('clusterlog_build_info', 'Always 1; its label is the version that runs.', 'version', () => [
    [version, 1],
  ]);
}

/** Counts every request of a server, by route and not by URL: URLs would make a series each. */
export const httpMetrics = fastifyPlugin<{ metrics: Metrics }>(
  async (app: FastifyInstance, { metrics }) => {
    app.addHook('onRequest', async (request, reply) => countRequest(metrics, request, reply));
    app.addHook('onSend', async (request, reply) => {
      metrics.untilHeaders.observe({ route: request.routeOptions.url ?? 'none' }, reply.elapsedTime / 1000);
    });
  },
  { name: 'http-metrics', fastify: '5.x' },
);

/** Counts a request from now until its answer has ended. */
export function countRequest(
  metrics: Metrics,
  { method, routeOptions, socket }: FastifyRequest,
  reply: FastifyReply,
): void {
  const route = routeOptions.url ?? 'none';
  const sentBefore = socket.bytesWritten ?? 0;
  metrics.open.inc({ route });
  reply.raw.once('close', () => {
    metrics.open.dec({ route });
    metrics.requests.inc({ method, route, status: String(reply.statusCode) });
    metrics.duration.observe({ route }, reply.elapsedTime / 1000);
    metrics.sentBytes.inc({ route }, Math.max(0, (socket.bytesWritten ?? 0) - sentBefore));
  });
}

/**
 * Serves metrics on a listener of their own; they never appear on the public port.
 *
 * @param address as `--metrics-listen` has it; `off` serves them nowhere
 * @returns how to stop
 */
export async function serveMetrics(metrics: Metrics, address: string, log: Logger): Promise<() => Promise<void>> {
  if (address === 'off') return async () => {};
  const app = createMetricsServer(metrics);
  const url = await listen(app, '--metrics-listen', parseListen(address));
  log.info({ url }, 'metrics');
  return () => app.close();
}

/** The listener of its own on which metrics are read; they never appear on the public port. */
export function createMetricsServer(metrics: Metrics): FastifyInstance {
  const app = Fastify({ exposeHeadRoutes: false, forceCloseConnections: true });
  requireRouteSchemas(app as unknown as FastifyInstance);
  app.get(
    '/metrics',
    {
      schema: {
        params: Type.Object({}),
        querystring: Type.Object({}),
        headers: Type.Object({}),
        response: { 200: Type.String({ description: 'Prometheus text exposition format.' }) },
      },
    },
    async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  return app as unknown as FastifyInstance;
}
