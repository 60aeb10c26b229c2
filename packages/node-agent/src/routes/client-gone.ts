import type { FastifyReply } from 'fastify';

/** Aborts when the client's connection ends before its answer did: a search for nobody stops at once. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // Not Fastify's own request.signal: it follows the request's `close`, which comes when its body has been read.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
