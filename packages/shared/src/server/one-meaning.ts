import type { IncomingMessage, ServerResponse } from 'node:http';
import { CodedError } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/**
 * Refuses what Node takes for a request and another server could take for a different one: two `Host` headers (RFC 9112 section 3.2
 * wants a 400). And closes a connection behind a request that wants to change its protocol: nobody changes it here, and
 * Node forgets the bytes that came together with such a request, so that what comes next has no certain beginning.
 */
export const oneMeaning = fastifyPlugin(
  async (app: FastifyInstance) => {
    app.server.prependListener('request', ({ headers }: IncomingMessage, response: ServerResponse) => {
      if (headers.upgrade !== undefined) response.shouldKeepAlive = false;
    });
    app.addHook('onRequest', async ({ raw: { rawHeaders } }, reply) => {
      let hosts = 0;
      for (let at = 0; at < rawHeaders.length; at += 2) {
        const name = rawHeaders[at] as string;
        if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
      }
      if (hosts <= 1) return;
      reply.raw.shouldKeepAlive = false;
      throw new CodedError('not-http', {});
    });
  },
  { name: 'one-meaning', fastify: '5.x' },
);
