import { CodedError } from '@clusterlog/shared';
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import '../auth/authenticate.ts';

interface RequestRateOptions {
  requestsPerMinute: number;
}

/** Callers whose requests of the last minute are remembered; of more, those that asked least recently are forgotten. */
const rememberedCallers = 50_000;

/**
 * Second step of a request: has this caller asked too often? Each answer says in `RateLimit-…` headers what is left; fails with
 * 429 and `Retry-After`. By caller and not by address: one proxy may stand before all of them.
 */
export const requestRate = fastifyPlugin<RequestRateOptions>(
  async (app: FastifyInstance, { requestsPerMinute }) => {
    await app.register(fastifyRateLimit, {
      global: false,
      max: requestsPerMinute,
      timeWindow: 60_000,
      cache: rememberedCallers,
      enableDraftSpec: true,
      keyGenerator: ({ caller }) => caller.uid,
      errorResponseBuilder: () => new CodedError('too-many-requests', { limit: requestsPerMinute }),
    });
    // For every route, those that are not there too: whoever guesses paths asks as well.
    const limit = app.rateLimit();
    app.addHook('onRequest', async function limitRate(request, reply) {
      if (request.routeOptions.config?.public !== true) await limit.call(app, request, reply);
    });
  },
  { name: 'request-rate', fastify: '5.x', dependencies: ['authenticate'] },
);
