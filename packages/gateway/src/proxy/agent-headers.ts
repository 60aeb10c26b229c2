import type { IncomingHttpHeaders } from 'node:http';
import { requestIdHeader, traceparentHeader } from '@clusterlog/shared/server';
import type { FastifyRequest } from 'fastify';

/** Of one connection only (RFC 9110, section 7.6.1), or the caller's credentials, which never leave the gateway. */
const notForAgents = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'accept-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'content-length',
  'content-type',
] as const;

/** The headers sent to a node agent: the caller's, as Admin Router passes them on, with a gateway token for his credentials. */
export function agentHeaders(request: FastifyRequest, given: IncomingHttpHeaders, token: string): IncomingHttpHeaders {
  const headers = { ...given };
  for (const name of notForAgents) delete headers[name];
  const { ip, protocol, trace, id } = request;
  const before = request.headers['x-forwarded-for'];
  return {
    ...headers,
    authorization: `Bearer ${token}`,
    host: request.headers.host ?? given.host,
    'x-real-ip': ip,
    'x-forwarded-for': before === undefined ? ip : `${String(before)}, ${ip}`,
    'x-forwarded-proto': protocol,
    [requestIdHeader]: id,
    traceparent: traceparentHeader(trace),
  };
}

/** Of the connection to the agent, not of the one to the caller; and what the gateway says itself. */
const notForCallers: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'date',
  'server',
  requestIdHeader,
]);

/** The headers of an agent's answer that reach the caller. As Admin Router does, `X-Accel-Buffering` is kept back on the routes by agent id. */
export function callerHeaders(request: FastifyRequest, answered: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = String(answered.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const byAgent = request.routeOptions.config.log?.names === 'agent';
  return Object.fromEntries(
    Object.entries(answered).filter(
      ([name]) => !notForCallers.has(name) && !named.includes(name) && !(byAgent && name === 'x-accel-buffering'),
    ),
  );
}
