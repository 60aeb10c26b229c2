import { CodedError, maximumScopeBytes, type Scope } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { grantOf, type Readable } from './grant-of.ts';
import { nameOf, type Policy } from './policy.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What may be read of the target; set on every route that has one. */
    scope: Scope;
    /** Whether the policy, as it is now, grants the very same; set with `scope`. */
    stillGranted: () => boolean;
  }
}

/** Third step of a request: may the caller read the target? Sets `request.scope`, or fails with 403. */
export const authorize = fastifyPlugin<{ policy: Policy }>(
  async (app: FastifyInstance, { policy }) => {
    app.decorateRequest('scope');
    app.decorateRequest('stillGranted');
    app.addHook('preHandler', async (request) => {
      const { target } = request;
      if (target === undefined) return;
      const grant = grantOf(policy, request.caller, target);
      if (!grant.allowed) {
        request.log.info({ reason: grant.reason }, 'not authorized');
        throw new CodedError('forbidden', { target: askedFor(target) });
      }
      const granted = JSON.stringify(grant.scope);
      if (Buffer.byteLength(granted) > maximumScopeBytes) {
        throw new CodedError('scope-too-large', { limit: maximumScopeBytes });
      }
      request.scope = grant.scope;
      request.stillGranted = () => {
        const now = grantOf(policy, request.caller, target);
        return now.allowed && JSON.stringify(now.scope) === granted;
      };
      request.audit.decision = 'granted';
      request.log.debug({ reason: grant.reason }, 'authorized');
    });
  },
  { name: 'authorize', fastify: '5.x', dependencies: ['authenticate', 'resolve'] },
);

/** The target in the words of the request's path: whose a sandbox is, he who may not read it is not told. */
function askedFor({ subject, inSandbox }: Readable): string {
  return inSandbox === undefined ? nameOf(subject) : `the sandbox of executor ${inSandbox.sandbox.executor}`;
}
