import { CodedError, maximumScopeBytes, type Scope } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { nameOf, type Policy } from './policy.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What may be read of the target; set on every route that has one. */
    scope: Scope;
  }
}

/** Third step of a request: may the caller read the target? Sets `request.scope`, or fails with 403. */
export const authorize = fastifyPlugin<{ policy: Policy }>(
  async (app: FastifyInstance, { policy }) => {
    app.decorateRequest('scope');
    app.addHook('preHandler', async (request) => {
      if (request.target === undefined) return;
      const { subject } = request.target;
      const grant = policy.decide(request.caller, subject);
      if (!grant.allowed) {
        request.log.info({ reason: grant.reason }, 'not authorized');
        throw new CodedError('forbidden', { target: nameOf(subject) });
      }
      if (Buffer.byteLength(JSON.stringify(grant.scope)) > maximumScopeBytes) {
        throw new CodedError('scope-too-large', { limit: maximumScopeBytes });
      }
      request.scope = grant.scope;
      request.audit.decision = 'granted';
    });
  },
  { name: 'authorize', fastify: '5.x', dependencies: ['authenticate', 'resolve'] },
);
