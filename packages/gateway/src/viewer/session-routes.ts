import { errorAnswers } from '@clusterlog/shared';
import '@clusterlog/shared/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import { type AuthenticateOptions, callerOf } from '../auth/authenticate.ts';
import type { Caller } from '../auth/caller.ts';
import { sessionCookieName, sessionCookieOptions } from '../auth/session-cookie.ts';
import { requireOwnOrigin } from './own-origin.ts';

/** Browsers drop cookies of more than 4,096 bytes, name and attributes included, without a word. */
const greatestCookie = 3_900;

const who = {
  uid: Type.String(),
  expires: Type.Optional(
    Type.Integer({ description: 'When the token ends, seconds since 1970; missing for one that never does.' }),
  ),
};

const Session = Type.Object(who, { description: 'Who is signed in.' });

const NewSession = Type.Object(
  {
    ...who,
    kept: Type.Boolean({ description: 'Whether the browser keeps the token, as it was asked to.' }),
    why_not: Type.Optional(
      Type.Union([Type.Literal('needs-https'), Type.Literal('too-long')], {
        description: 'needs-https: others could read it on its way. too-long: browsers keep no cookie of this length.',
      }),
    ),
  },
  { description: 'Whose token it is.' },
);

const none = Type.Object({}, { additionalProperties: true });
const plain = { params: Type.Object({}), querystring: none, headers: none };

const SignIn = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 16_384, description: 'The JWT.' }),
    keep: Type.Optional(Type.Boolean({ default: false, description: 'Keep it in a cookie until it ends.' })),
  },
  { additionalProperties: false },
);

/**
 * `/logs/session`: who is signed in, and for the viewer's page alone, signing in and out. The cookie is out of reach of scripts, other
 * sites' requests and other hosts, and ends with its token.
 */
export const sessionRoutes = fastifyPlugin<AuthenticateOptions>(
  async (app: FastifyInstance, authentication) => {
    await app.register(async (routes) => {
      routes.addHook('onSend', async (_request, reply) => {
        reply.header('cache-control', 'no-store');
      });
      // What a form of another site can send is not even read.
      routes.removeAllContentTypeParsers();
      routes.addContentTypeParser(
        'application/json',
        { parseAs: 'string' },
        routes.getDefaultJsonParser('error', 'error'),
      );

      routes.get('/logs/session', { schema: { ...plain, response: { 200: Session } } }, async ({ caller, audit }) => {
        audit.decision = 'granted';
        return sessionOf(caller);
      });

      const open = { config: { public: true }, onRequest: requireOwnOrigin };
      routes.post(
        '/logs/session',
        { ...open, schema: { ...plain, body: SignIn, response: { 200: NewSession, ...errorAnswers(400, 401, 403) } } },
        async (request, reply) => {
          const { token, keep = false } = request.body as { readonly token: string; readonly keep?: boolean };
          const caller = await callerOf(request, () => token, authentication);
          request.audit.decision = 'granted';
          const problem = keep ? keepToken(request, reply, token, caller) : undefined;
          return { ...sessionOf(caller), kept: keep && problem === undefined, ...(problem && { why_not: problem }) };
        },
      );
      routes.post(
        '/logs/session/end',
        { ...open, schema: { ...plain, response: { 204: Type.Null(), ...errorAnswers(400, 403) } } },
        async (request, reply) => {
          const name = sessionCookieName(request);
          if (name !== undefined) reply.clearCookie(name, sessionCookieOptions(request));
          return reply.code(204).send(null);
        },
      );
    });
  },
  { name: 'session-routes', fastify: '5.x', dependencies: ['authenticate'] },
);

function sessionOf({ uid, expiresAt }: Caller) {
  return { uid, ...(expiresAt === undefined ? {} : { expires: expiresAt }) };
}

/** Why the browser cannot keep the token; undefined when it is told to. */
function keepToken(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  { expiresAt }: Caller,
): 'needs-https' | 'too-long' | undefined {
  const name = sessionCookieName(request);
  if (name === undefined) return 'needs-https';
  if (token.length > greatestCookie) return 'too-long';
  const lifetime = expiresAt === undefined ? {} : { maxAge: Math.max(0, Math.floor(expiresAt - Date.now() / 1000)) };
  reply.setCookie(name, token, { ...sessionCookieOptions(request), ...lifetime });
  return undefined;
}
