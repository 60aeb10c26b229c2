import { CodedError, maximumScopeBytes, type Scope } from '@clusterlog/shared';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { agentPaths } from '../proxy/upstream-path.ts';
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
      // Values of the tasks that matter most are better than none: DC/OS' UI shows no log before it has them.
      const isList = request.routeOptions.config.log?.upstream === agentPaths.fields;
      const scope = isList ? shortened(grant.scope) : grant.scope;
      const granted = JSON.stringify(scope);
      if (Buffer.byteLength(granted) > maximumScopeBytes) {
        throw new CodedError('scope-too-large', { limit: maximumScopeBytes });
      }
      request.scope = scope;
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

/** As many of a scope's groups as fit into a token. */
function shortened(scope: Scope): Scope {
  if (scope.read === 'node') return scope;
  let room = maximumScopeBytes - bytesOf({ ...scope, read: [] });
  const read = scope.read.filter((group) => {
    room -= bytesOf(group) + 1;
    return room >= 0;
  });
  return { ...scope, read };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The target in the words of the request's path: whose a sandbox is, he who may not read it is not told. */
function askedFor({ subject, inSandbox }: Readable): string {
  return inSandbox === undefined ? nameOf(subject) : `the sandbox of executor ${inSandbox.sandbox.executor}`;
}
