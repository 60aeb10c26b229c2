import type { FastifyRequest } from 'fastify';

/**
 * Whose words a route speaks in its errors: dcos-log's text on v1 and v2, Admin Router's bodies on the routes it used to
 * own, gatewayd's line of text on its own, `application/problem+json` elsewhere. A caller whose `Accept` asks for JSON
 * problems gets those on every face but gatewayd's.
 */
export type Face = 'dcos-log-v1' | 'dcos-log-v2' | 'admin-router' | 'gatewayd' | 'problem';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Default: `problem`. */
    face?: Face;
    /** Media types of errors that come from a server behind this one and are passed on as they are. */
    passesOn?: readonly string[];
  }
}

/** The face that answers a request: its route's, or by the path where no route was found. */
export function faceOf(request: FastifyRequest): Face {
  const declared = request.routeOptions.config.face;
  if (declared !== undefined) return declared;
  if (/^(\/system\/v1\/logs)?\/v1\//.test(request.url)) return 'dcos-log-v1';
  if (/^(\/system\/v1\/logs)?\/v2\//.test(request.url)) return 'dcos-log-v2';
  if (/^(\/system\/v1\/logs)?\/v3\//.test(request.url)) return 'problem';
  if (/^\/system\/v1\//.test(request.url)) return 'admin-router';
  return 'problem';
}
