import { mediaTypes } from '@clusterlog/shared';
import type { FastifyReply } from 'fastify';

/** Sends JSON as Mesos does: without a charset, and never to be kept by a cache, since each caller is told something else. */
export function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply
    .type(mediaTypes.json)
    .header('cache-control', 'no-store')
    .send(Buffer.from(JSON.stringify(value)));
}
