import { CodedError, gatewayTokenRoute, type Scope, wholeNode } from '@clusterlog/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { GatewayKeys } from './gateway-keys.ts';
import { KnownTokens } from './known-tokens.ts';
import { scopeWords } from './scope-words.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What this request may read; set before any route sees it. */
    scope: Scope;
    /** The caller's `Authorization` for this node's Mesos agent; undefined unless the gateway forwards it. Never logged. */
    mesosAuthorization: string | undefined;
  }
  interface FastifyContextConfig {
    /** Answers everyone who can connect with the whole node. Default: false; a gateway token is needed. */
    wholeNode?: boolean;
  }
}

interface AuthenticateOptions {
  /** `open` answers everyone with the whole node. */
  keys: GatewayKeys | 'open';
  /** The id tokens must be for; undefined while it is not known. */
  agentId: () => string | undefined;
}

/** Lets in only requests with a valid gateway token, and sets what they may read. */
export const authenticate = fastifyPlugin<AuthenticateOptions>(
  async (app: FastifyInstance, { keys, agentId }) => {
    const known = keys === 'open' ? undefined : new KnownTokens(keys);
    app.decorateRequest('scope');
    app.decorateRequest('mesosAuthorization', undefined);
    app.addHook('onRequest', async (request) => {
      if (request.routeOptions.config.public === true || request.is404) return;
      if (known === undefined || request.routeOptions.config.wholeNode === true) {
        request.scope = wholeNode;
        return;
      }
      const id = agentId();
      if (id === undefined) throw new CodedError('agent-id-unknown', {});
      try {
        const { uid, scope, mesosAuthorization } = await known.verify(bearerToken(request), id, routeOf(request));
        request.audit.uid = uid;
        request.audit.scope = scopeWords(scope);
        request.scope = scope;
        request.mesosAuthorization = mesosAuthorization;
      } catch (error) {
        request.log.warn({ reason: (error as Error).message }, 'gateway token refused');
        throw error instanceof CodedError ? error : new CodedError('gateway-token-refused', {});
      }
    });
  },
  { name: 'authenticate', dependencies: ['audit-line'], fastify: '5.x' },
);

function bearerToken({ raw: { rawHeaders }, headers }: FastifyRequest): string {
  // Node keeps the first of several without a word, and something before this agent may have looked at another.
  const count = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization').length;
  if (count > 1) throw new Error(`expected one Authorization header, found ${count}`);
  const match = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(headers.authorization ?? '');
  if (match?.[1] === undefined) throw new Error('no gateway token in the Authorization header');
  return match[1];
}

function routeOf(request: FastifyRequest): string {
  const [path = ''] = (request.raw.url ?? '').split('?', 1);
  return gatewayTokenRoute(request.method, path);
}
