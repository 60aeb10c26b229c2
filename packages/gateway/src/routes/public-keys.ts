import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { Type } from 'typebox';
import type { SigningKeys } from '../keys/signing-keys.ts';

const PublicKey = Type.Object({
  kty: Type.Literal('OKP'),
  crv: Type.Literal('Ed25519'),
  x: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  use: Type.String(),
});

const schema = {
  params: Type.Object({}),
  querystring: Type.Object({}),
  headers: Type.Object({}),
  response: { 200: Type.Object({ keys: Type.Array(PublicKey) }, { description: 'A JWK set (RFC 7517).' }) },
};

/** `/.well-known/jwks.json`: what node agents check this gateway's tokens with. */
export const publicKeys = fastifyPlugin<{ keys: SigningKeys }>(
  async (app: FastifyInstance, { keys }) => {
    app.get('/.well-known/jwks.json', { schema, config: { public: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=60');
      return { keys: [...keys.published] };
    });
  },
  { name: 'public-keys', fastify: '5.x' },
);
