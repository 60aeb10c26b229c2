import { mediaTypes } from '@clusterlog/shared';
import type { FastifyRequest } from 'fastify';
import type { LogRoute } from '../routes/log-routes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on routes of the gateway’s own whose answers have no end. */
    endless?: boolean;
  }
}

/** Whether a request wants an answer without an end. */
export function asksForFollow({ routeOptions: { config }, headers }: FastifyRequest): boolean {
  const { log, endless = false } = config;
  return log === undefined ? endless : isFollowOf(log, headers.accept);
}

/** Whether a route answers a follow to who accepts this. */
export function isFollowOf({ follow }: Pick<LogRoute, 'follow'>, accept: string | undefined): boolean {
  return follow === 'as-events' ? accept === mediaTypes.eventStream : follow;
}
