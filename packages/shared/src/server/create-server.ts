import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:tls';
import { CodedError } from '@clusterlog/shared';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { Logger } from 'pino';
import { auditLine, writeWhenEnded } from './audit.ts';
import { answerClientError, maximumHeaderBytes } from './client-error.ts';
import { sendError } from './error-answer.ts';
import { codedErrorOf, isServerFault, maximumBodyBytes, maximumParameterLength } from './error-mapping.ts';
import { memoryReturn } from './memory-return.ts';
import { countRequest, httpMetrics, type Metrics } from './metrics.ts';
import { oneMeaning } from './one-meaning.ts';
import { requestIdHeader, requestIdOf } from './request-id.ts';
import { requireRouteSchemas } from './route-contract.ts';
import { schemaCompilers } from './schema-compilers.ts';
import { stalledReaders } from './stalled-readers.ts';
import type { TlsFiles } from './tls/tls-files.ts';
import { renewServer, serverOptions } from './tls/watch-tls.ts';
import { continueTrace, type TraceContext } from './trace-context.ts';

/** A Fastify server whose routes are typed by their TypeBox schemas. */
export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface ServerOptions {
  readonly log: Logger;
  /** One audit line a request. */
  readonly accessLog: boolean;
  readonly metrics: Metrics;
  /** Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed. Default: nobody's. */
  readonly trustedProxies?: readonly string[];
  /** How long a client may take nothing of an answer that waits for it, in seconds. Default: 300. */
  readonly greatestStall?: number;
  /** How long a request may take to arrive, its headers and its body, in seconds. Default: 15. */
  readonly requestPatience?: number;
  /** With a certificate and its key the server speaks https; a CA makes client certificates from it a must. Closed with it. */
  readonly tls?: TlsFiles;
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly trace: TraceContext;
  }
}

/**
 * The house settings of every server here: coded errors, request ids, trace context, one audit line a request, metrics by
 * route, schemas on every route, header and path limits.
 */
export function createServer({
  log,
  accessLog,
  metrics,
  trustedProxies = [],
  greatestStall = 300,
  requestPatience = 15,
  tls,
}: ServerOptions): Server {
  const arrival = {
    maxHeaderSize: maximumHeaderBytes,
    headersTimeout: requestPatience * 1_000,
    // How often Node looks for requests that are late.
    connectionsCheckingInterval: Math.min(5_000, requestPatience * 250),
  };
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: maximumBodyBytes,
    requestTimeout: requestPatience * 1_000,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    routerOptions: { maxParamLength: maximumParameterLength },
    clientErrorHandler: answerClientError(log, accessLog, metrics),
    schemaController: { compilersFactory: schemaCompilers },
    // Single values become lists where a schema wants one; nothing a caller sends is dropped silently. With strict numbers the
    // bounds of a number would not be asked of Infinity, which texts such as 1e309 become.
    ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false, allErrors: false, strictNumbers: false } },
    ...(tls === undefined ? { http: arrival } : { https: { ...arrival, ...serverOptions(tls.current) } }),
    // No hook sees these requests: what the hooks do is done here.
    frameworkErrors: (error, request: FastifyRequest, reply: FastifyReply) => {
      const coded = codedErrorOf(error);
      reply.header(requestIdHeader, request.id);
      countRequest(metrics, request, reply);
      metrics.errors.inc({ code: coded.code });
      if (accessLog) writeWhenEnded(request, reply, { decision: coded.code });
      sendError(request, reply, coded);
    },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as Server;

  tls?.onChange((texts) => renewServer(app.server as unknown as TlsServer, texts));
  app.addHook('onClose', async () => tls?.close());
  requireRouteSchemas(app as unknown as FastifyInstance);
  const traces = new WeakMap<object, TraceContext>();
  app.decorateRequest('trace', {
    getter() {
      const known = traces.get(this);
      if (known !== undefined) return known;
      const { traceparent } = this.headers;
      const trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
      traces.set(this, trace);
      return trace;
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header(requestIdHeader, request.id);
    // Each step that holds something for an answer lets go of it when that closes: more than the ten that Node takes for a leak.
    reply.raw.setMaxListeners(20);
    request.log = request.log.child({ traceId: request.trace.traceId });
  });
  app.register(httpMetrics, { metrics });
  app.register(memoryReturn);
  app.register(auditLine, { enabled: accessLog });
  app.register(oneMeaning);
  app.register(stalledReaders, { greatestStall: greatestStall * 1_000, onCut: () => metrics.stalled.inc() });
  app.setNotFoundHandler((request, reply) => {
    request.audit.decision = 'not-found';
    metrics.errors.inc({ code: 'not-found' });
    return sendError(
      request,
      reply,
      new CodedError('not-found', { method: request.method, path: request.url.replace(/\?.*/s, '') }),
    );
  });
  app.setErrorHandler((error, request, reply) => {
    const coded = codedErrorOf(error);
    // What was done for a client that is gone was stopped: there is nobody to tell, and nothing is wrong.
    if (reply.raw.destroyed && error instanceof Error && error.name === 'AbortError') {
      return sendError(request, reply, coded);
    }
    request.audit.decision ??= coded.code;
    request.audit.error = coded.code;
    metrics.errors.inc({ code: coded.code });
    if (isServerFault(coded))
      request.log[coded.code === 'internal' ? 'error' : 'warn'](
        { err: coded.cause ?? coded, code: coded.code },
        coded.message,
      );
    return sendError(request, reply, coded);
  });
  return app;
}
