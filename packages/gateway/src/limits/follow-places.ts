import { CodedError } from '@clusterlog/shared';
import { type Finding, type Metrics, Places, placesFinding } from '@clusterlog/shared/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LogRoute } from '../routes/log-routes.ts';
import { isFollowOf } from './asks-for-follow.ts';
import type { Limits } from './limits.ts';

/** The places of follows that one node agent answers. */
export class FollowPlaces {
  readonly #places: Places;

  constructor({ follows, followsPerCaller }: Limits, metrics: Metrics) {
    this.#places = new Places({
      all: follows,
      perCaller: followsPerCaller,
      whenFull: (limit) => new CodedError('too-many-follows', { limit }),
      whenCallerHasAll: (limit) => new CodedError('too-many-follows-of-caller', { limit }),
    });
    metrics.gauge('clusterlog_greatest_follows', 'Follows that may be open: --follows.', () => follows);
  }

  /** What /health/ready says of them. */
  finding(): Finding {
    return placesFinding('follows', this.#places);
  }

  /**
   * Takes a place for a request that asks for a follow, until its answer has ended.
   *
   * @throws CodedError 429 or 503
   */
  take(request: FastifyRequest, reply: FastifyReply, route: LogRoute): void {
    if (isFollowOf(route, request.headers.accept)) reply.raw.once('close', this.#places.take(request.caller.uid));
  }
}
