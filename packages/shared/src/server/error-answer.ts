import { type CodedError, mediaTypes, problemOf } from '@clusterlog/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Face, faceOf } from './face.ts';

const plainText = 'text/plain; charset=utf-8';

/** Admin Router's page for callers without a token: it sends browsers to the login page of the DC/OS UI. */
const unauthorizedPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Unauthorized</title>
<noscript><meta http-equiv="refresh" content="5; url=/#/login"></noscript>
<script>location.href = "/#/login?redirect=" + encodeURIComponent(location.href);</script>
</head>
<body><h1>Unauthorized</h1></body>
</html>
`;

/** Whether the caller asks for JSON in so many words; a wildcard does not. */
function asksForProblem(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '';
  return /(^|,)\s*application\/(problem\+)?json\s*(;|,|$)/i.test(accept);
}

/** Answers a request with an error, in the words of the route's face. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: CodedError): FastifyReply {
  const face = faceOf(request);
  reply.code(error.statusCode).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  if (error.retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', error.retryAfter);
  if (error.statusCode === 401) reply.header('www-authenticate', face === 'problem' ? 'Bearer' : 'oauthjwt');
  // gatewayd's clients know one form only.
  if (face === 'problem' || (face !== 'gatewayd' && asksForProblem(request))) {
    return reply.type(mediaTypes.problem).send(Buffer.from(`${JSON.stringify(problemOf(error, request.id))}\n`));
  }
  const { type, body } = bodyOf(face, error, request);
  return reply.type(type).send(body);
}

function bodyOf(
  face: Exclude<Face, 'problem'>,
  error: CodedError,
  request: FastifyRequest,
): { type: string; body: string } {
  // Admin Router stands before every path, known or not.
  if (error.code === 'unauthenticated') return { type: 'text/html; charset=UTF-8', body: unauthorizedPage };
  switch (face) {
    case 'dcos-log-v1':
      if (error.code === 'not-found') return { type: plainText, body: `${error.dcosLog}\n` };
      return { type: plainText, body: `Message: ${error.dcosLog} [${circumstances(request)}]\n` };
    case 'dcos-log-v2':
      return { type: plainText, body: `${error.dcosLog}\n` };
    case 'gatewayd':
      return { type: mediaTypes.text, body: `${error.message}\n` };
    case 'admin-router':
      return { type: 'application/octet-stream', body: `${error.adminRouter}\n` };
  }
}

/** What dcos-log puts behind every v1 error. */
function circumstances(request: FastifyRequest): string {
  const { socket, raw, headers } = request;
  // Behind a gateway or Admin Router the connection is theirs: their address is none of the caller's business, his own they tell.
  const peer = socket.remoteAddress === undefined ? '@' : `${socket.remoteAddress}:${socket.remotePort}`;
  const remote = headers['x-real-ip'] ?? peer;
  return `request URI: ${raw.url}; remote address: ${remote}; Accept: ${headers.accept ?? ''}; Proto: HTTP/${raw.httpVersion}`;
}
