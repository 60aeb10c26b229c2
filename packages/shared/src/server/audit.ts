import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** What one request was about, filled in by the steps that learn it; printed as one line when the answer has ended. */
export interface Audit {
  /** The caller's `uid`. */
  uid?: string;
  /** What was asked to be read: an agent, a task, a node. */
  target?: string;
  /** What of it may be read, in short. */
  scope?: string;
  /** `granted`, or the code of the error that refused. */
  decision?: string;
  /** The code of the error that was answered. */
  error?: string;
  /** Journal entries sent. */
  entries?: number;
  /** Why the server ended the answer before its end: `stalled`, or the code of an error. */
  cut?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly audit: Audit;
  }
}

interface AuditOptions {
  /** Whether the lines are written at all. */
  enabled: boolean;
}

/** One log line a request: who, what, how it ended, how long it took. */
export const auditLine = fastifyPlugin<AuditOptions>(
  async (app: FastifyInstance, { enabled }) => {
    const audits = new WeakMap<object, Audit>();
    app.decorateRequest('audit', {
      getter() {
        const known = audits.get(this);
        if (known !== undefined) return known;
        const fresh: Audit = {};
        audits.set(this, fresh);
        return fresh;
      },
    });
    if (!enabled) return;
    app.addHook('onRequest', async (request, reply) => writeWhenEnded(request, reply, request.audit));
  },
  { name: 'audit-line', fastify: '5.x' },
);

/** Writes the audit line of a request once its answer has ended, one way or another. */
export function writeWhenEnded(request: FastifyRequest, reply: FastifyReply, audit: Audit): void {
  const { method, url, socket } = request;
  const sentBefore = socket.bytesWritten ?? 0;
  // A client that goes away in the middle of a stream never comes to onResponse, so the socket's word counts.
  reply.raw.once('close', () => {
    request.log.info(
      {
        audit: {
          ...audit,
          method,
          url: withoutTokens(url),
          route: request.routeOptions.url ?? null,
          status: reply.statusCode,
          bytes: Math.max(0, (socket.bytesWritten ?? 0) - sentBefore),
          milliseconds: Math.round(reply.elapsedTime * 1000) / 1000,
          outcome: outcomeOf(audit, reply),
          remote: request.ip,
        },
      },
      'request',
    );
  });
}

/** `cut`: the server ended it early; `aborted`: the client, or the way to it, did. */
function outcomeOf({ cut }: Audit, reply: FastifyReply): 'complete' | 'cut' | 'aborted' {
  if (cut !== undefined) return 'cut';
  return reply.raw.writableFinished ? 'complete' : 'aborted';
}

/** Tokens do not count in a URL, but some callers put them there: who reads the log must not be able to use them. */
function withoutTokens(url: string): string {
  return url.replace(/\beyJ[\w-]*\.[\w-]+\.[\w-]*/g, '<token>');
}
