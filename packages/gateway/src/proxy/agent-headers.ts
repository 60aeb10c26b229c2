import type { IncomingHttpHeaders } from 'node:http';
import { requestIdHeader, traceparentHeader } from '@clusterlog/shared/server';
import type { FastifyRequest } from 'fastify';
import { forwardedHeader } from '../routes/resolve.ts';

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
  const hop = request.socket.remoteAddress ?? ip;
  return {
    ...headers,
    authorization: `Bearer ${token}`,
    host: request.headers.host ?? given.host,
    'x-real-ip': ip,
    'x-forwarded-for': before === undefined ? hop : `${String(before)}, ${hop}`,
    'x-forwarded-proto': protocol,
    [requestIdHeader]: id,
    traceparent: traceparentHeader(trace),
    ...(request.target?.forwarded === true ? { [forwardedHeader]: 'true' } : {}),
  };
}

/**
 * What an answer of an agent may say to a caller, besides `X-Journal-…`. A node that somebody has taken over must not speak
 * for the gateway's origin: set its cookies, send browsers elsewhere, or make the nginx before it serve files
 * (`X-Accel-Redirect`).
 */
const forCallers: ReadonlySet<string> = new Set([
  'access-control-allow-origin',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-type',
  'link',
  'retry-after',
  'x-accel-buffering',
]);

/** Media types of logs: none that a browser would run as a page of the gateway's origin. */
const logTypes =
  /^(text\/plain|text\/event-stream|application\/(json|problem\+json|x-ndjson|json-seq|vnd\.fdo\.journal|gzip|octet-stream))\s*(;|$)/i;

/** The headers of an agent's answer that reach the caller. As Admin Router does, `X-Accel-Buffering` is kept back on the routes by agent id and leader. */
export function callerHeaders(request: FastifyRequest, answered: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = String(answered.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const names = request.routeOptions.config.log?.names;
  const sentOn = names !== 'local-agent' && names !== 'task';
  const passed = Object.entries(answered).filter(
    ([name]) =>
      (forCallers.has(name) || name.startsWith('x-journal-')) &&
      !named.includes(name) &&
      !(sentOn && name === 'x-accel-buffering'),
  );
  const type = String(answered['content-type'] ?? '');
  const disposition = answered['content-disposition'];
  return {
    ...Object.fromEntries(passed),
    ...(disposition === undefined ? {} : { 'content-disposition': namedAfterTask(request, disposition) }),
    'x-content-type-options': 'nosniff',
    ...(type === '' || logTypes.test(type.trim()) ? {} : { 'content-type': 'application/octet-stream' }),
  };
}

/** An agent that is asked for a task's log sees a range of its node, and names a download so; dcos-log names the container. */
function namedAfterTask({ target, routeOptions }: FastifyRequest, disposition: string): string {
  if (routeOptions.config.log?.names !== 'task' || target?.subject.kind !== 'task') return disposition;
  const { containerId = '' } = target.subject.task;
  return disposition.replace(/filename=root-range/, `filename=task-${containerId.replace(/[^A-Za-z0-9._-]/g, '_')}`);
}
