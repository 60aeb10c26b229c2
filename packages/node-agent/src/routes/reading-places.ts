import { CodedError, mediaTypes } from '@clusterlog/shared';
import { type Finding, type Metrics, Places, placesFinding } from '@clusterlog/shared/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** How much is read at once, by all gateways together. */
export interface ReadingLimits {
  readonly follows: number;
  /** Answers that end: ranges, pages, counts. */
  readonly scans: number;
}

export const usualReadingLimits: ReadingLimits = { follows: 12_000, scans: 400 };

/** The follows and the other answers that are being read. */
export class ReadingPlaces {
  readonly follows: Places;
  readonly scans: Places;

  constructor({ follows, scans }: ReadingLimits, metrics: Metrics) {
    this.follows = new Places({
      all: follows,
      whenFull: (limit) => new CodedError('too-many-follows', { limit }),
    });
    this.scans = new Places({ all: scans, whenFull: (limit) => new CodedError('too-many-scans', { limit }) });
    metrics.gauge('clusterlog_open_follows', 'Follows open now.', () => this.follows.taken);
    metrics.gauge('clusterlog_open_scans', 'Answers that end being read now.', () => this.scans.taken);
    metrics.gauge('clusterlog_greatest_follows', 'Follows that may be open: --follows.', () => follows);
    metrics.gauge('clusterlog_greatest_scans', 'Answers that may be read at once: --scans.', () => scans);
  }

  /** What /health/ready says of them. */
  findings(): readonly Finding[] {
    return [placesFinding('follows', this.follows), placesFinding('scans', this.scans)];
  }
}

/**
 * Bounds the follows and the other answers that are being read at once; one more fails with 503 and `Retry-After`. Every route
 * counts but the public ones. The callers are told apart by the gateways, which bound what one of them may have.
 */
export const readingPlaces = fastifyPlugin<{ places: ReadingPlaces }>(
  async (app: FastifyInstance, { places: { follows, scans } }) => {
    // After the token: who has none takes no place.
    app.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.config.public === true || request.is404) return;
      reply.raw.once('close', (isFollow(request) ? follows : scans).take());
    });
  },
  { name: 'reading-places', fastify: '5.x', dependencies: ['authenticate'] },
);

const always = /\/v1\/stream\/|\/v3\/follow$/;
const asEvents = /\/v2\//;

function isFollow({ routeOptions: { url = '' }, headers: { accept }, query }: FastifyRequest): boolean {
  if (always.test(url)) return true;
  if (asEvents.test(url)) return accept === mediaTypes.eventStream;
  // gatewayd's way to say it.
  return url === '/entries' && Object.hasOwn(query as object, 'follow');
}
