import { CodedError } from '@clusterlog/shared';
import '@clusterlog/shared/server';
import fastifyCookie from '@fastify/cookie';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Caller } from './caller.ts';
import { findToken } from './find-token.ts';
import { type RefusalReason, RefusedToken } from './refused-token.ts';
import { sessionCookieName } from './session-cookie.ts';
import type { VerifyToken } from './token-verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set on every route that is not public. */
    caller: Caller;
  }
}

export interface AuthenticateOptions {
  verify: VerifyToken;
  /** Counts refusals. */
  onRefused: (reason: RefusalReason) => void;
}

/** First step of a request: who asks? Sets `request.caller`, or fails with 401; the reason stands in the log only. */
export const authenticate = fastifyPlugin<AuthenticateOptions>(
  async (app: FastifyInstance, { verify, onRefused }) => {
    await app.register(fastifyCookie);
    app.decorateRequest('caller');
    app.addHook('onRequest', async (request) => {
      if (request.routeOptions.config?.public === true) return;
      request.caller = await callerOf(request, tokenOf, { verify, onRefused });
    });
  },
  { name: 'authenticate', fastify: '5.x', dependencies: ['audit-line'] },
);

/**
 * Whose token a request brings, wherever it has it; stands in its audit line from then on.
 *
 * @throws CodedError 401
 */
export async function callerOf(
  request: FastifyRequest,
  find: (request: FastifyRequest) => string,
  { verify, onRefused }: AuthenticateOptions,
): Promise<Caller> {
  try {
    const caller = await verify(find(request));
    request.audit.uid = caller.uid;
    return caller;
  } catch (error) {
    throw unauthenticated(error, request, onRefused);
  }
}

/**
 * The caller's own token, as it was sent.
 *
 * @throws RefusedToken
 */
export function tokenOf(request: FastifyRequest): string {
  const { method, raw, headers, cookies } = request;
  const authorizations = raw.rawHeaders.filter(
    (_value, at) => raw.rawHeaders[at - 1]?.toLowerCase() === 'authorization' && at % 2 === 1,
  );
  const fetchSite = headers['sec-fetch-site'];
  return findToken({
    method,
    authorizations,
    cookies,
    sessionCookie: sessionCookieName(request),
    fetchSite: fetchSite === undefined ? undefined : String(fetchSite),
  });
}

function unauthenticated(error: unknown, request: FastifyRequest, onRefused: (reason: RefusalReason) => void): unknown {
  if (!(error instanceof RefusedToken)) return error;
  onRefused(error.reason);
  request.log.info({ reason: error.reason }, `not authenticated: ${error.message}`);
  return new CodedError('unauthenticated', {});
}
