import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { CodedError, mediaTypes } from '@clusterlog/shared';
import fastifyHttpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Dispatcher } from 'undici';
import { tokenOf } from '../auth/authenticate.ts';
import type { FollowPlaces } from '../limits/follow-places.ts';
import { contractOf, type LogRoute } from '../routes/log-routes.ts';
import type { AgentAddress } from '../routes/resolve.ts';
import { agentHeaders, callerHeaders } from './agent-headers.ts';
import { askAgent, askingDispatcher } from './ask-agent.ts';
import type { GatewayTokens } from './gateway-tokens.ts';
import type { OpenFollows } from './open-follows.ts';
import { refusedByAgent } from './refused-by-agent.ts';
import { upstreamError } from './upstream-error.ts';
import { upstreamPath } from './upstream-path.ts';

interface ProxyOptions {
  /** Closed with the server. */
  dispatcher: Dispatcher;
  tokens: GatewayTokens;
  follows: OpenFollows;
  /** How many of them there may be. */
  places: FollowPlaces;
  /** What is served. */
  routes: readonly LogRoute[];
  /** Whether Mesos agents are asked about sandboxes with the caller's own token. */
  forwardCaller: boolean;
}

/** Last step of a request: the node agent's answer, streamed through; or 502 or 504. */
export const proxy = fastifyPlugin<ProxyOptions>(
  async (app: FastifyInstance, { dispatcher, tokens, follows, places, routes: served, forwardCaller }) => {
    const routes = new Map(served.map((route) => [route.url, route]));
    app.addHook('onRoute', (options) => {
      const log = routes.get(options.url);
      if (log !== undefined)
        Object.assign(options, {
          ...contractOf(log),
          config: { ...options.config, face: 'admin-router', passesOn: [mediaTypes.text], log },
        });
    });
    app.addHook('preClose', async () => follows.cutAll());
    app.addHook('onClose', async () => dispatcher.destroy());

    await app.register(fastifyHttpProxy, {
      upstream: '',
      httpMethods: ['GET'],
      routes: [...routes.keys()],
      undici: askingDispatcher(dispatcher),
      disableCache: true,
      disableRequestLogging: true,
      proxyPayloads: false,
      // The path is built from route parameters below; what http-proxy makes of the request line is thrown away.
      preRewrite: () => '/',
      handler: async (request, reply, _destination, options) => {
        const { id, path, route } = askedOf(request);
        const { uid } = request.caller;
        places.take(request, reply, route);
        // DC/OS' Mesos knows this form only.
        const mesosAuthorization = forwardCaller && route.sandbox === true ? `token=${tokenOf(request)}` : undefined;
        const { scope } = request;
        const token = await tokens.of({ agentId: id, uid, method: 'GET', path, scope, mesosAuthorization });
        const asked = {
          ...options,
          rewriteRequestHeaders: (_request: unknown, headers: IncomingMessage['headers']) =>
            agentHeaders(request, headers, token),
        };
        return askAgent(reply, path, asked, (error) => reply.send(upstreamError(error, id)));
      },
      replyOptions: {
        getUpstream: (request) => askedOf(request as FastifyRequest).origin,
        // Without this a 503 would be asked for ten times more, just when the agent is overloaded.
        retryDelay: () => null,
        rewriteHeaders: (headers, request) => callerHeaders(request as unknown as FastifyRequest, headers),
        onResponse: (request, reply, response) => {
          answer(request as FastifyRequest, reply as FastifyReply, response as unknown as AgentAnswer, follows);
        },
      },
    });
  },
  { name: 'proxy', fastify: '5.x', dependencies: ['resolve', 'authorize'] },
);

interface AgentAnswer {
  readonly statusCode: number;
  readonly headers: IncomingMessage['headers'];
  readonly stream: Readable;
}

interface Asked extends AgentAddress {
  readonly route: LogRoute;
  readonly path: string;
}

function askedOf({ target, routeOptions, params }: FastifyRequest): Asked {
  const { log } = routeOptions.config;
  if (target?.agent === undefined || log === undefined) throw new CodedError('internal', {});
  return { ...target.agent, route: log, path: upstreamPath(log.upstream, params as Record<string, string>) };
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { statusCode, headers, stream }: AgentAnswer,
  follows: OpenFollows,
): void {
  if (reply.sent) {
    // It came too late: the range had run over its time.
    stream.on('error', () => undefined).destroy();
    return;
  }
  if (statusCode === 401) {
    // It is this gateway that the agent refused; the caller's own token is fine.
    stream.on('error', () => undefined).destroy();
    for (const name of Object.keys(headers)) reply.removeHeader(name);
    reply.send(refusedByAgent(askedOf(request).id, headers.date));
    return;
  }
  const { follow } = askedOf(request).route;
  const isFollow = follow === 'as-events' ? headers['content-type'] === mediaTypes.eventStream : follow;
  if (statusCode === 200 && isFollow) {
    follows.add(reply.raw, {
      expiresAt: request.caller.expiresAt,
      stillGranted: request.stillGranted,
      audit: request.audit,
    });
    // A follower has to know that it is connected, however long the first entry takes.
    stream.once('resume', () => reply.raw.flushHeaders());
  }
  reply.send(stream);
}
